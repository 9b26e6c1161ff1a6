"""What goes into and comes out of the task endpoints."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.http.cursor import Cursor
from app.http.errors import Messages
from app.http.fields import Choice, Flag, Listed, Text, WholeNumber
from app.http.schemas import MAX_OFFSET, SERVER_MADE, BodySchema, Pagination, QuerySchema
from app.models import PRIORITIES
from app.recurrence import Mode
from app.tags.schemas import MAX_NAME, NAME_FORM, TagName
from app.tasks.contradictions import FROM_AFTER_TO, contradictions
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

# What the document says of the fields in `fields`, as JSON Schema.
_DATE = r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
_OFFSET = r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
DATE_OR_TIMESTAMP = {"type": "string", "pattern": f"^{_DATE}({_TIME}{_OFFSET})?$"}
TIMESTAMP = {"type": "string", "pattern": f"^{_DATE}{_TIME}{_OFFSET}$"}
ZONE_NAME = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"}
RULE_TEXT = {
    "type": "string",
    "maxLength": 500,
    "pattern": r"^[ \t]*([Rr]{2}[Uu][Ll][Ee]:)?[A-Za-z]+=[A-Za-z0-9+,-]+"
    r"(;[A-Za-z]+=[A-Za-z0-9+,-]+)*;?[ \t]*$",
}
TAG_NAMES = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": MAX_NAME, **NAME_FORM},
}


class TaskBody(BodySchema):
    """The fields of a task that a client sets."""

    ignored = SERVER_MADE
    renamed = {"is_completed": "completed"}
    defaults = {
        "description": None,
        "completed": False,
        "priority": "Medium",
        "tags": [],
        "due_date": None,
        "timezone": "UTC",
        "reminder_at": None,
        "recurrence_rule": None,
        "recurrence_mode": "next",
    }

    is_new: ClassVar[bool] = False

    title = Text(
        max_length=MAX_TITLE,
        min_length=1,
        trim=True,
        required=True,
        metadata={"description": "Counted after trimming."},
    )
    description = Text(max_length=MAX_DESCRIPTION, allow_none=True)
    completed = Flag()
    priority = Choice(PRIORITY_RANK, metadata={"description": "In any letter case."})
    tags = TagNames(
        metadata={
            **TAG_NAMES,
            "description": "At most 20, unique without regard to letter case; "
            "a tag that does not exist yet is made.",
        }
    )
    due_date = Moment(
        or_date=True,
        allow_none=True,
        metadata={
            **DATE_OR_TIMESTAMP,
            "description": "A date (all day), or a timestamp; without offset: in `timezone`.",
        },
    )
    timezone = ZoneName(
        metadata={**ZONE_NAME, "description": "An IANA time zone, such as `Europe/Berlin`."}
    )
    reminder_at = Moment(
        or_date=False,
        allow_none=True,
        metadata={
            **TIMESTAMP,
            "description": "Not after the due date; without offset: in `timezone`.",
        },
    )
    is_recurring = Flag(
        metadata={
            "description": "Follows `recurrence_rule`: true needs one, false alone clears it."
        }
    )
    recurrence_rule = RuleText(
        allow_none=True,
        metadata={
            **RULE_TEXT,
            "description": "An RRULE of RFC 5545, such as `FREQ=WEEKLY;BYDAY=MO`; "
            "needs a `due_date`.",
        },
    )
    recurrence_mode = Choice(
        MODES,
        is_exact=True,
        metadata={
            "description": "What a late completion leads to: the `next` date of the series, "
            "the first in the `future`, or one interval after the `completion`."
        },
    )

    def contradictions(self, values: Mapping[str, Any], failed: Collection[str]) -> Messages:
        given = {**self.defaults, **values}
        return contradictions(
            {name: value for name, value in given.items() if name not in failed},
            is_new=self.is_new,
        )


class NewTask(TaskBody):
    """The fields of a task that does not exist yet."""

    is_new = True


class TaskPatch(TaskBody):
    """The fields of a task to change: what is left out stays."""

    defaults = {}

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

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> tuple[Any, ...]:
        given = set(super()._deserialize(value, attr, data, **kwargs))
        ranks = tuple(sorted(given, key=str))
        if EVERY not in ranks:
            return ranks
        if len(ranks) > 1:
            raise ValidationError("Give 'all' or priorities, not both.")
        return ()


class SearchWords(Text):
    """The words to look for, folded, without repeats."""

    def __init__(self, **kwargs: Any):
        super().__init__(max_length=MAX_SEARCH, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        words = super()._deserialize(value, attr, data, **kwargs).split()
        return tuple(dict.fromkeys(fold(word) for word in words))


class TaskListQuery(QuerySchema):
    """Search, filters, order and page of a list of tasks."""

    aliases = {"q": "search", "tags[]": "tags", "sort_direction": "sort_order"}

    search = SearchWords(
        load_default=(),
        metadata={
            "description": "Every word must occur in title or description, in any letter case."
        },
    )
    status = Choice(
        STATUSES,
        load_default=None,
        metadata={"description": "`true` is `completed`, `false` is `pending`."},
    )
    priority = ListedPriorities(
        load_default=(), metadata={"description": "One or more, or `all` alone."}
    )
    tags = Listed(
        TagName(), load_default=(), metadata={"description": "Tags that the tasks must bear."}
    )
    tags_match = Choice(
        {"all": "all", "any": "any"},
        load_default="all",
        metadata={"description": "Must a task bear all of `tags`, or any of them?"},
    )
    due_date_from = Moment(
        or_date=True,
        load_default=None,
        metadata={**DATE_OR_TIMESTAMP, "description": "Due then or later; a date: that whole day."},
    )
    due_date_to = Moment(
        or_date=True,
        load_default=None,
        metadata={
            **DATE_OR_TIMESTAMP,
            "description": "Due then or earlier; a date: that whole day.",
        },
    )
    timezone = ZoneName(
        load_default="UTC",
        metadata={
            **ZONE_NAME,
            "description": "What dates and timestamps without offset in the due filter mean.",
        },
    )
    is_recurring = Choice(
        BOOLEANS, load_default=None, metadata={"description": "Has it a recurrence rule?"}
    )
    has_due_date = Choice(
        BOOLEANS, load_default=None, metadata={"description": "Has it a due date?"}
    )
    sort_by = Choice(
        {name: name for name in SORTS},
        load_default="created_at",
        metadata={"description": "Tasks without the date come last in both directions."},
    )
    sort_order = Choice(
        {"asc": "asc", "desc": "desc"},
        load_default=None,
        metadata={
            "description": "By default `desc`, but `asc` for `title`, `due_date` and `priority`."
        },
    )
    limit = WholeNumber(
        low=1, high=100, load_default=50, metadata={"description": "How many tasks a page has."}
    )
    offset = WholeNumber(
        low=0,
        high=MAX_OFFSET,
        load_default=None,
        metadata={"description": "How many tasks to pass over; not together with `cursor`."},
    )
    cursor = Cursor(
        max_length=4096,
        load_default=None,
        metadata={
            "description": "A page's `next_cursor`: go on there, with the same filters and order."
        },
    )
    include_total = Choice(
        BOOLEANS,
        load_default=None,
        metadata={"description": "Count all matches? By default true, but false with a cursor."},
    )


class OccurrencesQuery(QuerySchema):
    """How many of a task's successors to preview, and from when to when."""

    class Meta(QuerySchema.Meta):
        include = {  # `from` is a word of Python's
            "from": Moment(
                or_date=True,
                load_default=None,
                metadata={
                    **DATE_OR_TIMESTAMP,
                    "description": "Due then or later; dates, and timestamps without offset: "
                    "in the task's `timezone`.",
                },
            )
        }

    to = Moment(
        or_date=True,
        load_default=None,
        metadata={**DATE_OR_TIMESTAMP, "description": "Due then or earlier."},
    )
    limit = WholeNumber(
        low=1, high=100, load_default=10, metadata={"description": "How many to preview."}
    )

    @validates_schema
    def check_order(self, values: Mapping[str, Any], **kwargs: Any) -> None:
        """Two of a kind are out of order in every zone; of others the task's zone decides."""
        start, end = values["from"], values["to"]
        if None not in (start, end) and _kind(start) == _kind(end) and start > end:
            raise ValidationError(FROM_AFTER_TO, "from")


