"""What every input schema of this API shares: no unknown names, all problems at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from app.http.errors import Messages, ValidationFailed
from app.http.fields import Listed
from app.http.memory import remembering

MAX_PARAMETERS = 1000
MAX_OFFSET = 1_000_000
SERVER_MADE = frozenset(
    {
        "id",
        "user_id",
        "version",
        "completed_at",
        "series_id",
        "created_at",
        "updated_at",
        "next_task",
    }
)
"""What any body may bring along unread, so that a client can send back what it got."""


class BodySchema(Schema):
    """A JSON object. `ignored` names may be sent back as they were answered; others are refused.

    `renamed` maps further names to the fields that they mean. `defaults` is what fields left out
    become, for the OpenAPI document.
    """

    ignored: ClassVar[frozenset[str]] = frozenset()
    renamed: ClassVar[Mapping[str, str]] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "There is no such field."}

    def read(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], Messages]:
        """The valid values, and for each name what is wrong with it."""
        given, messages = {}, {}
        for name, value in body.items():
            if name in self.ignored:
                continue
            target = self.renamed.get(name, name)
            if target in given or (name != target and target in body):
                messages[name] = [f"Send '{target}' or '{name}', not both."]
            else:
                given[target] = value
        values, problems = _loaded(self, given)
        messages = {**problems, **messages}
        failed = {self.renamed.get(name, name) for name in messages}
        for name, said in self.contradictions(values, failed).items():
            messages.setdefault(name, said)
        return values, messages

    def contradictions(self, values: Mapping[str, Any], failed: Collection[str]) -> Messages:
        """What does not go together among the valid `values`; nothing is known of the `failed`."""
        return {}


class QuerySchema(Schema):
    """Query parameters. `aliases` maps further names to the parameter that they mean.

    What short query strings mean is remembered, as clients ask the same again and again; but not
    what cursors mean: they are good once, and only for the app that sealed them.
    """

    aliases: ClassVar[Mapping[str, str]] = {}

    class Meta:
        unknown = EXCLUDE

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._remembered = remembering(self._read)

    def read(self, query_string: bytes) -> tuple[Mapping[str, Any], Messages]:
        """The valid values, and for each parameter what is wrong with it; neither to be changed.

        A parameter with an empty value counts as not given.
        """
        return (self._read if b"cursor=" in query_string else self._remembered)(query_string)

    def _read(self, query_string: bytes) -> tuple[Mapping[str, Any], Messages]:
        given: dict[str, Any] = {}
        messages: Messages = {}
        for raw_name, raw_value in _pairs(query_string):
            name = raw_name.decode(errors="replace")
            target = self.aliases.get(name, name)
            field = self.fields.get(target)
            if field is None:
                messages[name] = ["There is no such parameter here."]
                continue
            try:
                value = raw_value.decode()
            except UnicodeDecodeError:
                messages[target] = ["Must be UTF-8."]
                continue
            if not value:
                continue
            if isinstance(field, Listed):
                given.setdefault(target, []).append(value)
            elif target in given:
                messages[target] = ["Give it only once."]
            else:
                given[target] = value
        values, problems = _loaded(self, given)
        return values, {**problems, **messages}


class NoQuery(QuerySchema):
    """An endpoint without query parameters."""


class AnyQuery(QuerySchema):
    """An endpoint that does not look at its query parameters: a probe may add what it likes."""

    def read(self, query_string: bytes) -> tuple[Mapping[str, Any], Messages]:
        return {}, {}


class Pagination(Schema):
    """Where a page lies in its list."""

    limit = fields.Integer(required=True)
    offset = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null on a page by cursor."}
    )
    total = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many match; null where they were not counted."},
    )
    has_more = fields.Boolean(required=True)
    next_cursor = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Send it as `cursor` to go on from here."},
    )


def _pairs(query_string: bytes) -> list[tuple[bytes, bytes]]:
    parts = [part for part in query_string.split(b"&") if part]
    if len(parts) > MAX_PARAMETERS:
        raise ValidationFailed({"query": ["There are too many parameters."]})
    # The standard library's parse_qsl cannot read bytes that are not ASCII before Python 3.12.
    split = [part.replace(b"+", b" ").partition(b"=") for part in parts]
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in split]


def _loaded(schema: Schema, given: Mapping[str, Any]) -> tuple[dict[str, Any], Messages]:
    try:
        return schema.load(given), {}
    except ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return valid, {name: _flat(said) for name, said in error.normalized_messages().items()}


def _flat(said: Any) -> list[str]:
    """One level of messages: a list's own, and those of its members after their places."""
    if isinstance(said, Mapping):
        return [
            text if isinstance(place, str) else f"Item {place}: {text}"
            for place, inner in said.items()
            for text in _flat(inner)
        ]
    return [str(text) for text in said] if isinstance(said, list) else [str(said)]
