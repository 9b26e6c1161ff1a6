"""What goes into and comes out of the tag endpoints."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields

from app.http.fields import Choice, Flag, Text, WholeNumber
from app.http.schemas import MAX_OFFSET, SERVER_MADE, BodySchema, Pagination, QuerySchema

MAX_NAME = 50
NAME_FORM = {"pattern": r"^[^\u0000,]*[^\s\u0000,][^\u0000,]*$"}


class TagName(Text):
    """A tag's name: 1 to 50 characters after trimming, no comma."""

    def __init__(self, **kwargs: Any):
        metadata = {**NAME_FORM, **kwargs.pop("metadata", {})}
        super().__init__(max_length=MAX_NAME, min_length=1, trim=True, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if "," in name:
            raise ValidationError("Must not contain a comma.")
        return name


class TagChange(BodySchema):
    """A new name, and whether to move over to the tag that has it already."""

    ignored = SERVER_MADE | {"usage_count"}

    name = TagName(required=True, metadata={"description": "The new name, without a comma."})
    merge = Flag(
        load_default=False,
        metadata={
            "description": "Where another tag has the name: move the tasks to it, instead of a 409."
        },
    )


class TagListQuery(QuerySchema):
    """Search, order and page of a list of tags."""

    aliases = {"q": "search", "sort_direction": "sort_order"}

    search = Text(
        max_length=200,
        load_default="",
        metadata={"description": "The beginning of a name, in any letter case."},
    )
    sort_by = Choice({"name": "name", "usage_count": "usage_count"}, load_default="name")
    sort_order = Choice(
        {"asc": "asc", "desc": "desc"},
        load_default=None,
        metadata={"description": "By default `asc`, but `desc` for `usage_count`."},
    )
    limit = WholeNumber(
        low=1, high=100, load_default=50, metadata={"description": "How many tags a page has."}
    )
    offset = WholeNumber(
        low=0,
        high=MAX_OFFSET,
        load_default=0,
        metadata={"description": "How many tags to pass over."},
    )


class TagOut(Schema):
    """A tag as it is answered."""

    id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"minLength": 1, "maxLength": MAX_NAME})
    usage_count = fields.Integer(
        required=True, metadata={"description": "How many tasks bear it, completed or not."}
    )
    created_at = fields.DateTime(required=True)


class TagPageOut(Schema):
    """A page of tags."""

    items = fields.List(fields.Nested(TagOut), required=True)
    pagination = fields.Nested(Pagination, required=True)
