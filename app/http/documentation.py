"""The OpenAPI document and a page to try it out, all served by the app itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask_swagger_ui
from flask import Blueprint, Response, request

from app.http.envelope import JSON
from app.http.errors import Missing

DOCUMENT = Path(__file__).parents[2] / "openapi.json"
HERE = Path(__file__).parent
SWAGGER_UI = Path(flask_swagger_ui.__file__).parent / "dist"
HTML, CSS, SCRIPT, PNG = "text/html", "text/css", "text/javascript", "image/png"
ASSETS: Mapping[str, tuple[Path, str]] = {
    "docs.js": (HERE / "docs.js", SCRIPT),
    "swagger-ui.css": (SWAGGER_UI / "swagger-ui.css", CSS),
    "swagger-ui-bundle.js": (SWAGGER_UI / "swagger-ui-bundle.js", SCRIPT),
    "favicon-32x32.png": (SWAGGER_UI / "favicon-32x32.png", PNG),
}
CACHE_BRIEFLY = "public, max-age=60"
CACHE_ASSETS = "public, max-age=86400"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

blueprint = Blueprint("documentation", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """What a view answers outside the envelope, for the document: a file, or where to go.

    `names` are the values that the path's parameters can have.
    """

    content_types: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    example: Any = None
    status: int = 200
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def plain(**terms: Any) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Leaves on a view what it answers; the view itself stays as it is."""

    def leave(view: Callable[..., Response]) -> Callable[..., Response]:
        view.plain = Plain(**terms)  # type: ignore[attr-defined]
        return view

    return leave


@blueprint.get("/")
@plain(status=302, example="/docs")
def index() -> Response:
    """Go to the documentation."""
    response = Response(status=302, headers={"Location": "/docs"})
    del response.headers["Content-Type"]
    return response


@blueprint.get("/openapi.json")
@plain(content_types=(JSON,), schema={"type": "object"}, example={"openapi": "3.1.1"})
def openapi() -> Response:
    """Get this OpenAPI document."""
    return _file(DOCUMENT, JSON, CACHE_BRIEFLY)


@blueprint.get("/docs")
@plain(content_types=(HTML,), schema={"type": "string"}, example="<!doctype html>")
def docs() -> Response:
    """Read this document and try it out in a browser."""
    return _file(HERE / "docs.html", f"{HTML}; charset=utf-8", CACHE_BRIEFLY)


@blueprint.get("/docs/<path:name>")
@plain(
    content_types=(SCRIPT, CSS, PNG),
    names={"name": tuple(ASSETS)},
)
def asset(name: str) -> Response:
    """Get a script, a style or a picture of the page."""
    if name not in ASSETS:
        raise Missing
    return _file(*ASSETS[name], CACHE_ASSETS)


def _file(path: Path, content_type: str, caching: str) -> Response:
    response = Response(path.read_bytes(), content_type=content_type)
    response.headers["Cache-Control"] = caching
    response.headers["Content-Security-Policy"] = POLICY
    response.add_etag()
    response.make_conditional(request)
    return response
