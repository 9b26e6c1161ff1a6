"""GET /tasks: filters, order and pages."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.answers import data_of, error_of, items_of, problems_of


def titles(answer) -> list[str]:
    return [task["title"] for task in items_of(answer)]


def make(api, *fields: dict) -> None:
    for number, own in enumerate(fields):
        api.make_task(**{"title": f"task {number}", **own})


def test_a_user_without_data_has_an_empty_list(api):
    answer = api.get("/tasks")
    assert data_of(answer) == {
        "items": [],
        "pagination": {
            "limit": 50,
            "offset": 0,
            "total": 0,
            "has_more": False,
            "next_cursor": None,
        },
    }
    assert "Link" not in answer.headers


def test_items_are_tasks_as_they_are_read_alone(api):
    task = api.make_task(tags=["home"], due_date="2026-03-01", completed=True)
    assert items_of(api.get("/tasks")) == [task]


def test_the_newest_comes_first(api):
    make(api, {}, {}, {})
    assert titles(api.get("/tasks")) == ["task 2", "task 1", "task 0"]


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("all", 3),
        ("ALL", 3),
        ("", 3),
        ("pending", 2),
        ("Pending", 2),
        ("false", 2),
        ("completed", 1),
        ("true", 1),
    ],
)
def test_status(api, status, found):
    make(api, {}, {}, {"completed": True})
    answer = data_of(api.get(f"/tasks?status={status}"))
    assert (len(answer["items"]), answer["pagination"]["total"]) == (found, found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("priority=all", ["High", "Low", "Medium"]),
        ("priority=high", ["High"]),
        ("priority=HIGH,%20low", ["High", "Low"]),
        ("priority=high&priority=Low", ["High", "Low"]),
        ("priority=,", ["High", "Low", "Medium"]),
        ("priority=", ["High", "Low", "Medium"]),
    ],
)
def test_priority(api, query, found):
    make(api, *({"priority": name} for name in ("High", "Medium", "Low")))
    assert sorted(task["priority"] for task in items_of(api.get(f"/tasks?{query}"))) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags=home", ["0", "1"]),
        ("tags=HOME", ["0", "1"]),
        ("tags=home,work", ["0"]),
        ("tags=home&tags=work", ["0"]),
        ("tags[]=home&tags%5B%5D=work", ["0"]),
        ("tags=home,work&tags_match=any", ["0", "1", "2"]),
        ("tags=home,nowhere", []),
        ("tags=home,nowhere&tags_match=any", ["0", "1"]),
        ("tags=nowhere", []),
        ("tags=home,home", ["0", "1"]),
        ("tags=", ["0", "1", "2", "3"]),
    ],
)
def test_tags(api, query, found):
    make(
        api,
        {"title": "0", "tags": ["Home", "work"]},
        {"title": "1", "tags": ["home"]},
        {"title": "2", "tags": ["work"]},
        {"title": "3"},
    )
    answer = api.get(f"/tasks?{query}")
    assert sorted(titles(answer)) == found
    assert data_of(answer)["pagination"]["total"] == len(found)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("milk", ["Buy MILK"]),
        ("buy milk", ["Buy MILK"]),
        ("milk soon", ["Buy MILK"]),
        ("strasse", ["Hauptstraße 5"]),
        ("ÄRGER", ["A\u0308rger".replace("A\u0308", "Ä")]),
        ("100%", ["100% done"]),
        ("%", ["100% done"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("   ", None),
        ("nothing", []),
        ("'; drop table tasks; --", []),
    ],
)
@pytest.mark.parametrize("name", ["search", "q"])
def test_every_word_must_occur_in_title_or_description(api, name, search, found):
    everything = ["Buy MILK", "Hauptstraße 5", "Ärger", "100% done", "snake_case", "back\\slash"]
    make(api, *({"title": title} for title in everything[1:]))
    api.make_task(title="Buy MILK", description="rather soon")
    answer = api.get(f"/tasks?{name}={quote(search)}")
    assert sorted(titles(answer)) == sorted(everything if found is None else found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("due_date_from=2026-03-02", ["day", "noon"]),
        ("due_date_to=2026-03-01", ["before"]),
        ("due_date_from=2026-03-02&due_date_to=2026-03-02", ["day", "noon"]),
        ("due_date_from=2026-03-02T12:00:00Z", ["noon"]),
        ("due_date_to=2026-03-02T11:59:59Z", ["before", "day"]),
        ("due_date_from=2026-03-02T13:00:00&timezone=Europe/Berlin", ["noon"]),
        ("has_due_date=true", ["before", "day", "noon"]),
        ("has_due_date=false", ["never"]),
        ("is_recurring=true", ["noon"]),
        ("is_recurring=FALSE", ["before", "day", "never"]),
        ("is_recurring=false&has_due_date=true&q=day&status=pending", ["day"]),
    ],
)
def test_due_dates_and_recurrence(api, query, found):
    make(
        api,
        {"title": "before", "due_date": "2026-03-01"},
        {"title": "day", "due_date": "2026-03-02"},
        {"title": "noon", "due_date": "2026-03-02T12:00:00Z", "recurrence_rule": "FREQ=DAILY"},
        {"title": "never"},
    )
    assert sorted(titles(api.get(f"/tasks?{query}"))) == found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort_by=title", ["a", "B", "c"]),
        ("sort_by=title&sort_order=desc", ["c", "B", "a"]),
        ("sort_by=TITLE&sort_direction=DESC", ["c", "B", "a"]),
        ("sort_by=priority", ["c", "a", "B"]),
        ("sort_by=priority&sort_order=desc", ["B", "a", "c"]),
        ("sort_by=due_date", ["B", "a", "c"]),
        ("sort_by=due_date&sort_order=desc", ["a", "B", "c"]),
        ("sort_by=completed_at&sort_order=asc", ["B", "c", "a"]),
        ("sort_by=completed_at", ["B", "a", "c"]),
        ("sort_by=created_at&sort_order=asc", ["B", "c", "a"]),
        ("sort_by=updated_at", ["a", "c", "B"]),
    ],
)
def test_order(api, query, expected):
    make(
        api,
        {"title": "B", "priority": "Low", "due_date": "2026-01-01", "completed": True},
        {"title": "c", "priority": "High"},
        {"title": "a", "due_date": "2026-01-02"},
    )
    assert titles(api.get(f"/tasks?{query}")) == expected


def test_limit_and_offset_cut_a_page_and_the_total_counts_all(api):
    make(api, *({} for _ in range(5)))
    page = data_of(api.get("/tasks?limit=2&offset=1&sort_by=title"))
    assert [task["title"] for task in page["items"]] == ["task 1", "task 2"]
    pagination = page["pagination"]
    assert pagination.pop("next_cursor")
    assert pagination == {"limit": 2, "offset": 1, "total": 5, "has_more": True}


def test_the_total_is_left_out_where_nobody_asks(api):
    make(api, {}, {})
    assert data_of(api.get("/tasks?include_total=false"))["pagination"]["total"] is None


@pytest.mark.parametrize(
    "sort_by", ["created_at", "updated_at", "completed_at", "due_date", "priority", "title"]
)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_walk_by_links_shows_every_task_once_in_order(api, sort_by, order):
    days = ["2026-03-01", "2026-03-01", None, "2026-03-02", None, "0001-01-01", "9999-12-31"]
    make(api, *({"due_date": day, "completed": day is None} for day in days))
    query = f"sort_by={sort_by}&sort_order={order}"
    whole = titles(api.get(f"/tasks?{query}&limit=100"))

    path, seen = f"/tasks?{query}&limit=2", []
    while path:
        answer = api.get(path)
        page = data_of(answer)["pagination"]
        seen += titles(answer)
        link = answer.headers.get("Link")
        assert page["has_more"] is (link is not None) is (page["next_cursor"] is not None)
        assert link is None or link.endswith('>; rel="next"')
        path = link and link[1 : link.index(">")].removeprefix(api.base)
    assert seen == whole
    assert len(seen) == len(days)


def test_a_walk_keeps_the_filters_and_names_as_the_client_wrote_them(api):
    make(api, *({"title": f"né {n}", "tags": ["a b"]} for n in range(3)))
    answer = api.get("/tasks?q=n%C3%A9&tags%5B%5D=a%20b&sort_direction=asc&limit=2&status=")
    link = answer.headers["Link"]
    path = link[1 : link.index(">")].removeprefix(api.base)
    assert titles(api.get(path)) == ["né 2"]


def test_a_cursor_does_not_see_what_is_inserted_before_it(api):
    make(api, *({} for _ in range(4)))
    first = data_of(api.get("/tasks?limit=2"))
    api.make_task(title="new")
    second = api.get(f"/tasks?limit=50&cursor={first['pagination']['next_cursor']}")
    assert titles(second) == ["task 1", "task 0"]
    assert data_of(second)["pagination"]["offset"] is None
    assert data_of(second)["pagination"]["total"] is None


def test_an_offset_page_leads_on_by_cursor(api):
    make(api, *({} for _ in range(4)))
    page = data_of(api.get("/tasks?limit=1&offset=1"))
    assert titles(api.get(f"/tasks?cursor={page['pagination']['next_cursor']}")) == [
        "task 1",
        "task 0",
    ]


@pytest.mark.parametrize("change", ["status=pending", "sort_order=asc", "sort_by=title", "q=x"])
def test_a_cursor_belongs_to_its_filters_and_order(api, change):
    make(api, {}, {})
    cursor = data_of(api.get("/tasks?limit=1"))["pagination"]["next_cursor"]
    error_of(api.get(f"/tasks?cursor={cursor}&{change}"), 400, "BAD_REQUEST")


def test_a_cursor_belongs_to_its_user(api, other):
    make(api, {}, {})
    make(other, {}, {})
    cursor = data_of(api.get("/tasks?limit=1"))["pagination"]["next_cursor"]
    error_of(other.get(f"/tasks?cursor={cursor}"), 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "forge",
    [lambda c: c[:-1], lambda c: c + "x", lambda c: "x", lambda c: "é.é", lambda c: "A" + c[1:]],
)
def test_a_changed_or_forged_cursor_is_refused(api, forge):
    make(api, {}, {})
    cursor = data_of(api.get("/tasks?limit=1"))["pagination"]["next_cursor"]
    error_of(api.get(f"/tasks?cursor={quote(forge(cursor))}"), 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e1", "limit"),
        ("limit=%201", "limit"),
        ("limit=1&limit=1", "limit"),
        ("offset=-1", "offset"),
        ("offset=1000001", "offset"),
        ("offset=18446744073709551616", "offset"),
        ("offset=%EF%BC%91", "offset"),
        ("status=done", "status"),
        ("status=pending&status=pending", "status"),
        ("priority=urgent", "priority"),
        ("priority=all,high", "priority"),
        ("priority=all&priority=high", "priority"),
        ("tags=" + "x" * 51, "tags"),
        ("tags=%00", "tags"),
        ("tags_match=some", "tags_match"),
        ("search=" + "x" * 201, "search"),
        ("search=%00", "search"),
        ("search=%C3", "search"),
        ("q=a&search=b", "search"),
        ("due_date_from=tomorrow", "due_date_from"),
        ("due_date_to=2026-02-30", "due_date_to"),
        ("due_date_from=2026-03-02&due_date_to=2026-03-01", "due_date_from"),
        ("due_date_from=0001-01-01T00:00:00&timezone=Asia/Tokyo", "due_date_from"),
        ("timezone=Mars", "timezone"),
        ("is_recurring=1", "is_recurring"),
        ("has_due_date=yes", "has_due_date"),
        ("sort_by=id", "sort_by"),
        ("sort_by=title;drop", "sort_by"),
        ("sort_order=down", "sort_order"),
        ("sort_order=asc&sort_direction=asc", "sort_order"),
        ("include_total=maybe", "include_total"),
        ("page=2", "page"),
        ("Limit=2", "Limit"),
        ("%FF=1", "\ufffd"),
        ("x", "x"),
    ],
)
def test_an_invalid_parameter_is_named(api, query, blamed):
    assert list(problems_of(api.get(f"/tasks?{query}"))) == [blamed]


def test_all_problems_come_at_once(api):
    answer = api.get("/tasks?limit=0&status=x&page=1&timezone=Mars&sort_by=id")
    assert set(problems_of(answer)) == {"limit", "status", "page", "timezone", "sort_by"}


def test_a_cursor_and_an_offset_are_not_taken_together(api):
    make(api, {}, {})
    cursor = data_of(api.get("/tasks?limit=1"))["pagination"]["next_cursor"]
    assert problems_of(api.get(f"/tasks?cursor={cursor}&offset=0"))


def test_thousands_of_parameters_are_refused_at_once(api):
    problems_of(api.get("/tasks?" + "&".join(f"p{n}=1" for n in range(2000))))


def test_empty_parts_of_a_query_are_nothing(api):
    make(api, {})
    assert titles(api.get("/tasks?&&limit=&&q=&")) == ["task 0"]


def test_head_answers_as_get_without_a_body(api):
    make(api, {})
    head, get = api.request("HEAD", "/tasks"), api.get("/tasks")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
