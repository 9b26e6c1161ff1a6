"""What goes into and comes out of the task endpoints."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.http.fields import Choice, Flag, Listed, Text, WholeNumber
from app.http.schemas import MAX_OFFSET, BodySchema, Pagination, QuerySchema
from app.models import PRIORITIES
from app.recurrence import Mode
from app.tags.schemas import TagName
from app.tasks.fields import Moment, RuleText, TagNames, ZoneName
from app.text import fold

MAX_TITLE = 255
MAX_DESCRIPTION = 2000
MAX_SEARCH = 200
PRIORITY_RANK = {name: rank for rank, name in enumerate(PRIORITIES, start=1)}
MODES = {mode.value: mode for mode in Mode}
SORTS = ("created_at", "updated_at", "completed_at", "due_date", "priority", "title")
ASCENDING_BY_DEFAULT = frozenset({"title", "due_date", "priority"})
STATUSES = {"all": None, "pending": False, "completed": True, "true": True, "false": False}
BOOLEANS = {"true": True, "false": False}
EVERY = "all"


class TaskBody(BodySchema):
    """The fields of a task that a client sets."""

    ignored = frozenset(
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
    renamed = {"is_completed": "completed"}

    title = Text(
        max_length=MAX_TITLE,
        min_length=1,
        trim=True,
        required=True,
        metadata={"description": "1 to 255 characters after trimming."},
    )
    description = Text(max_length=MAX_DESCRIPTION, allow_none=True)
    completed = Flag(metadata={"description": "`is_completed` is another name for it."})
    priority = Choice(PRIORITY_RANK, metadata={"description": "In any letter case."})
    tags = TagNames(metadata={"description": "At most 20, unique without regard to letter case."})
    due_date = Moment(
        or_date=True,
        allow_none=True,
        metadata={
            "description": "A date (all day), or a timestamp; without offset: in `timezone`."
        },
    )
    timezone = ZoneName(metadata={"description": "An IANA time zone; `UTC` by default."})
    reminder_at = Moment(
        or_date=False,
        allow_none=True,
        metadata={"description": "Not after the due date; without offset: in `timezone`."},
    )
    is_recurring = Flag(metadata={"description": "Follows `recurrence_rule`; false clears it."})
    recurrence_rule = RuleText(
        allow_none=True,
        metadata={"description": "An RRULE of RFC 5545; needs a `due_date`."},
    )
    recurrence_mode = Choice(
        MODES,
        is_exact=True,
        metadata={"description": "What a late completion leads to."},
    )


class TaskPatch(TaskBody):
    """The same, none of them required: what is left out stays."""

    title = Text(max_length=MAX_TITLE, min_length=1, trim=True)


class CompletionBody(BodySchema):
    """Whether the task is done."""

    ignored = TaskBody.ignored
    renamed = TaskBody.renamed

    completed = Flag(required=True)


class ToggleBody(BodySchema):
    """Nothing: a toggle needs no body."""

    ignored = TaskBody.ignored


class PriorityFilter(Choice):
    """A priority, or `all`."""

    def __init__(self) -> None:
        super().__init__({EVERY: EVERY, **PRIORITY_RANK})


class ListedPriorities(Listed):
    """Several priorities, or `all` alone (which is answered as none)."""

    def __init__(self, **kwargs: Any):
        super().__init__(PriorityFilter(), **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[int]:
        ranks = sorted(set(super()._deserialize(value, attr, data, **kwargs)), key=str)
        if EVERY not in ranks:
            return ranks
        if len(ranks) > 1:
            raise ValidationError("Give 'all' or priorities, not both.")
        return []


class SearchWords(Text):
    """The words to look for, folded, without repeats."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=MAX_SEARCH, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        words = super()._deserialize(value, attr, data, **kwargs).split()
        return list(dict.fromkeys(fold(word) for word in words))


class TaskListQuery(QuerySchema):
    """Search, filters, order and page of a list of tasks."""

    aliases = {"q": "search", "tags[]": "tags", "sort_direction": "sort_order"}

    search = SearchWords(
        load_default=(),
        metadata={"description": "Every word must occur in title or description. Alias: `q`."},
    )
    status = Choice(STATUSES, load_default=None)
    priority = ListedPriorities(load_default=())
    tags = Listed(TagName(), load_default=(), metadata={"description": "Alias: `tags[]`."})
    tags_match = Choice({"all": "all", "any": "any"}, load_default="all")
    due_date_from = Moment(or_date=True, load_default=None)
    due_date_to = Moment(or_date=True, load_default=None)
    timezone = ZoneName(
        load_default="UTC",
        metadata={
            "description": "What dates and timestamps without offset in the due filter mean."
        },
    )
    is_recurring = Choice(BOOLEANS, load_default=None)
    has_due_date = Choice(BOOLEANS, load_default=None)
    sort_by = Choice({name: name for name in SORTS}, load_default="created_at")
    sort_order = Choice(
        {"asc": "asc", "desc": "desc"},
        load_default=None,
        metadata={"description": "`desc`, but `asc` for `title`, `due_date` and `priority`."},
    )
    limit = WholeNumber(low=1, high=100, load_default=50)
    offset = WholeNumber(low=0, high=MAX_OFFSET, load_default=None)
    cursor = Text(max_length=4096, load_default=None)
    include_total = Choice(BOOLEANS, load_default=None)


class TaskOut(Schema):
    """A task as it is answered; `serialize` builds the same from rows."""

    id = fields.UUID(required=True)
    user_id = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    completed = fields.Boolean(required=True)
    completed_at = fields.DateTime(required=True, allow_none=True)
    priority = fields.String(required=True, validate=validate.OneOf(PRIORITIES))
    tags = fields.List(fields.String(), required=True)
    due_date = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "`2026-03-01` for all day, else `2026-03-01T08:00:00Z`."},
    )
    timezone = fields.String(required=True)
    reminder_at = fields.DateTime(required=True, allow_none=True)
    is_recurring = fields.Boolean(required=True)
    recurrence_rule = fields.String(required=True, allow_none=True)
    recurrence_mode = fields.String(required=True, validate=validate.OneOf(list(MODES)))
    series_id = fields.UUID(required=True, allow_none=True)
    version = fields.Integer(required=True, validate=validate.Range(min=1))
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class ChangedTaskOut(TaskOut):
    """A task after a change, with the successor that its completion left."""

    next_task = fields.Nested(TaskOut, required=True, allow_none=True)


class TaskPageOut(Schema):
    """A page of tasks."""

    items = fields.List(fields.Nested(TaskOut), required=True)
    pagination = fields.Nested(Pagination, required=True)
