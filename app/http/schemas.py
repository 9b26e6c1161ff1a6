"""What every input schema of this API shares: no unknown names, all problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from app.http.errors import Messages, ValidationFailed
from app.http.fields import Listed

MAX_PARAMETERS = 1000
MAX_OFFSET = 1_000_000


class BodySchema(Schema):
    """A JSON object. `ignored` names may be sent back as they were answered; others are refused."""

    ignored: ClassVar[frozenset[str]] = frozenset()
    renamed: ClassVar[Mapping[str, str]] = {}

    class Meta:
        unknown = RAISE

    error_messages: ClassVar[dict[str, str]] = {"unknown": "There is no such field."}

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
        return values, {**problems, **messages}


class QuerySchema(Schema):
    """Query parameters. `aliases` maps further names to the parameter that they mean."""

    aliases: ClassVar[Mapping[str, str]] = {}

    class Meta:
        unknown = EXCLUDE

    def read(self, query_string: bytes) -> tuple[dict[str, Any], Messages]:
        """The valid values, and for each parameter what is wrong with it.

        A parameter with an empty value counts as not given.
        """
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


class Pagination(Schema):
    """Where a page lies in its list."""

    limit = fields.Integer(required=True)
    offset = fields.Integer(required=True, allow_none=True)
    total = fields.Integer(required=True, allow_none=True)
    has_more = fields.Boolean(required=True)
    next_cursor = fields.String(required=True, allow_none=True)


def _pairs(query_string: bytes) -> list[tuple[bytes, bytes]]:
    if not query_string:
        return []
    try:
        return parse_qsl(query_string, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise ValidationFailed({"query": ["There are too many parameters."]}) from None


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
