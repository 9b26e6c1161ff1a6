"""The kinds of arguments that several commands take."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import click

from app.identity import MAX_SUBJECT_LENGTH

SECONDS_IN = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST = timedelta(days=3650)
DURATION_FORM = re.compile(r"([0-9]{1,12})([smhd]?)")


class UserId(click.ParamType[Any]):
    """A user's id as tokens may name it; taken as it is, without trimming or normalising."""

    name = "id"

    def convert(self, value: str, param: Any, ctx: Any) -> str:
        if not value.strip():
            self.fail("a user's id must not be blank.", param, ctx)
        if len(value) > MAX_SUBJECT_LENGTH:
            self.fail(
                f"a user's id has at most {MAX_SUBJECT_LENGTH} characters, not {len(value)}.",
                param,
                ctx,
            )
        if not is_storable(value):
            self.fail("a user's id must be UTF-8 text without NUL.", param, ctx)
        return value


class Duration(click.ParamType[Any]):
    """A number of seconds, or of minutes, hours or days with their letter: 3600, 30m, 12h, 7d."""

    name = "duration"

    def convert(self, value: str, param: Any, ctx: Any) -> timedelta:
        match = DURATION_FORM.fullmatch(value)
        if match is None:
            self.fail(f"{value!r} is no duration: give 7d, 12h, 30m or 3600 (seconds).", param, ctx)
        seconds = int(match[1]) * SECONDS_IN[match[2]]
        if not 1 <= seconds <= LONGEST.total_seconds():
            self.fail(
                f"{value!r} is out of range: from 1 second to {LONGEST.days} days.", param, ctx
            )
        return timedelta(seconds=seconds)


USER_ID = UserId()
DURATION = Duration()


def is_storable(text: str) -> bool:
    """Can PostgreSQL keep it? An argument that is no UTF-8 reaches us with surrogates inside."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