def _kind(moment: date | datetime) -> str:
    if not isinstance(moment, datetime):
        return "date"
    return "wall time" if moment.tzinfo is None else "instant"


class TaskOut(Schema):  # what `Task.json` holds: a test pins the two to each other
    """A task as it is answered."""

    id = fields.UUID(required=True)
    user_id = fields.String(required=True)
    title = fields.String(required=True, metadata={"minLength": 1, "maxLength": MAX_TITLE})
    description = fields.String(
        required=True, allow_none=True, metadata={"maxLength": MAX_DESCRIPTION}
    )
    completed = fields.Boolean(required=True)
    completed_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When `completed` turned true; null where it is false."},
    )
    priority = fields.String(required=True, validate=validate.OneOf(PRIORITIES))
    tags = fields.List(fields.String(), required=True)
    due_date = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "`2026-03-01` for all day, else `2026-03-01T08:00:00Z`.",
            "pattern": f"^{_DATE}({_TIME}Z)?$",
        },
    )
    timezone = fields.String(required=True)
    reminder_at = fields.DateTime(required=True, allow_none=True)
    is_recurring = fields.Boolean(required=True)
    recurrence_rule = fields.String(required=True, allow_none=True)
    recurrence_mode = fields.String(required=True, validate=validate.OneOf(list(MODES)))
    series_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "The same for every task of one recurring series."},
    )
    version = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "One more with every change; the `ETag` is made of it."},
    )
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class ChangedTaskOut(TaskOut):
    """A task after a change, with the successor that its completion left."""

    next_task = fields.Nested(
        TaskOut,
        required=True,
        allow_none=True,
        metadata={"description": "The successor in its series, where it is completed and has one."},
    )


class TaskPageOut(Schema):
    """A page of tasks."""

    items = fields.List(fields.Nested(TaskOut), required=True)
    pagination = fields.Nested(Pagination, required=True)


class OccurrenceOut(Schema):
    """The due date that a successor would have."""

    due_date = fields.String(
        required=True,
        metadata={
            "description": "`2026-03-01` for all day, else `2026-03-01T08:00:00Z`.",
            "pattern": f"^{_DATE}({_TIME}Z)?$",
        },
    )
    occurrence = fields.Integer(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "Its number in the series, which COUNT is held against."},
    )


class OccurrencesOut(Schema):
    """What is coming in a series."""

    items = fields.List(fields.Nested(OccurrenceOut), required=True)
    has_more = fields.Boolean(required=True)
