"""Marshmallow fields that take JSON's own types at their word, and text only as NFC."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields


def readable_text(value: object) -> str:
    """`value` as NFC text. Raises ValidationError for another type, a NUL or a lone surrogate."""
    if not isinstance(value, str):
        raise ValidationError("Must be text.")
    if "\x00" in value:
        raise ValidationError("Must not contain a NUL character.")
    if value.isascii():
        return value
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError("Must not contain an unpaired surrogate.")
    return unicodedata.normalize("NFC", value)


def shorten(text: str, length: int = 40) -> str:
    """At most `length` characters of `text`, for echoing in a message."""
    return text if len(text) <= length else text[: length - 1] + "…"


class Text(fields.Field[str]):
    """Text of bounded length, counted in code points after NFC and, if asked, trimming."""

    def __init__(self, *, max_length: int, min_length: int = 0, trim: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_length, self.min_length, self.trim = max_length, min_length, trim

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = readable_text(value)
        if self.trim:
            text = text.strip()
        if len(text) < self.min_length:
            raise ValidationError("Must not be blank.")
        if len(text) > self.max_length:
            raise ValidationError(
                f"Must be at most {self.max_length} characters long; it has {len(text)}."
            )
        return text


class Flag(fields.Field[bool]):
    """JSON's true or false, nothing that resembles them."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class Choice(fields.Field[Any]):
    """One of a few words, as the value that each stands for; in any case unless `is_exact`."""

    def __init__(self, choices: Mapping[str, Any], *, is_exact: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.choices = choices
        self._fold = str if is_exact else str.casefold
        self._by_fold = {self._fold(word): value for word, value in choices.items()}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = readable_text(value)
        try:
            return self._by_fold[self._fold(text)]
        except KeyError:
            words = list(self.choices)
            listed = f"{', '.join(words[:-1])} or {words[-1]}"
            raise ValidationError(f"Must be {listed}; got '{shorten(text)}'.") from None


class WholeNumber(fields.Field[int]):
    """A query parameter's number: plain ASCII digits within bounds."""

    def __init__(self, *, low: int, high: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        text = readable_text(value)
        is_number = text.isascii() and text.isdigit() and len(text) <= 19
        if not is_number or not self.low <= int(text) <= self.high:
            raise ValidationError(
                f"Must be a whole number from {self.low} to {self.high}; got '{shorten(text)}'."
            )
        return int(text)


class Listed(fields.Field[tuple[Any, ...]]):
    """A query parameter of several values: comma-separated, repeated, or both."""

    def __init__(self, inner: fields.Field[Any], **kwargs: Any):
        super().__init__(**kwargs)
        self.inner = inner

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> tuple[Any, ...]:
        parts = [part.strip() for text in value for part in readable_text(text).split(",")]
        return tuple(self.inner.deserialize(part) for part in parts if part)
