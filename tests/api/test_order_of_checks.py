"""Which of two errors is answered (contract, section 1, order of checks), pair by pair."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pytest

from tests.api.answers import MISSING_ID, error_of
from tests.conftest import token_for

JSON = "application/json"


@dataclass
class Request:
    """A PATCH that would succeed, until a fault is put into it."""

    method: str = "PATCH"
    base: str = "/api/me"
    task_id: str = ""
    suffix: str = ""
    query: str = ""
    data: bytes | None = b'{"title": "New"}'
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client) -> Any:
        return client.open(
            f"{self.base}/tasks/{self.task_id}{self.suffix}{self.query}",
            method=self.method,
            data=self.data,
            headers=self.headers,
        )


def unknown_path(request: Request) -> None:
    request.suffix = "/nowhere"


def wrong_method(request: Request) -> None:
    request.method = "POST"


def no_token(request: Request) -> None:
    del request.headers["Authorization"]


def bad_token(request: Request) -> None:
    request.headers["Authorization"] = "Bearer x"


def foreign_path(request: Request) -> None:
    request.base = "/users/somebody-else"


def too_large(request: Request) -> None:
    request.data = (request.data or b"") + b" " * 70_000


def wrong_type(request: Request) -> None:
    request.headers["Content-Type"] = "text/plain"


def no_json(request: Request) -> None:
    request.data = b"{" + (request.data or b"")


def malformed_if_match(request: Request) -> None:
    request.headers["If-Match"] = "1"


def invalid_field(request: Request) -> None:
    request.data = (request.data or b"").replace(b'"New"', b'""')


def invalid_query(request: Request) -> None:
    request.query = "?dry_run=1"


def contradiction(request: Request) -> None:
    request.data = (request.data or b"").replace(
        b'"New"', b'"New", "is_recurring": true, "recurrence_rule": null'
    )


def missing_id(request: Request) -> None:
    request.task_id = MISSING_ID


def stale(request: Request) -> None:
    request.headers.setdefault("If-Match", '"9"')


def unfit(request: Request) -> None:
    request.data = (request.data or b"").replace(b'"New"', b'"New", "is_recurring": true')


FAULTS = [
    (unknown_path, 404, "NOT_FOUND"),
    (wrong_method, 405, "METHOD_NOT_ALLOWED"),
    (no_token, 401, "TOKEN_MISSING"),
    (foreign_path, 403, "FORBIDDEN"),
    (too_large, 413, "PAYLOAD_TOO_LARGE"),
    (wrong_type, 415, "UNSUPPORTED_MEDIA_TYPE"),
    (no_json, 400, "INVALID_JSON"),
    (malformed_if_match, 400, "BAD_REQUEST"),
    (invalid_field, 422, "VALIDATION_ERROR"),
    (missing_id, 404, "NOT_FOUND"),
    (stale, 412, "PRECONDITION_FAILED"),
    (unfit, 422, "VALIDATION_ERROR"),
]
ALIKE = {
    bad_token: (401, "TOKEN_INVALID", no_token),
    invalid_query: (422, "VALIDATION_ERROR", invalid_field),
    contradiction: (422, "VALIDATION_ERROR", invalid_field),
}


@pytest.fixture
def request_for(api):
    def make() -> Request:
        headers = {"Authorization": f"Bearer {token_for(api.user_id)}", "Content-Type": JSON}
        return Request(task_id=api.make_task()["id"], headers=headers)

    return make


def test_without_a_fault_it_succeeds(client, request_for):
    assert request_for().send(client).status_code == 200


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0].__name__)
def test_each_fault_alone_is_answered_with_its_own_error(client, request_for, fault):
    put, status, code = fault
    request = request_for()
    put(request)
    error_of(request.send(client), status, code)


@pytest.mark.parametrize(
    ("first", "second"),
    list(combinations(FAULTS, 2)),
    ids=lambda fault: fault[0].__name__,
)
def test_of_two_faults_the_earlier_check_answers(client, request_for, first, second):
    request = request_for()
    second[0](request)
    first[0](request)
    error_of(request.send(client), first[1], first[2])


@pytest.mark.parametrize("put", ALIKE, ids=lambda put: put.__name__)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0].__name__)
def test_faults_of_one_kind_stand_in_one_place(client, request_for, put, fault):
    status, code, kind = ALIKE[put]
    place = [known for known, _, _ in FAULTS].index(kind)
    if FAULTS.index(fault) == place or (put, fault[0]) == (contradiction, unfit):
        pytest.skip("one and the same check")
    request = request_for()
    if FAULTS.index(fault) < place:
        put(request)
        fault[0](request)
        error_of(request.send(client), fault[1], fault[2])
    else:
        fault[0](request)
        put(request)
        error_of(request.send(client), status, code)


def test_a_malformed_id_is_an_unknown_path_before_any_token(client):
    error_of(client.delete("/tasks/not-an-id"), 404, "NOT_FOUND")


def test_a_tag_conflict_comes_last(api):
    api.make_task(tags=["a", "b"])
    tag = api.tag_named("a")
    error_of(api.patch(f"/tags/{MISSING_ID}", {"name": "b"}), 404, "NOT_FOUND")
    error_of(api.patch(f"/tags/{tag['id']}", {"name": "b", "x": 1}), 422, "VALIDATION_ERROR")
    error_of(api.patch(f"/tags/{tag['id']}", {"name": "b"}), 409, "CONFLICT")
