"""Entity tags and the conditions on them (RFC 9110, sections 8.8.3 and 13.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request

from app.http.errors import BadRequest, PreconditionFailed

MAX_HEADER_LENGTH = 4096
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAG_LIST = re.compile(rf"[ \t]*(?:,[ \t]*)*{_TAG}(?:[ \t]*,(?:[ \t]*{_TAG})?)*[ \t]*")
_ONE_TAG = re.compile(_TAG)


@dataclass(frozen=True, slots=True)
class TagCondition:
    """`*`, or the tags that a header lists, quotes and weakness marks included."""

    is_any: bool
    tags: tuple[str, ...] = ()


def if_match() -> TagCondition | None:
    """The request's `If-Match`, or None where it has none. Raises BadRequest if malformed."""
    return _parse("If-Match")


def if_none_match() -> TagCondition | None:
    """The request's `If-None-Match`; a malformed one counts as none, so the answer is just sent."""
    try:
        return _parse("If-None-Match")
    except BadRequest:
        return None


def require_match(condition: TagCondition | None, etag: str) -> None:
    """Raises PreconditionFailed, with the current tag, unless `condition` holds (strongly)."""
    if condition is not None and not condition.is_any and etag not in condition.tags:
        raise PreconditionFailed(etag)


def is_fresh(etag: str) -> bool:
    """Does the client hold what `etag` names, or anything at all (`*`)?"""
    condition = if_none_match()
    return condition is not None and (condition.is_any or _names(condition, etag))


def is_held(etag: str) -> bool:
    """Does the client name `etag` itself?"""
    condition = if_none_match()
    return condition is not None and _names(condition, etag)


def _names(condition: TagCondition, etag: str) -> bool:
    """By weak comparison, as for a read."""
    return etag in {tag.removeprefix("W/") for tag in condition.tags}


def version_etag(version: int) -> str:
    """The strong tag of one version of a resource."""
    return f'"{version}"'


def _parse(header: str) -> TagCondition | None:
    text = request.headers.get(header)
    if text is None:
        return None
    text = text.strip(" \t")
    if text == "*":
        return TagCondition(is_any=True)
    if len(text) > MAX_HEADER_LENGTH or not _TAG_LIST.fullmatch(text):
        raise BadRequest(f'{header} must be * or a list of entity tags such as "3".')
    return TagCondition(is_any=False, tags=tuple(_ONE_TAG.findall(text)))
