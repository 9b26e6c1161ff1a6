"""`flask users`: who has data here, what they have, all of it as JSON, and its end."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from app.cli import queries
from app.cli.output import cell, counted, json_line, printable
from app.cli.parameters import USER_ID, is_storable
from app.cli.problems import UnknownUser, database_problems_in_words
from app.cli.transactions import long_transaction, short_transaction

MOST_AT_ONCE = 10_000
COLUMNS = {
    "id": "id",
    "email": "email",
    "open_tasks": "open",
    "completed_tasks": "completed",
    "created_at": "created",
}

users_group = AppGroup("users", help="See, export and delete users and their data.")


@users_group.command("list")
@click.option(
    "--limit", type=click.IntRange(1, MOST_AT_ONCE), default=100, show_default=True,
    help="How many at most.",
)  # fmt: skip
@click.option("--after", default="", help="Go on after the user with this id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@database_problems_in_words()
def list_users(limit: int, after: str, as_json: bool) -> None:
    """List the users by id, with their numbers of tasks.

    Users are listed from their first write on. A full page says on standard error how to go on.
    """
    if not is_storable(after):
        raise click.BadParameter("must be UTF-8 text.", param_hint="'--after'")
    with short_transaction() as session:
        rows = queries.list_users(session, after=after, limit=limit + 1)
    page = rows[:limit]
    if as_json:
        for row in page:
            click.echo(json_line(row))
    else:
        _print_table(page)
    if len(rows) > limit:
        click.echo(f"There are more: --after {shlex.quote(printable(page[-1]['id']))}", err=True)


@users_group.command("show")
@click.argument("user_id", metavar="ID", type=USER_ID)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@database_problems_in_words()
def show_user(user_id: str, as_json: bool) -> None:
    """Show one user: profile, numbers of tasks and tags, revision."""
    with short_transaction() as session:
        row = queries.get_user(session, user_id)
    if row is None:
        raise UnknownUser(user_id)
    if as_json:
        click.echo(json_line(row))
        return
    width = max(map(len, row))
    for name, value in row.items():
        click.echo(f"{name:<{width}}  {cell(value)}")


@users_group.command("export")
@click.argument("user_id", metavar="ID", type=USER_ID)
@click.option(
    "--output", "path", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write this file, whole or not at all, readable by its owner only.",
)  # fmt: skip
@database_problems_in_words()
def export_user(user_id: str, path: Path | None) -> None:
    """Write all of one user's data as one JSON document.

    It shows one state of the data: `{"user": …, "tags": […], "tasks": […]}`, tags and tasks as the
    API answers them, with what else is stored. It goes to standard output, or to --output.
    """
    with long_transaction(is_snapshot=True) as session:
        row = queries.get_user(session, user_id)
        if row is None:
            raise UnknownUser(user_id)
        if path is None:
            _write_document(session, row, sys.stdout.buffer)
            return
        with _whole_file(path) as file:
            _write_document(session, row, file)
    click.echo(f"Wrote {_contents(row)} to {path}.", err=True)


@users_group.command("delete")
@click.argument("user_id", metavar="ID", type=USER_ID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_problems_in_words()
def delete_user(user_id: str, yes: bool) -> None:
    """Delete one user with all tasks and tags, for good; asks first.

    A token that is still valid goes on being so: a write with it makes the user anew, without data.
    """
    with short_transaction() as session:
        row = queries.get_user(session, user_id)
    if row is None:
        raise UnknownUser(user_id)
    who = f"user {user_id!r} with {_contents(row)}"
    if not yes:
        click.confirm(f"Delete {who} for good?", abort=True)
    with long_transaction() as session:
        if not queries.delete_user(session, user_id):
            raise UnknownUser(user_id)
        session.commit()
    click.echo(f"Deleted {who}.")


def _contents(row: Mapping[str, Any]) -> str:
    tasks = row["open_tasks"] + row["completed_tasks"]
    return f"{counted(tasks, 'task')} and {counted(row['tags'], 'tag')}"


def _print_table(users: Sequence[Mapping[str, Any]]) -> None:
    cells = [
        tuple(COLUMNS.values()),
        *(tuple(cell(user[name]) for name in COLUMNS) for user in users),
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _write_document(session: Session, user: Mapping[str, Any], file: IO[bytes]) -> None:
    """Writes the document line by line: one line for each tag and each task."""
    profile = {name: value for name, value in user.items() if name != "tags"}
    file.write(f'{{"user": {json_line(profile)},\n"tags": ['.encode())
    _write_lines(queries.every_tag_json(session, user["id"]), file)
    file.write(b'],\n"tasks": [')
    _write_lines(queries.every_task_json(session, user["id"]), file)
    file.write(b"]}\n")
    file.flush()


def _write_lines(texts: Iterator[str], file: IO[bytes]) -> None:
    separator = "\n"
    for text in texts:
        file.write(f"{separator}{text}".encode())
        separator = ",\n"


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Opens a draft beside `path` that takes its place when all is written, and else disappears."""
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
            with path.open("wb") as file:
                yield file
            return
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
            os.replace(draft, path)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise click.FileError(str(path), hint=error.strerror) from None
