"""References to this server's own paths, under the base as the request wrote it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import request

from app.http.memory import remembering

PATH_CHARACTERS = "/:@!$&'()*+,;=~"
PLACE = frozenset({"cursor", "offset"})


def path_as_written() -> str:
    """The request's path without a host, percent-encoded as the client encoded it."""
    raw = request.environ.get("RAW_URI")
    if raw is None:
        return quote(request.path, safe=PATH_CHARACTERS)
    path = re.split("[?#]", raw, maxsplit=1)[0] if raw.startswith("/") else urlsplit(raw).path
    return quote(path, safe=f"{PATH_CHARACTERS}%", encoding="latin-1")


def next_page(**place: object) -> str:
    """A `Link` header (RFC 8288) to the same list at another `cursor` or `offset`."""
    kept = _without_place(request.query_string)
    return f'<{path_as_written()}?{kept}{urlencode(place)}>; rel="next"'


@remembering
def _without_place(query_string: bytes) -> str:
    """The query without its place in the list, ready for another to follow."""
    query = parse_qsl(query_string.decode(), keep_blank_values=False)
    kept = [(name, value) for name, value in query if name not in PLACE]
    return f"{urlencode(kept)}&" if kept else ""
