"""The OpenAPI 3.1 document: paths, operations and answers, from the routes and their contracts."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apispec import APISpec
from flask import Flask
from werkzeug.routing import Rule

from app.http import errors
from app.http.contract import Contract
from app.http.documentation import Plain
from app.http.envelope import JSON
from app.http.errors import ApiError
from app.http.openapi_schemas import component_name, has_etag, is_page, plugin
from app.http.schemas import AnyQuery

API_VERSION = "1.0.0"
OPENAPI_VERSION = "3.1.1"
OWNER = "user_id"
EXAMPLE_ID = "01998f3a-6c00-7a52-9c41-5d0b6f1e2a77"
EXAMPLE_REQUEST_ID = "4f9c1d2ab07e4c3f8a6b5d4e3c2b1a09"
SENTENCE_END = re.compile(r"(?<=[.?])\s+")
METHODS = ("get", "post", "put", "patch", "delete")
PARAMETER = re.compile(r"<(?:(?P<converter>[a-z]+):)?(?P<name>[a-z_]+)>")
PARAMETER_TYPES: Mapping[str | None, dict[str, str]] = {
    "uuid": {"type": "string", "format": "uuid"}
}

DESCRIPTION = """\
Tasks and tags of many users: search, filters, reminders and recurring tasks.

**Where.** The paths of tasks and tags stand under three bases, which answer alike:
`/api/{user_id}`, `/users/{user_id}` and none at all. `user_id` is the token's subject or the word
`me`; anything else is a 403.

**Who.** `Authorization: Bearer <JWT>` on every request; only health and documentation are open.

**Envelope.** Every answer but 204 and 304 is `{"data": …, "error": null}` or `{"data": null,
"error": {"code", "message", "details", "correlation_id"}}`. For 422, `details` maps each field or
parameter to a list of what is wrong with it, all problems at once. The correlation id is the
answer's `X-Request-ID`: the client's own where it sent one of 1 to 128 characters of
`[A-Za-z0-9._-]`, else a new one.

**Versions.** A task's `ETag` changes with its `version`, a list's with whatever is in it.
`If-Match` makes a change conditional (412 if it does not hold), `If-None-Match` a read (304).

**Everywhere.** `HEAD` answers as `GET`, `OPTIONS` needs no token, a method that a path does not
know is 405 with `Allow`, an unknown path is 404. A query parameter with an empty value counts as
not given, and enumerated values are free in letter case; a parameter that the path does not know
is 422, as is an unknown field in a body.
"""

REQUEST_ID = {
    "description": "The request's id; the `correlation_id` of an error.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"},
    "example": EXAMPLE_REQUEST_ID,
}
HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Request-ID": REQUEST_ID,
    "ETag": {
        "description": "The entity tag of the current version, for `If-Match` and `If-None-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]*"$'},
        "example": '"3"',
    },
    "Location": {
        "description": "Where the new resource is, as a path under the base of the request.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": f"/api/me/tasks/{EXAMPLE_ID}",
    },
    "Link": {
        "description": "The next page (RFC 8288), while there is more.",
        "schema": {"type": "string"},
        "example": '</api/me/tasks?limit=2&cursor=WyJk>; rel="next"',
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": errors.RETRY_AFTER_SECONDS,
    },
    "WWW-Authenticate": {
        "description": 'The scheme, with `error="invalid_token"` where a token came (RFC 6750).',
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of the version that the change is meant for, or several, or `*`.",
    "schema": {
        "type": "string",
        "pattern": r'^(\*|(W/)?"[\x21\x23-\x7e]*"([ \t]*,[ \t]*(W/)?"[\x21\x23-\x7e]*")*)$',
    },
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of the version that the client has: 304 where it is current.",
    "schema": {"type": "string"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A status that several operations share, with the errors that it comes from."""

    description: str
    errors: tuple[ApiError, ...]
    headers: tuple[str, ...] = ()


