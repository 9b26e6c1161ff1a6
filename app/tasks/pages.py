"""The SQL of one page of a list. Its cost must not grow with what lies before or behind the page.

There are two ways to a page. A *walk* follows an index in the list's order and stops when the page
is full: for filters that many tasks pass. A *gathering* takes all matches from an index of the
filter, then sorts and counts them: for filters that few tasks pass. docs/performance.md has the
plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.models import Tag, Task, User
from app.statements import Statement
from app.tasks.filters import FilterShape
from app.tasks.order import Order

CACHED_STATEMENTS = 512

_tasks = Task.__table__
_tags = Tag.__table__
_users = User.__table__.c
_owner: BindParameter[str] = bindparam("owner_id")
_row: ColumnElement[Any] = literal_column("tasks.ctid").label("row")
_limit = bindparam("page_limit", type_=Integer)
_offset = bindparam("page_offset", type_=Integer)

KEPT_TOTALS = {
    None: _users.open_tasks + _users.completed_tasks,
    True: _users.completed_tasks,
    False: _users.open_tasks,
}


@dataclass(frozen=True, slots=True)
class PageShape:
    """All that decides over a page's SQL but not over its parameters.

    `start` is `top`, `offset`, `end` (an offset, reached from the list's end), `place` or
    `undated_place`. `total` is `kept` (by the user's row), `borne` (kept by the row of the one tag
    asked for), `counted`, or None.
    """

    filter: FilterShape
    order: Order
    start: str
    total: str | None
    is_gathered: bool

    @property
    def is_covered(self) -> bool:
        """Do the due indexes hold all that a gathering looks at?"""
        asked = self.filter
        due_only = FilterShape(
            status=asked.status, due_from=asked.due_from, due_to=asked.due_to, is_narrow=True
        )
        return asked == due_only and self.order.sort_by in {"created_at", "due_date"}

    @property
    def is_plain_walk(self) -> bool:
        """Is an index in the list's order the best way whatever the parameters?"""
        starts_there = self.start in {"top", "place", "undated_place"}
        return starts_there and self.filter.is_status_only and self.total != "counted"


@lru_cache(maxsize=CACHED_STATEMENTS)
def page_statement(shape: PageShape) -> Statement:
    """One row of `revision`, `total`, `items`, `has_more`, `last_key` and `last_id`.

    `items` is the page's JSON texts with commas between them, None where it is empty. The last two
    are the place of its last task, None where nothing follows. The statement reads `page_limit`,
    one more than is shown, and as `start` asks `page_offset`, or `place_key` and `place_id`, beside
    the filter's parameters.
    """
    return Statement(_summary(shape), plan_once=shape.is_plain_walk)


def _summary(shape: PageShape) -> Select[Any]:
    gathered = _gathered(shape) if shape.is_gathered else None
    page = _page(shape, gathered).subquery("page")
    order = shape.order.by(page.c.key, page.c.id, nulls_last=shape.order.is_nullable)
    place = func.row_number().over(order_by=order).label("place")
    placed = select(page.c.json, page.c.key, cast(page.c.id, Text).label("id"), place).subquery()
    is_shown, is_last = placed.c.place < _limit, placed.c.place == _limit - 1
    follows = func.coalesce(func.max(placed.c.place), literal_column("0")) == _limit
    row = select(
        # They come in the order of their places, as the window function needed them.
        func.string_agg(placed.c.json, literal_column("','")).filter(is_shown).label("items"),
        follows.label("has_more"),
        func.max(placed.c.key).filter(is_last).label("last_key"),
        func.max(placed.c.id).filter(is_last).label("last_id"),
    ).subquery("row")
    return select(_revision().label("revision"), _total(shape, gathered).label("total"), row)


@lru_cache(maxsize=len(KEPT_TOTALS))
def kept_total_statement(status: bool | None) -> Statement:
    """The number of the user's tasks of one status (None: of all), from the user's row."""
    return Statement(_kept_total(status), plan_once=True)


def _kept_total(status: bool | None) -> Select[Any]:
    return select(KEPT_TOTALS[status]).where(_users.id == _owner)


def _revision() -> ColumnElement[int]:
    return _or_zero(select(_users.revision).where(_users.id == _owner))


def _or_zero(one: Select[Any]) -> ColumnElement[int]:
    return func.coalesce(one.scalar_subquery(), literal_column("0"))


def _total(shape: PageShape, gathered: CTE | None) -> ColumnElement[int]:
    if shape.total is None:
        return literal_column("NULL", Integer)
    if shape.total == "kept":
        return _or_zero(_kept_total(shape.filter.status))
    if shape.total == "borne":
        return _or_zero(_usage_count())
    if gathered is not None:
        return select(func.count()).select_from(gathered).scalar_subquery()
    matches = select(func.count()).select_from(_tasks).where(*shape.filter.conditions())
    return matches.scalar_subquery()


def _usage_count() -> Select[Any]:
    is_asked = _tags.c.name == func.any(bindparam("tag_names", type_=ARRAY(Text)))
    return select(_tags.c.usage_count).where(_tags.c.user_id == _owner, is_asked)


def _page(shape: PageShape, gathered: CTE | None) -> Select[Any]:
    if gathered is not None:
        return _with_json(_sorted_page(shape, gathered), by_row=not shape.is_covered)
    if shape.start == "end":
        return _with_json(_page_from_end(shape))
    walk = _walk_in_two_parts if shape.order.is_nullable else _walk_in_one
    if shape.start == "offset":  # the skipped tasks are not worth a visit to their rows
        return _with_json(walk(shape))
    return walk(shape, _tasks.c.json, shape.order.column.label("key"), _tasks.c.id)


def _gathered(shape: PageShape) -> CTE:
    """All matches; MATERIALIZED, so that the page's limit does not lure the planner into a walk."""
    row = [] if shape.is_covered else [_row]
    matches = select(_tasks.c.id, shape.order.column.label("key"), *row)
    return (
        matches.where(*shape.filter.conditions())
        .cte("matches")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _sorted_page(shape: PageShape, gathered: CTE) -> Select[Any]:
    page = select(gathered)
    if shape.start in {"place", "undated_place"}:
        is_undated = shape.start == "undated_place"
        page = page.where(shape.order.after(gathered.c.key, gathered.c.id, is_undated=is_undated))
    nulls_last = shape.order.is_nullable
    page = page.order_by(*shape.order.by(gathered.c.key, gathered.c.id, nulls_last=nulls_last))
    return _cut(shape, page)


def _walk(shape: PageShape, is_beyond: list[ColumnElement[bool]], *columns: Any) -> Select[Any]:
    """The matches in the order of an index, by default only their keys and ids."""
    key = shape.order.column
    chosen = columns or (_tasks.c.id, key.label("key"))
    walk = select(*chosen).where(*shape.filter.conditions(), *is_beyond)
    return walk.order_by(*shape.order.by(key, _tasks.c.id))


def _walk_in_one(shape: PageShape, *columns: Any) -> Select[Any]:
    return _cut(shape, _walk(shape, _is_beyond(shape), *columns))


def _walk_in_two_parts(shape: PageShape, *columns: Any) -> Select[Any]:
    """The tasks with a key, then those without: an index serves each part, but not both as one.

    A part that can hold nothing, by the filter or by the place, is left out.
    """
    key = shape.order.column
    reach = _limit + _offset if shape.start == "offset" else _limit
    parts = []
    if shape.start != "undated_place" and _may_have_key(shape):
        is_dated = [key.is_not(None), *_is_beyond(shape, dated_only=True)]
        dated = _walk(shape, is_dated, *columns)
        parts.append(dated.limit(reach))
    if _may_lack_key(shape):
        is_beyond = _is_beyond(shape) if shape.start == "undated_place" else []
        parts.append(_walk(shape, [key.is_(None), *is_beyond], *columns).limit(reach))
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    page = select(both).order_by(*shape.order.by(both.c.key, both.c.id, nulls_last=True))
    return _cut(shape, page)


def _page_from_end(shape: PageShape) -> Select[Any]:
    """The page at an offset, reached from the list's end: nearer where it is beyond half."""
    total = _kept_total(shape.filter.status).scalar_subquery()
    backwards = PageShape(shape.filter, shape.order.reversed(), "top", None, is_gathered=False)
    reached = (
        _walk(backwards, [])
        .limit(func.greatest(func.least(_limit, total - _offset), 0))
        .offset(func.greatest(total - _offset - _limit, 0))
        .subquery("reached")
    )
    return select(reached.c.id, reached.c.key).limit(_limit)  # tells the planner how few these are


def _is_beyond(shape: PageShape, *, dated_only: bool = False) -> list[ColumnElement[bool]]:
    if shape.start not in {"place", "undated_place"}:
        return []
    key, is_undated = shape.order.column, shape.start == "undated_place"
    return [shape.order.after(key, _tasks.c.id, is_undated=is_undated, dated_only=dated_only)]


def _may_have_key(shape: PageShape) -> bool:
    if shape.order.sort_by == "completed_at":
        return shape.filter.status is not False
    return shape.filter.has_due_date is not False


def _may_lack_key(shape: PageShape) -> bool:
    if shape.order.sort_by == "completed_at":
        return shape.filter.status is not True
    return shape.filter.has_due_date is not True


def _cut(shape: PageShape, matches: Select[Any]) -> Select[Any]:
    page = matches.limit(_limit)
    return page.offset(_offset) if shape.start == "offset" else page


def _with_json(page: Select[Any], *, by_row: bool = False) -> Select[Any]:
    """The rows of a page that so far is ids and keys; `by_row` where the tasks were looked at."""
    chosen: Subquery = page.subquery("chosen")
    is_chosen = _row == chosen.c.row if by_row else _tasks.c.id == chosen.c.id
    is_same = and_(_tasks.c.user_id == _owner, is_chosen)
    rows = select(_tasks.c.json, chosen.c.key, chosen.c.id)
    return rows.select_from(chosen.join(_tasks, is_same))
