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


def seal(binding: str, place: list[Any]) -> str:
    """The cursor for a place in the list that the fingerprint `binding` names."""
    payload = urlsafe_b64encode(orjson.dumps([binding, place])).rstrip(b"=")
    return _signer(current_app.config["CURSOR_KEY"]).sign(payload).decode()


def unseal(binding: str, cursor: str) -> list[Any]:
    """The place that a cursor stands for. Raises BadRequest if changed, forged or another list's."""
    try:
        payload = _signer(current_app.config["CURSOR_KEY"]).unsign(cursor.encode())
        bound, place = orjson.loads(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (BadSignature, ValueError, TypeError):
        bound, place = None, []
    if bound != binding:
        raise BadRequest(
            "The cursor does not belong to this list: start again without it, "
            "and keep filters and order while you follow next_cursor."
        )
    return place


@cache
def _signer(key: str) -> Signer:
    return Signer(key, salt="list-cursor", key_derivation="hmac", digest_method=hashlib.sha256)