FAILURES: Mapping[int, Failure] = {
    400: Failure(
        description="The request cannot be read.",
        errors=(
            errors.InvalidJson("The body is not valid JSON: line 1, column 15."),
            errors.BadRequest("This request needs a JSON object as its body."),
        ),
    ),
    401: Failure(
        description="There is no valid token.",
        errors=(errors.TokenMissing(), errors.TokenExpired(), errors.TokenInvalid()),
        headers=("WWW-Authenticate",),
    ),
    403: Failure(description="The path names another user.", errors=(errors.Forbidden(),)),
    404: Failure(description="There is no such thing.", errors=(errors.Missing(),)),
    409: Failure(description="It cannot be done beside what exists.", errors=(errors.Conflict(),)),
    412: Failure(
        description="`If-Match` does not hold.",
        errors=(errors.PreconditionFailed('"3"'),),
        headers=("ETag",),
    ),
    413: Failure(description="The body is too long.", errors=(errors.PayloadTooLarge(65_536),)),
    415: Failure(
        description="The body is not plain JSON in UTF-8.", errors=(errors.UnsupportedMediaType(),)
    ),
    422: Failure(
        description="Readable, but not valid; `details` says what is wrong, name by name.",
        errors=(errors.ValidationFailed({"colour": ["There is no such parameter here."]}),),
    ),
    500: Failure(description="Something went wrong on the server.", errors=(errors.ApiError(),)),
    503: Failure(
        description="The database cannot answer in time.",
        errors=(errors.Unavailable(),),
        headers=("Retry-After",),
    ),
}


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of the URL map, less its base."""

    rule: Rule
    path: str
    base: str | None
    view: Any
    group: str

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [_path_parameter(m["name"], m["converter"]) for m in PARAMETER.finditer(self.path)]

    @property
    def template(self) -> str:
        return PARAMETER.sub(r"{\g<name>}", self.path)

    @property
    def methods(self) -> list[str]:
        return [method for method in METHODS if method.upper() in (self.rule.methods or ())]


def routes(app: Flask) -> list[Route]:
    """Every route once: those under bases less their base, then those at the root only.

    A base ends with the user's id; the same path without one is the same route, mounted bare.
    """
    based: list[Route] = []
    bare: list[Route] = []
    for rule in app.url_map.iter_rules():
        head, marker, path = rule.rule.partition(f"/<{OWNER}>")
        base = head + marker if marker else None
        group = app.blueprints[rule.endpoint.rpartition(".")[0]].name
        route = Route(
            rule, path if marker else head, base, app.view_functions[rule.endpoint], group
        )
        (based if marker else bare).append(route)
    shared = [route for route in based if route.base == based[0].base]
    paths = {route.path for route in shared}
    return shared + [route for route in bare if route.path not in paths]


def build(app: Flask) -> dict[str, Any]:
    """The whole document, as plain values in a stable order."""
    found = routes(app)
    writer = _Writer(_servers(app))
    for route in found:
        writer.add(route)
    document = writer.spec.to_dict()
    paths = document["paths"]
    for route in found:
        item = paths[route.template]
        own = {} if route.base else {"servers": [{"url": "/"}]}
        paths[route.template] = own | {name: item[name] for name in METHODS if name in item}
    order = ("openapi", "info", "servers", "security", "tags", "paths", "components")
    return {name: document[name] for name in order}


def bases(app: Flask) -> list[str]:
    """The bases with a user's id in them, as rules, in the order in which they are mounted."""
    marker = f"/<{OWNER}>"
    heads = [rule.rule.partition(marker) for rule in app.url_map.iter_rules()]
    return list(dict.fromkeys(head + found for head, found, _ in heads if found))


def _servers(app: Flask) -> list[dict[str, Any]]:
    owner = {"default": "me", "description": "The token's subject, or `me`."}
    named: list[dict[str, Any]] = [
        {"url": PARAMETER.sub(r"{\g<name>}", base), "variables": {OWNER: owner}}
        for base in bases(app)
    ]
    return [*named, {"url": "/", "description": "For the token's subject."}]


