"""Every list equals a plain Python filter and sort over the same tasks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.listing.conftest import FIRST_DAY, TAGS, WORDS, ZONES
from tests.listing.reference import Task, expected

DAYS = st.integers(-1, 13).map(lambda n: FIRST_DAY.replace(day=1 + n) if n >= 0 else FIRST_DAY)
BOUNDS = st.one_of(
    DAYS.map(str), st.builds(lambda d, h: f"{d}T{h:02}:30:00Z", DAYS, st.integers(0, 23))
)
PIECES = st.sampled_from([*WORDS, "mil", "ss", "%", "_", "b", "É", "nowhere", "ECLAIR"])

QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["all", "pending", "completed"]),
        "priority": st.lists(st.sampled_from(["High", "Medium", "Low"]), min_size=1).map(",".join),
        "search": st.lists(PIECES, min_size=1, max_size=2).map(" ".join),
        "tags": st.lists(st.sampled_from([*TAGS, "none", "WORK"]), min_size=1, max_size=2).map(
            ",".join
        ),
        "tags_match": st.sampled_from(["all", "any"]),
        "due_date_from": BOUNDS,
        "due_date_to": BOUNDS,
        "timezone": st.sampled_from(ZONES),
        "is_recurring": st.sampled_from(["true", "false"]),
        "has_due_date": st.sampled_from(["true", "false"]),
        "sort_by": st.sampled_from(
            ["created_at", "updated_at", "completed_at", "due_date", "priority", "title"]
        ),
        "sort_order": st.sampled_from(["asc", "desc"]),
    },
)
PAGES = st.fixed_dictionaries({"limit": st.integers(1, 25), "offset": st.integers(0, 30)})
once_for_all = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def listed(api: Any, **query: Any) -> dict[str, Any]:
    answer = api.get(f"/tasks?{urlencode(query)}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json["data"]


def ids(tasks: list[Task]) -> list[str]:
    return [task["id"] for task in tasks]


def test_a_page_holds_what_plain_python_finds_in_its_order(api, collect):
    tasks = collect()

    @once_for_all
    @given(query=QUERIES, page=PAGES)
    def compare(query: dict[str, Any], page: dict[str, int]) -> None:
        wanted = expected(tasks, query)
        answer = api.get(f"/tasks?{urlencode({**query, **page})}")
        if answer.status_code == 422:
            assert set(answer.json["error"]["details"]) == {"due_date_from"}
            return
        data = answer.json["data"]
        start = page["offset"]
        assert data["items"] == wanted[start : start + page["limit"]]
        assert data["pagination"]["total"] == len(wanted)
        assert data["pagination"]["has_more"] == (len(wanted) > start + page["limit"])

    compare()


def test_a_cursor_walk_returns_each_task_once_in_order(api, collect):
    tasks = collect()

    @settings(once_for_all, max_examples=60)
    @given(query=QUERIES, limit=st.integers(1, 20), total=st.booleans())
    def walk(query: dict[str, Any], limit: int, total: bool) -> None:
        wanted = expected(tasks, query)
        found: list[Task] = []
        cursor = None
        while True:
            paging = {"limit": limit, "include_total": "true" if total else "false"}
            if cursor:
                paging["cursor"] = cursor
            answer = api.get(f"/tasks?{urlencode({**query, **paging})}")
            if answer.status_code == 422:
                return
            data = answer.json["data"]
            found += data["items"]
            assert data["pagination"]["total"] == (len(wanted) if total else None)
            cursor = data["pagination"]["next_cursor"]
            assert (cursor is not None) == data["pagination"]["has_more"]
            if cursor is None:
                break
        assert ids(found) == ids(wanted)

    walk()
