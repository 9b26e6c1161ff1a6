"""What goes wrong outside of the program, put into one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import SQLAlchemyError

from app.database import is_unavailable

NO_SUCH_SCHEMA = frozenset({"42P01", "42703"})
LOCKED = "55P03"
FORBIDDEN = "42501"


class UnknownUser(click.ClickException):
    """There is no row in `users` with this id; those who never wrote have none."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"There is no user {user_id!r}: `flask users list` shows who has data.")


@contextmanager
def database_problems_in_words() -> Iterator[None]:
    """Ends the command with one line where the database cannot serve it. Also a decorator.

    What the database should never object to is a bug, and passes with its traceback.
    """
    try:
        yield
    except SQLAlchemyError as error:
        code = getattr(getattr(error, "orig", None), "pgcode", None)
        if code in NO_SUCH_SCHEMA:
            raise click.ClickException(
                "The database does not have this version's tables: run `flask db upgrade`."
            ) from None
        if code == LOCKED:
            raise click.ClickException(
                "Somebody else is changing this user's data: try again in a moment."
            ) from None
        if code == FORBIDDEN:
            raise click.ClickException(
                f"The role of DATABASE_URL may not do this: {_reason(error)}"
            ) from None
        if is_unavailable(error):
            raise click.ClickException(
                f"The database of DATABASE_URL does not answer ({_reason(error)}): "
                "start it, or correct its address."
            ) from None
        raise


def _reason(error: SQLAlchemyError) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
