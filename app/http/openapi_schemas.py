"""From this API's schemas and fields to JSON Schema, for the OpenAPI document."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls, resolve_schema_instance
from apispec.ext.marshmallow.field_converter import DEFAULT_FIELD_MAPPING
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields, missing

from app.http.fields import Choice, Flag, Listed, Text, WholeNumber
from app.http.schemas import BodySchema, QuerySchema

JsonSchema = dict[str, Any]

NO_NUL = r"^[^\u0000]*$"
NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
BOOLEAN_WORDS = {"true", "false"}


def plugin() -> MarshmallowPlugin:
    """apispec's plugin, taught our fields."""
    made = MarshmallowPlugin(schema_name_resolver=component_name)
    made.Converter = _Converter
    return made


def component_name(schema: Any) -> str:
    """What a schema is called in the document: `TaskOut` is simply a `Task` there."""
    return resolve_schema_cls(schema).__name__.removesuffix("Out")  # type: ignore[union-attr]


class _Converter(OpenAPIConverter):
    field_mapping = DEFAULT_FIELD_MAPPING | {
        Text: ("string", None),
        Flag: ("boolean", None),
        Choice: ("string", None),
        WholeNumber: ("integer", None),
        Listed: ("array", None),
    }

    def init_attribute_functions(self) -> None:
        super().init_attribute_functions()  # type: ignore[no-untyped-call]
        self.attribute_functions.append(partial(_describe, self))  # type: ignore[arg-type]

    def schema2jsonschema(self, schema: Any) -> JsonSchema:
        instance = resolve_schema_instance(schema)
        described: JsonSchema = super().schema2jsonschema(instance)  # type: ignore[no-untyped-call]
        described.pop("additionalProperties", None)
        described["description"] = (inspect.getdoc(type(instance)) or "").partition("\n")[0]
        if isinstance(instance, BodySchema):
            _describe_body(instance, described)
        return described

    def query_parameters(self, schema: QuerySchema) -> list[dict[str, Any]]:
        """The parameters of a query, each followed by its other names."""
        found: list[dict[str, Any]] = []
        for parameter in self.schema2parameters(schema, location="query"):
            name, also = parameter["name"], []
            _describe_query(parameter)
            for alias in (alias for alias, meant in schema.aliases.items() if meant == name):
                # A default under both names would be sent twice by tools that fill it in.
                without_default = {k: v for k, v in parameter["schema"].items() if k != "default"}
                also.append(
                    {
                        **parameter,
                        "name": alias,
                        "description": f"Another name for `{name}`.",
                        "schema": without_default,
                    }
                )
            found += [parameter, *also]
        return found


def _describe(converter: Any, field: fields.Field[Any], ret: JsonSchema) -> JsonSchema:
    """An attribute function of apispec's: what our own fields add to their type."""
    if ret.get("default", missing) is None or ret.get("default") in ((), ""):
        del ret["default"]
    if isinstance(field, Text):
        _describe_text(field, ret)
    elif isinstance(field, Choice):
        _describe_choice(field, ret)
    elif isinstance(field, WholeNumber):
        ret.update(minimum=field.low, maximum=field.high)
    elif isinstance(field, Listed):
        ret["items"] = converter.field2property(field.inner)
    return {}


def _describe_text(field: Text, ret: JsonSchema) -> None:
    if field.min_length:
        ret["minLength"] = field.min_length
    ret["maxLength"] = field.max_length
    ret.setdefault("pattern", NOT_BLANK if field.trim and field.min_length else NO_NUL)


def _describe_choice(field: Choice, ret: JsonSchema) -> None:
    default = field.load_default
    words = [word for word, value in field.choices.items() if value == default]
    ret.pop("default", None)
    if set(field.choices) == BOOLEAN_WORDS:
        ret["type"] = "boolean"
    else:
        ret["enum"] = [*field.choices, *([None] if field.allow_none else [])]
    if words:
        ret["default"] = words[0]


def _describe_query(parameter: dict[str, Any]) -> None:
    """What a query says otherwise than JSON: there is no null, and nothing is as good as not given.

    A default of None only means that a parameter was not given. A list's empty members are dropped.
    """
    described = parameter["schema"]
    items = described.get("items", {})
    if "maxLength" in items:
        items.pop("minLength", None)
        items["pattern"] = NO_NUL
    else:
        parameter["allowEmptyValue"] = True
    if isinstance(described.get("type"), list):
        described["type"] = described["type"][0]
    if "enum" in described:
        described["enum"] = [word for word in described["enum"] if word is not None]


def _describe_body(schema: BodySchema, described: JsonSchema) -> None:
    """What `BodySchema.read` accepts besides the fields: other names, and what it ignores."""
    properties = described["properties"]
    for name, default in schema.defaults.items():
        properties[name]["default"] = default
    for other, name in schema.renamed.items():
        alias = {k: v for k, v in properties[name].items() if k not in {"default", "description"}}
        properties[other] = {**alias, "description": f"Another name for `{name}`."}
        _forbid_both(described, name, other)
    for name in sorted(schema.ignored):
        properties[name] = {
            "readOnly": True,
            "description": "Made by the server; accepted and ignored.",
        }
    described["additionalProperties"] = False


def _forbid_both(described: JsonSchema, name: str, other: str) -> None:
    required = described.get("required", [])
    if name not in required:
        described["not"] = {"required": [name, other]}
        return
    required.remove(name)
    if not required:
        del described["required"]
    described["oneOf"] = [{"required": [name]}, {"required": [other]}]


def is_page(schema: Schema | None) -> bool:
    """Is it a page of a list, which may have a next one?"""
    return schema is not None and "pagination" in schema.fields


def has_etag(schema: Schema | None) -> bool:
    """Is it answered with an entity tag, as a page is, and everything that has a version?"""
    return schema is not None and ("version" in schema.fields or is_page(schema))
