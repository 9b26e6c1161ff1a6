"""The entity tags of lists: from the user's revision, the query and the build.

Any change to a user's data takes the next revision, so a list whose tag a client holds costs one
look-up by primary key and not the list (contract, section 7).
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import request

from app.database import Autocommit
from app.http.conditional import is_held
from app.http.envelope import Reply
from app.users import get_revision


def list_etag(revision: int, asked: str) -> str:
    """The tag of a list; `asked` is the fingerprint of its user and query."""
    return f'"{revision}-{asked[:16]}-{_build()}"'


def held_list(connection: Autocommit, user_id: str, asked: str) -> Reply | None:
    """What is answered (as 304) where the client holds the list already, else None."""
    if "If-None-Match" not in request.headers:
        return None
    etag = list_etag(get_revision(connection, user_id), asked)
    return Reply("", headers={"ETag": etag}) if is_held(etag) else None


@cache
def _build() -> str:
    """A digest of this app's own source: another build may write the same list otherwise."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
