"""What SQL the app sends, heard where it hands it over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from app.statements import Statement


@contextmanager
def listening(to: Connection | Engine, hear: Callable[[str, Any], None]) -> Iterator[None]:
    """Calls `hear` with text and parameters of every statement, prepared or not."""

    def hear_session(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        hear(statement, parameters)

    sent = Statement.sent

    def hear_and_send(self: Statement, parameters: Any, info: Any) -> Any:
        hear(self.text, {**self.constants, **parameters})
        return sent(self, parameters, info)

    event.listen(to, "before_cursor_execute", hear_session)
    Statement.sent = hear_and_send  # type: ignore[method-assign]
    try:
        yield
    finally:
        Statement.sent = sent  # type: ignore[method-assign]
        event.remove(to, "before_cursor_execute", hear_session)
