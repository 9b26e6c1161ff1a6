"""How the API tests read an answer: the envelope checked, its content handed over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

BASES = ("/api/me", "/api/{user_id}", "/users/me", "/users/{user_id}", "")
MISSING_ID = str(uuid.UUID(int=7))


def data_of(answer: Any, status: int = 200) -> Any:
    """The `data` of a success with this status."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"data", "error"}
    assert answer.json["error"] is None
    return answer.json["data"]


def error_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The `error` of a refusal with this status and code, in the envelope."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"data", "error"}
    assert answer.json["data"] is None
    error = answer.json["error"]
    assert set(error) == {"code", "message", "details", "correlation_id"}
    assert error["code"] == code
    assert isinstance(error["message"], str)
    assert error["message"]
    assert isinstance(error["details"], dict)
    assert error["correlation_id"] == answer.headers["X-Request-ID"]
    return error


def problems_of(answer: Any) -> dict[str, list[str]]:
    """What a 422 says of each name."""
    details = error_of(answer, 422, "VALIDATION_ERROR")["details"]
    assert details
    for said in details.values():
        assert said
        assert all(isinstance(text, str) and text for text in said)
    return details


def items_of(answer: Any) -> list[dict[str, Any]]:
    return data_of(answer)["items"]


@dataclass(frozen=True)
class Endpoint:
    """One method and path under a base, with a body that it takes."""

    method: str
    path: str
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def at(self, task_id: str = MISSING_ID, tag_id: str = MISSING_ID) -> str:
        return self.path.format(task_id=task_id, tag_id=tag_id)


ON_TASKS = (
    Endpoint("GET", "/tasks/{task_id}"),
    Endpoint("GET", "/tasks/{task_id}/occurrences"),
    Endpoint("PUT", "/tasks/{task_id}", {"title": "Taken over"}),
    Endpoint("PATCH", "/tasks/{task_id}", {"title": "Taken over"}),
    Endpoint("PATCH", "/tasks/{task_id}/complete", {"completed": True}),
    Endpoint("POST", "/tasks/{task_id}/toggle"),
    Endpoint("DELETE", "/tasks/{task_id}"),
)
ON_TAGS = (
    Endpoint("PATCH", "/tags/{tag_id}", {"name": "taken over"}),
    Endpoint("DELETE", "/tags/{tag_id}"),
)
ON_LISTS = (
    Endpoint("POST", "/tasks", {"title": "A task", "tags": ["home"]}),
    Endpoint("GET", "/tasks"),
    Endpoint("GET", "/tags"),
)
EVERY_ENDPOINT = ON_LISTS + ON_TASKS + ON_TAGS
EVERY_WRITE_ON_A_TASK = tuple(e for e in ON_TASKS if e.method != "GET")
EVERY_BODY = tuple(e for e in EVERY_ENDPOINT if e.body is not None)
