"""The OpenAPI document and a page to try it out, all served by the app itself."""

from __future__ import annotations

from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, redirect, send_from_directory
from werkzeug.exceptions import NotFound

from app.http.envelope import JSON
from app.http.errors import Missing

DOCUMENT = Path(__file__).parents[2] / "openapi.json"
ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"
PAGE = Path(__file__).parent / "docs.html"
CACHE_ASSETS = "public, max-age=86400"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("documentation", __name__)


@blueprint.get("/")
def index() -> Response:
    """Leads to the docs."""
    return redirect("/docs")  # type: ignore[return-value]


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI 3.1 document, as `flask openapi` has written it."""
    response = Response(DOCUMENT.read_bytes(), content_type=JSON)
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@blueprint.get("/docs")
def docs() -> Response:
    """An interactive page over the document."""
    response = Response(PAGE.read_bytes(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@blueprint.get("/docs/<path:name>")
def asset(name: str) -> Response:
    """A script, style or picture of the page."""
    folder = PAGE.parent if name == "docs.js" else ASSETS
    try:
        response = send_from_directory(folder, name)
    except NotFound:
        raise Missing from None
    response.headers["Cache-Control"] = CACHE_ASSETS
    response.headers["Content-Security-Policy"] = POLICY
    return response
