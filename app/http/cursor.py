"""Opaque places in a list, signed and bound to whom and what they were made for."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from app.http.errors import BadRequest


def bound_to(*parts: Any) -> str:
    """A fingerprint of whom and what a cursor is for."""
    return hashlib.sha256(orjson.dumps(parts, default=str)).hexdigest()[:32]


def seal(binding: str, place: list[Any]) -> str:
    """The cursor for a place in the list that `binding` names."""
    return _serializer().dumps([binding, place])


def unseal(binding: str, cursor: str) -> list[Any]:
    """The place that a cursor stands for. Raises BadRequest if changed, forged, or for another list."""
    try:
        bound, place = _serializer().loads(cursor)
    except (BadData, ValueError, TypeError):
        bound, place = None, []
    if bound != binding:
        raise BadRequest(
            "The cursor does not belong to this list: start again without it, "
            "and keep filters and order while you follow next_cursor."
        )
    return place


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(
        current_app.config["CURSOR_KEY"],
        salt="list-cursor",
        signer_kwargs={"digest_method": hashlib.sha256},
    )
