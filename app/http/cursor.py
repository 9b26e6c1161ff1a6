"""Opaque places in a list, signed and bound to whom and what they were made for."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from typing import Any

import orjson
from flask import current_app
from itsdangerous import BadSignature, Signer

from app.http.errors import BadRequest
from app.http.fields import Text

WRONG_CURSOR = (
    "The cursor does not belong to this list: start again without it, "
    "and keep filters and order while you follow next_cursor."
)


def seal(binding: str, place: list[Any]) -> str:
    """The cursor for a place in the list that the fingerprint `binding` names."""
    payload = urlsafe_b64encode(orjson.dumps([binding, place])).rstrip(b"=")
    return _signer(current_app.config["CURSOR_KEY"]).sign(payload).decode()


def unseal(cursor: str) -> tuple[str, list[Any]]:
    """The fingerprint and the place that a cursor holds. Raises BadRequest if changed or forged."""
    try:
        payload = _signer(current_app.config["CURSOR_KEY"]).unsign(cursor.encode())
        binding, place = orjson.loads(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (BadSignature, ValueError, TypeError):
        raise BadRequest(WRONG_CURSOR) from None
    return binding, place


class Cursor(Text):
    """A cursor as a query parameter: one that cannot be read is 400, whatever else is wrong."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return unseal(value)


def place_in(binding: str, cursor: tuple[str, list[Any]]) -> list[Any]:
    """The place in the list that `binding` names. Raises BadRequest if it is another list's."""
    bound, place = cursor
    if bound != binding:
        raise BadRequest(WRONG_CURSOR)
    return place


@cache
def _signer(key: str) -> Signer:
    return Signer(key, salt="list-cursor", key_derivation="hmac", digest_method=hashlib.sha256)
