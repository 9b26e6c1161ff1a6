"""Examples of tags, for the OpenAPI document."""

from __future__ import annotations

from app.http.errors import Conflict, ValidationFailed

TAG = {
    "id": "01998f3a-6c05-7b1d-a0e3-2f4c6d8e9b10",
    "name": "home",
    "usage_count": 3,
    "created_at": "2031-02-20T17:04:05.123456Z",
}

LIST = {
    "responses": {
        "two tags": {
            "items": [
                {
                    **TAG,
                    "id": "01998f3a-6c05-7b1d-a0e3-2f4c6d8e9b11",
                    "name": "garden",
                    "usage_count": 0,
                },
                TAG,
            ],
            "pagination": {
                "limit": 50,
                "offset": 0,
                "total": 2,
                "has_more": False,
                "next_cursor": None,
            },
        }
    },
    "errors": [ValidationFailed({"sort_by": ["Must be name or usage_count; got 'colour'."]})],
}
RENAME = {
    "requests": {
        "rename": {"name": "household"},
        "merge into the tag that has the name": {"name": "Garden", "merge": True},
    },
    "responses": {"renamed": {**TAG, "name": "household"}},
    "errors": [
        Conflict(
            "You have a tag with this name already. Send merge: true to move the tasks to it.",
            {"name": ["Another tag has this name."]},
        ),
        ValidationFailed({"name": ["Must not contain a comma."]}),
    ],
}
