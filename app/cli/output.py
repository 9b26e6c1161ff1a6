"""How the commands write what they found: readable on a terminal, or as JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson


def json_line(row: Mapping[str, Any]) -> str:
    """The row as one line of JSON, its timestamps as the API writes the ones it makes."""
    return orjson.dumps({name: _as_answered(value) for name, value in row.items()}).decode()


def _as_answered(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value


def cell(value: Any) -> str:
    """The value in a table: no control character of a stranger's text reaches the terminal."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return printable(str(value))


def printable(text: str) -> str:
    """`text` with an escape for each character that is not one to see."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