class _Writer:
    """Adds routes to a document, and what they share to its components."""

    def __init__(self, servers: list[dict[str, Any]]) -> None:
        self.plugin = plugin()
        self.spec = APISpec(
            title="Task API",
            version=API_VERSION,
            openapi_version=OPENAPI_VERSION,
            plugins=[self.plugin],
            info={"description": DESCRIPTION},
            servers=servers,
            security=[{"bearer": []}],
            tags=[],
        )
        components = self.spec.components
        components.security_scheme(
            "bearer",
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The issuer's token; paste it without the word Bearer.",
            },
        )
        for name, header in HEADERS.items():
            components.header(name, header)
        components.parameter("If-Match", "header", IF_MATCH)
        components.parameter("If-None-Match", "header", IF_NONE_MATCH)
        components.schema("Error", _error_schema())
        components.schema("ErrorEnvelope", _envelope({"type": "null"}, _ref("schemas", "Error")))

    def add(self, route: Route) -> None:
        if not any(tag["name"] == route.group for tag in self.spec.options["tags"]):
            module = sys.modules[route.view.__module__]
            self.spec.options["tags"].append(
                {"name": route.group, "description": inspect.getdoc(module).partition("\n")[0]}  # type: ignore[union-attr]
            )
        operations = {method: self._operation(route, method) for method in route.methods}
        self.spec.path(route.template, operations=operations)

    def _operation(self, route: Route, method: str) -> dict[str, Any]:
        summary, _, more = SENTENCE_END.sub("\n", inspect.getdoc(route.view) or "", 1).partition(
            "\n"
        )
        operation: dict[str, Any] = {
            "tags": [route.group],
            "operationId": route.rule.endpoint.rpartition(".")[2],
            "summary": summary.removesuffix("."),
        }
        if more:
            operation["description"] = more
        if route.base is None:
            operation["security"] = []
        plain: Plain | None = getattr(route.view, "plain", None)
        if plain is not None:
            parameters = [
                _path_parameter(name, None, list(values)) for name, values in plain.names.items()
            ]
            return {**operation, "parameters": parameters, "responses": self._plain(plain)}
        agreed: Contract = route.view.contract
        operation["parameters"] = self._parameters(route, agreed, method)
        if agreed.body is not None:
            operation["requestBody"] = {
                "required": agreed.body_is_required,
                "content": {
                    JSON: {
                        "schema": agreed.body,
                        "examples": _named(agreed.examples.get("requests", {})),
                    }
                },
            }
        operation["responses"] = {
            **self._successes(agreed, method),
            **self._failures(route, agreed),
        }
        return operation

    def _parameters(self, route: Route, agreed: Contract, method: str) -> list[Any]:
        found: list[Any] = route.parameters
        found += self.plugin.converter.query_parameters(agreed.query)  # type: ignore[union-attr]
        if agreed.takes_if_match:
            found.append("If-Match")
        if method == "get" and has_etag(agreed.returns):
            found.append("If-None-Match")
        return found

    def _successes(self, agreed: Contract, method: str) -> dict[str, Any]:
        if agreed.returns is None:
            return {str(agreed.status): {"description": "Done.", "headers": _headers()}}
        names = ["Location"] if agreed.status == 201 else []
        names += ["ETag"] if has_etag(agreed.returns) else []
        names += ["Link"] if is_page(agreed.returns) else []
        examples = agreed.examples.get("responses") or {"example": _example_of(agreed.returns)}
        description = (inspect.getdoc(type(agreed.returns)) or "").partition("\n")[0]
        found: dict[str, Any] = {
            str(agreed.status): {
                "description": description,
                "headers": _headers(names),
                "content": {
                    JSON: {
                        "schema": self._envelope_of(agreed.returns),
                        "examples": _named(
                            {name: {"data": d, "error": None} for name, d in examples.items()}
                        ),
                    }
                },
            }
        }
        if method == "get" and "ETag" in names:
            found["304"] = {
                "description": "The client holds the current version.",
                "headers": _headers(["ETag"]),
            }
        return found

    def _envelope_of(self, schema: Any) -> dict[str, str]:
        name = f"{component_name(schema)}Envelope"
        if name not in self.spec.components.schemas:
            data = self.plugin.converter.resolve_nested_schema(schema)  # type: ignore[union-attr]
            self.spec.components.schema(name, _envelope(data, {"type": "null"}))
        return _ref("schemas", name)

    def _failures(self, route: Route, agreed: Contract) -> dict[str, Any]:
        own: dict[int, list[ApiError]] = {}
        for error in agreed.examples.get("errors", ()):
            own.setdefault(error.status, []).append(error)
        found = {}
        for status in sorted({*_expected(route, agreed), *own}):
            failure = FAILURES[status]
            if status in own:
                found[str(status)] = _failure_response(failure, own[status])
            elif status == 404:
                found[str(status)] = self._missing(route)
            else:
                name = type(failure.errors[-1]).__name__
                name = {"ApiError": "InternalError", "TokenInvalid": "Unauthorized"}.get(name, name)
                found[str(status)] = self._shared(name, failure, failure.errors)
        return found

    def _missing(self, route: Route) -> dict[str, str]:
        kind = route.parameters[-1]["name"].removesuffix("_id")
        error = errors.Missing.of(kind)
        return self._shared(f"Missing{kind.capitalize()}", FAILURES[404], [error])

    def _shared(self, name: str, failure: Failure, raised: Iterable[ApiError]) -> dict[str, str]:
        if name not in self.spec.components.responses:
            self.spec.components.response(name, _failure_response(failure, raised))
        return _ref("responses", name)

    def _plain(self, plain: Plain) -> dict[str, Any]:
        headers = _headers()
        if plain.status == 302:
            headers["Location"] = HEADERS["Location"] | {"example": plain.example}
            return {str(plain.status): {"description": "Elsewhere.", "headers": headers}}
        body = {"schema": plain.schema, "example": plain.example}
        found: dict[str, Any] = {
            "200": {
                "description": "The file itself, outside the envelope.",
                "headers": headers,
                "content": dict.fromkeys(plain.content_types, body),
            }
        }
        if plain.names:
            found["404"] = self._shared("MissingPath", FAILURES[404], [errors.Missing()])
        return found


