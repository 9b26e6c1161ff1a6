"""Cursors: a walk meets each task once while others write; each serves its own list only."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.listing.test_against_reference import ids, listed

ORDERS = [
    (sort_by, direction)
    for sort_by in ("created_at", "updated_at", "completed_at", "due_date", "priority", "title")
    for direction in ("asc", "desc")
]


@pytest.mark.parametrize(("sort_by", "sort_order"), ORDERS)
def test_a_walk_meets_each_staying_task_once_while_others_come_and_go(
    api, collect, sort_by, sort_order
):
    tasks = collect(30)
    doomed = [task["id"] for task in tasks[::5]]
    order = {"sort_by": sort_by, "sort_order": sort_order, "limit": 4}
    page = listed(api, **order)
    seen = ids(page["items"])
    while page["pagination"]["next_cursor"]:
        api.make_task(title="between", due_date="2031-02-05")
        if doomed:
            api.delete(f"/tasks/{doomed.pop()}")
        page = listed(api, **order, cursor=page["pagination"]["next_cursor"])
        seen += ids(page["items"])
    assert len(seen) == len(set(seen))
    assert {task["id"] for task in tasks[1:] if task not in tasks[::5]} <= set(seen)


def test_the_limit_may_change_during_a_walk(api, collect):
    collect(12)
    first = listed(api, limit=5)
    second = listed(api, limit=100, cursor=first["pagination"]["next_cursor"])
    assert ids(first["items"] + second["items"]) == ids(listed(api, limit=100)["items"])


def test_an_offset_page_has_a_cursor_too(api, collect):
    collect(12)
    page = listed(api, limit=3, offset=4)
    rest = listed(api, limit=100, cursor=page["pagination"]["next_cursor"])
    assert ids(rest["items"]) == ids(listed(api, limit=100)["items"])[7:]


def test_the_link_header_leads_to_the_next_page(api, collect):
    collect(8)
    answer = api.get("/tasks?limit=3&sort_by=title&offset=3")
    link = answer.headers["Link"]
    assert link.startswith("</api/me/tasks?")
    assert link.endswith('>; rel="next"')
    path = link[1:].partition(">")[0].removeprefix("/api/me")
    last = api.get(path)
    assert ids(last.json["data"]["items"]) == ids(listed(api, sort_by="title")["items"])[6:]
    assert "Link" not in last.headers


def test_a_cursor_page_counts_nothing_unless_asked(api, collect):
    collect(8)
    cursor = listed(api, limit=3)["pagination"]["next_cursor"]
    assert listed(api, limit=3, cursor=cursor)["pagination"]["total"] is None
    asked = listed(api, limit=3, cursor=cursor, include_total="true")
    assert asked["pagination"]["total"] == 8
    assert listed(api, limit=3, include_total="false")["pagination"]["total"] is None


@pytest.mark.parametrize(
    "other", [{"status": "pending"}, {"sort_by": "title"}, {"sort_order": "asc"}, {"search": "x"}]
)
def test_a_cursor_of_another_list_is_refused(api, collect, other):
    collect(8)
    cursor = listed(api, limit=3)["pagination"]["next_cursor"]
    answer = api.get(f"/tasks?{urlencode({**other, 'cursor': cursor})}")
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "BAD_REQUEST"


def test_a_cursor_of_another_user_is_refused(api, other, collect):
    collect(8)
    cursor = listed(api, limit=3)["pagination"]["next_cursor"]
    assert other.get(f"/tasks?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("change", ["x{}", "{}x", "", "{}.", "a.b", "%F0%9F%98%80", "é", "'"])
def test_a_changed_or_invented_cursor_is_refused(api, collect, change):
    collect(8)
    cursor = listed(api, limit=3)["pagination"]["next_cursor"]
    answer = api.get(f"/tasks?cursor={change.format(cursor)}")
    assert answer.status_code == (400 if change else 200)


def test_a_cursor_together_with_an_offset_is_refused(api, collect):
    collect(8)
    cursor = listed(api, limit=3)["pagination"]["next_cursor"]
    answer = api.get(f"/tasks?cursor={cursor}&offset=0")
    assert answer.status_code == 422
    assert "offset" in answer.json["error"]["details"]


def test_a_deep_offset_is_the_same_from_either_end(api, connection, monkeypatch, collect):
    from app.tasks import listing

    collect(40)
    everything = ids(listed(api, limit=100, sort_by="title")["items"])
    monkeypatch.setattr(listing, "DEEP_OFFSET", 1)
    for offset in range(0, 44, 3):
        page = listed(api, limit=5, offset=offset, sort_by="title")
        assert ids(page["items"]) == everything[offset : offset + 5]
        assert page["pagination"]["total"] == 40
        assert page["pagination"]["has_more"] == (offset + 5 < 40)
