"""Examples of tasks and of what is sent to make them, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from app.http.errors import BadRequest, ValidationFailed

TASK: dict[str, Any] = {
    "id": "01998f3a-6c00-7a52-9c41-5d0b6f1e2a77",
    "user_id": "user_2Nfz8",
    "title": "Water the plants",
    "description": "The fern twice.",
    "completed": False,
    "completed_at": None,
    "priority": "High",
    "tags": ["garden", "home"],
    "due_date": "2031-03-01T08:00:00Z",
    "timezone": "Europe/Berlin",
    "reminder_at": "2031-03-01T07:30:00Z",
    "is_recurring": True,
    "recurrence_rule": "FREQ=WEEKLY;BYDAY=SA",
    "recurrence_mode": "next",
    "series_id": "7c1f2a90-3b5e-4d8c-9f60-1a2b3c4d5e6f",
    "version": 1,
    "created_at": "2031-02-20T17:04:05.123456Z",
    "updated_at": "2031-02-20T17:04:05.123456Z",
}
SIMPLE_TASK = {
    **TASK,
    "id": "01998f3a-6c11-7d03-8a2e-0b6d9e7c5f41",
    "title": "Buy milk",
    "description": None,
    "priority": "Medium",
    "tags": [],
    "due_date": None,
    "timezone": "UTC",
    "reminder_at": None,
    "is_recurring": False,
    "recurrence_rule": None,
    "series_id": None,
}
COMPLETED = {
    "completed": True,
    "completed_at": "2031-03-01T09:12:44.000817Z",
    "version": 2,
    "updated_at": "2031-03-01T09:12:44.000817Z",
}
NEXT_TASK = {
    **TASK,
    "id": "0199b7c2-1d40-7e6f-b1a8-44c09d2e7b13",
    "due_date": "2031-03-08T08:00:00Z",
    "reminder_at": "2031-03-08T07:30:00Z",
    "created_at": "2031-03-01T09:12:44.000817Z",
    "updated_at": "2031-03-01T09:12:44.000817Z",
}
EVERYTHING = {
    "title": "Water the plants",
    "description": "The fern twice.",
    "priority": "High",
    "tags": ["home", "garden"],
    "due_date": "2031-03-01T09:00:00",
    "timezone": "Europe/Berlin",
    "reminder_at": "2031-03-01T08:30:00",
    "recurrence_rule": "FREQ=WEEKLY;BYDAY=SA",
}
COMPLETION = {
    "recurring": {**TASK, **COMPLETED, "next_task": NEXT_TASK},
    "not recurring": {**SIMPLE_TASK, **COMPLETED, "next_task": None},
}
INVALID = ValidationFailed(
    {
        "title": ["Must not be blank."],
        "priority": ["Must be High, Medium or Low; got 'urgent'."],
    }
)

CREATE = {
    "requests": {
        "a title is enough": {"title": "Buy milk"},
        "every Saturday at nine": EVERYTHING,
        "all day": {"title": "File the tax return", "due_date": "2031-05-31", "priority": "Low"},
    },
    "responses": {"a title is enough": SIMPLE_TASK, "every Saturday at nine": TASK},
    "errors": [INVALID],
}
LIST = {
    "responses": {
        "a page with more to come": {
            "items": [TASK],
            "pagination": {
                "limit": 1,
                "offset": 0,
                "total": 2,
                "has_more": True,
                "next_cursor": "WyI5ZDQyIixbIjIwMzEiLCIwMTk5OGYzYSJdXQ.8mM3",
            },
        },
        "the last page, by cursor": {
            "items": [SIMPLE_TASK],
            "pagination": {
                "limit": 1,
                "offset": None,
                "total": None,
                "has_more": False,
                "next_cursor": None,
            },
        },
    },
    "errors": [
        BadRequest(
            "The cursor does not belong to this list: start again without it, "
            "and keep filters and order while you follow next_cursor."
        ),
        ValidationFailed({"limit": ["Must be a whole number from 1 to 100; got '1000'."]}),
    ],
}
OCCURRENCES = {
    "responses": {
        "every Saturday at nine": {
            "items": [
                {"due_date": "2031-03-08T08:00:00Z", "occurrence": 2},
                {"due_date": "2031-03-15T08:00:00Z", "occurrence": 3},
            ],
            "has_more": True,
        },
        "not recurring": {"items": [], "has_more": False},
    },
    "errors": [ValidationFailed({"from": ["Must not be after to."]})],
}
ONE = {"responses": {"recurring": TASK, "simple": SIMPLE_TASK}}
REPLACE = {
    "requests": {
        "all else returns to its default": {"title": "Buy oat milk"},
        "every field": EVERYTHING,
    },
    "responses": {
        "all else returns to its default": {
            **SIMPLE_TASK,
            "title": "Buy oat milk",
            "version": 2,
            "next_task": None,
        }
    },
    "errors": [INVALID],
}
PATCH = {
    "requests": {
        "only the title": {"title": "Water all plants"},
        "another day": {"due_date": "2031-03-02", "reminder_at": None},
        "no longer recurring": {"is_recurring": False},
    },
    "responses": {
        "only the title": {**TASK, "title": "Water all plants", "version": 2, "next_task": None}
    },
    "errors": [INVALID],
}
COMPLETE = {
    "requests": {"done": {"completed": True}, "open again": {"completed": False}},
    "responses": COMPLETION,
    "errors": [ValidationFailed({"completed": ["Must be true or false."]})],
}
TOGGLE = {
    "requests": {"nothing to say": {}},
    "responses": COMPLETION,
    "errors": [ValidationFailed({"title": ["There is no such field."]})],
}
