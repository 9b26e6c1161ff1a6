"""What a list must hold, in plain Python over tasks as the API answers them (section 5)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Task = dict[str, Any]
ASCENDING = {"title", "due_date", "priority"}
RANK = {"High": 1, "Medium": 2, "Low": 3}


def fold(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def expected(tasks: list[Task], query: dict[str, Any]) -> list[Task]:
    """The tasks that `query` finds, in its order."""
    found = [task for task in tasks if matches(task, query)]
    sort_by = query.get("sort_by", "created_at")
    descending = query.get("sort_order", "asc" if sort_by in ASCENDING else "desc") == "desc"
    dated = [task for task in found if sort_key(task, sort_by) is not None]
    undated = [task for task in found if sort_key(task, sort_by) is None]
    dated.sort(key=lambda task: (sort_key(task, sort_by), task["id"]), reverse=descending)
    undated.sort(key=lambda task: task["id"], reverse=descending)
    return dated + undated


def sort_key(task: Task, sort_by: str) -> Any:
    if sort_by == "title":
        return fold(task["title"])
    if sort_by == "priority":
        return RANK[task["priority"]]
    if sort_by == "due_date":
        return due_instant(task)
    return task[sort_by]


def due_instant(task: Task) -> datetime | None:
    due = task["due_date"]
    if due is None:
        return None
    if "T" in due:
        return datetime.fromisoformat(due)
    return start_of(date.fromisoformat(due), task["timezone"])


def start_of(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def matches(task: Task, query: dict[str, Any]) -> bool:
    return (
        query.get("status", "all") in ("all", "completed" if task["completed"] else "pending")
        and ("priority" not in query or task["priority"] in query["priority"].split(","))
        and _has_words(task, query.get("search", ""))
        and _has_tags(task, query)
        and ("is_recurring" not in query or query["is_recurring"] == _word(task["is_recurring"]))
        and (
            "has_due_date" not in query
            or query["has_due_date"] == _word(task["due_date"] is not None)
        )
        and _is_due(task, query)
    )


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _has_words(task: Task, search: str) -> bool:
    texts = [fold(task["title"]), fold(task["description"] or "")]
    return all(any(fold(word) in text for text in texts) for word in search.split())


def _has_tags(task: Task, query: dict[str, Any]) -> bool:
    if "tags" not in query:
        return True
    borne = {fold(name) for name in task["tags"]}
    asked = [fold(name) in borne for name in query["tags"].split(",")]
    return any(asked) if query.get("tags_match") == "any" else all(asked)


def _is_due(task: Task, query: dict[str, Any]) -> bool:
    bounds = query.get("due_date_from"), query.get("due_date_to")
    if bounds == (None, None):
        return True
    if task["due_date"] is None:
        return False
    zone = query.get("timezone", "UTC")
    start, end = bounds
    return (start is None or _is_from(task, start, zone)) and (
        end is None or _is_until(task, end, zone)
    )


def _is_from(task: Task, bound: str, zone: str) -> bool:
    if "T" in bound:
        return due_instant(task) >= datetime.fromisoformat(bound)
    if "T" not in task["due_date"]:
        return task["due_date"] >= bound
    return due_instant(task) >= start_of(date.fromisoformat(bound), zone)


def _is_until(task: Task, bound: str, zone: str) -> bool:
    if "T" in bound:
        return due_instant(task) <= datetime.fromisoformat(bound)
    if "T" not in task["due_date"]:
        return task["due_date"] <= bound
    return due_instant(task) < start_of(date.fromisoformat(bound) + timedelta(days=1), zone)
