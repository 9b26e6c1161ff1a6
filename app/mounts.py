"""Which blueprint is mounted where, and who may enter: nothing is open by oversight."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, request

from app import health, tags, tasks
from app.http import documentation
from app.http.errors import Forbidden, Missing
from app.identity import TokenVerifier, enter_as_owner, enter_as_user, enter_freely

SINGLE_SLASH = re.compile("/(?!/)")
"""How a path begins. Werkzeug would drop a second slash, and redirect a path without any."""

Admission = Callable[[TokenVerifier, dict[str, Any]], None]


def anybody(_verifier: TokenVerifier, _path: dict[str, Any]) -> None:
    enter_freely()


def token_holder(verifier: TokenVerifier, _path: dict[str, Any]) -> None:
    enter_as_user(verifier)


def path_owner(verifier: TokenVerifier, path: dict[str, Any]) -> None:
    enter_as_owner(verifier, path.pop("user_id"))


@dataclass(frozen=True, slots=True)
class Mount:
    """A blueprint under a base. Views never see the base's `user_id`: the admission takes it."""

    name: str
    blueprint: Blueprint
    base: str
    admission: Admission


BASES = (
    ("api", "/api/<user_id>", path_owner),
    ("users", "/users/<user_id>", path_owner),
    ("own", "", token_holder),
)

MOUNTS = (
    Mount("health", health.blueprint, "", anybody),
    Mount("documentation", documentation.blueprint, "", anybody),
    *(Mount(f"{name}_tasks", tasks.blueprint, base, enter) for name, base, enter in BASES),
    *(Mount(f"{name}_tags", tags.blueprint, base, enter) for name, base, enter in BASES),
)


def register(app: Flask, verifier: TokenVerifier) -> None:
    """Mounts everything; from then on a request passes its mount's admission before any view."""
    admissions = {mount.name: mount.admission for mount in MOUNTS}
    for mount in MOUNTS:
        app.register_blueprint(mount.blueprint, url_prefix=mount.base or None, name=mount.name)

    @app.before_request
    def admit() -> None:
        if not SINGLE_SLASH.match(request.environ["PATH_INFO"]):
            raise Missing
        if request.routing_exception is not None or request.method == "OPTIONS":
            return
        admission = admissions.get(request.blueprint or "")
        if admission is None:
            raise Forbidden
        admission(verifier, request.view_args or {})