def _expected(route: Route, agreed: Contract) -> Iterator[int]:
    """The statuses other than success that follow from where a view is and what it takes."""
    yield 500
    if route.base is not None:
        yield from (401, 403)
    if route.parameters:
        yield 404
    if agreed.body is not None:
        yield from (400, 413, 415)
    if agreed.takes_if_match:
        yield from (400, 412)
    if "cursor" in agreed.query.fields:
        yield 400
    if not isinstance(agreed.query, AnyQuery):
        yield 422
    if agreed.touches_database:
        yield 503


def _failure_response(failure: Failure, raised: Iterable[ApiError]) -> dict[str, Any]:
    examples = {}
    for error in raised:
        said = {
            "code": error.code,
            "message": error.message,
            "details": error.details,
            "correlation_id": EXAMPLE_REQUEST_ID,
        }
        examples[error.code] = {"value": {"data": None, "error": said}}
    return {
        "description": failure.description,
        "headers": _headers(failure.headers),
        "content": {JSON: {"schema": _ref("schemas", "ErrorEnvelope"), "examples": examples}},
    }


def _path_parameter(name: str, converter: str | None, values: Any = None) -> dict[str, Any]:
    schema: dict[str, Any] = dict(PARAMETER_TYPES.get(converter, {"type": "string"}))
    if values:
        schema["enum"] = values
    example = values[0] if values else EXAMPLE_ID
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _headers(names: Iterable[str] = ()) -> dict[str, Any]:
    return {name: _ref("headers", name) for name in ("X-Request-ID", *names)}


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"value": value} for name, value in values.items()}


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _example_of(schema: Any) -> dict[str, Any]:
    """What the fields' own examples make together."""
    return {name: field.metadata.get("example") for name, field in schema.fields.items()}


def _envelope(data: Any, error: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"data": data, "error": error},
        "required": ["data", "error"],
        "additionalProperties": False,
    }


def _error_schema() -> dict[str, Any]:
    codes = sorted({"INTERNAL_ERROR", *(error.code for error in _kinds(ApiError))})
    return {
        "type": "object",
        "description": "Why a request was not done.",
        "properties": {
            "code": {"type": "string", "enum": codes},
            "message": {"type": "string", "description": "For people."},
            "details": {
                "type": "object",
                "description": "Where there is something to say of single names: lists of texts.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            "correlation_id": {
                "type": "string",
                "description": "Finds the request in the log; the same as `X-Request-ID`.",
            },
        },
        "required": ["code", "message", "details", "correlation_id"],
        "additionalProperties": False,
    }


def _kinds(base: type[ApiError]) -> Iterator[type[ApiError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)
