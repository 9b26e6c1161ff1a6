"""What SQL the app sends, heard where it hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from app.database import Autocommit

Heard = tuple[str, Any]


@contextmanager
def listening(to: Connection | Engine, hear: Callable[[str, Any], None]) -> Iterator[None]:
    """Calls `hear` with text and parameters of every statement, prepared or not."""

    def hear_session(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        hear(statement, parameters)

    rows = Autocommit.rows

    def hear_autocommit(self: Autocommit, statement: Any, parameters: Any = None) -> Any:
        hear(statement.text, {**statement.constants, **(parameters or {})})
        return rows(self, statement, parameters)

    event.listen(to, "before_cursor_execute", hear_session)
    Autocommit.rows = hear_autocommit  # type: ignore[method-assign]
    try:
        yield
    finally:
        Autocommit.rows = rows  # type: ignore[method-assign]
        event.remove(to, "before_cursor_execute", hear_session)
