"""Tags: their counts through all that happens to tasks; listing, renaming, merging, deleting."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.tags.schemas import TagOut
from tests.api.answers import MISSING_ID, data_of, error_of, items_of, problems_of

TAGS_OF_TASKS = """
    SELECT tags.name, tags.usage_count, count(tasks.id)
    FROM tags LEFT JOIN tasks ON tasks.user_id = tags.user_id AND tags.name = ANY (tasks.tags)
    GROUP BY tags.user_id, tags.id, tags.name, tags.usage_count
"""


@pytest.fixture(autouse=True)
def _counts_and_links_hold(connection):
    """After each test: every count is right, and no deferred constraint is broken."""
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert [row for row in connection.execute(text(TAGS_OF_TASKS)) if row[1] != row[2]] == []


def counts(api):
    return {tag["name"]: tag["usage_count"] for tag in items_of(api.get("/tags"))}


def test_a_tag_that_does_not_exist_yet_is_made(api):
    api.make_task(tags=["home"])
    tag = items_of(api.get("/tags"))[0]
    assert TagOut().validate(tag) == {}
    assert set(tag) == {"id", "name", "usage_count", "created_at"}
    assert (tag["name"], tag["usage_count"]) == ("home", 1)


def test_tags_come_back_sorted_by_their_folded_names(api):
    assert api.make_task(tags=["beta", "Alpha", "Ärger", "zoo", "alpha 2"])["tags"] == [
        "Alpha",
        "alpha 2",
        "beta",
        "zoo",
        "Ärger",
    ]


def test_repeats_in_any_letter_case_are_one_tag_in_its_first_spelling(api):
    assert api.make_task(tags=["Home", "HOME", " home\u3000"])["tags"] == ["Home"]
    assert api.make_task(tags=["hOmE"])["tags"] == ["Home"]
    assert counts(api) == {"Home": 2}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Straße", "STRASSE"),
        ("Ärger", "a\u0308rger"),
        ("ΣΑΣ", "σας"),
        ("ﬁn", "FIN"),
        ("ǰ", "J\u030c"),
    ],
)
def test_case_is_folded_as_unicode_folds_it(api, first, second):
    assert api.make_task(tags=[first, second])["tags"] == [unicodedata.normalize("NFC", first)]


def test_the_counts_follow_every_change_of_a_task(api):
    task = api.make_task(tags=["a", "b"])
    api.make_task(tags=["b"], completed=True)
    assert counts(api) == {"a": 1, "b": 2}
    api.patch(f"/tasks/{task['id']}", {"tags": ["B", "c"]})
    assert counts(api) == {"a": 0, "b": 2, "c": 1}
    api.patch(f"/tasks/{task['id']}", {"title": "No change of tags"})
    assert counts(api) == {"a": 0, "b": 2, "c": 1}
    api.put(f"/tasks/{task['id']}", {"title": "Bare"})
    assert counts(api) == {"a": 0, "b": 1, "c": 0}
    api.put(f"/tasks/{task['id']}", {"title": "Again", "tags": ["A"]})
    assert counts(api) == {"a": 1, "b": 1, "c": 0}
    api.delete(f"/tasks/{task['id']}")
    assert counts(api) == {"a": 0, "b": 1, "c": 0}


def test_a_refused_change_counts_nothing(api):
    task = api.make_task(tags=["a"])
    problems_of(api.patch(f"/tasks/{task['id']}", {"tags": ["b"], "is_recurring": True}))
    problems_of(api.post("/tasks", {"title": "", "tags": ["b"]}))
    assert counts(api) == {"a": 1}


def test_twenty_different_tags_are_accepted(api):
    tags = [f"tag {n:02}" for n in range(20)]
    assert api.make_task(tags=tags + [tag.upper() for tag in tags])["tags"] == tags


@pytest.mark.parametrize(
    "name", ["😀" * 50, "x", "a b", "100%", "back\\slash", "o'clock", "{}", '"', "null"]
)
def test_a_name_may_hold_anything_but_a_comma(api, name):
    task = api.make_task(tags=[name])
    assert task["tags"] == [name]
    assert data_of(api.get(f"/tasks/{task['id']}"))["tags"] == [name]
    assert counts(api) == {name: 1}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00,"), max_size=50
    ).filter(str.strip)
)
def test_any_name_comes_back_in_nfc_and_trimmed(api, name):
    normal = unicodedata.normalize("NFC", name).strip()
    answer = api.post("/tasks", {"title": "A task", "tags": [name]})
    if len(normal) > 50:
        assert problems_of(answer)["tags"]
        return
    task = data_of(answer, 201)
    assert [tag.casefold() for tag in task["tags"]] != []
    assert data_of(api.patch(f"/tasks/{task['id']}", {"tags": task["tags"]}))["version"] == 1


# The list


def test_names_are_sorted_by_their_folded_text(api):
    api.make_task(tags=["b", "C", "a", "Z", "ä"])
    assert list(counts(api)) == ["a", "b", "C", "Z", "ä"]
    descending = items_of(api.get("/tags?sort_order=desc"))
    assert [tag["name"] for tag in descending] == ["ä", "Z", "C", "b", "a"]


def test_usage_count_sorts_descending_with_ties_by_name(api):
    for tags in (["b", "a", "c"], ["c"], ["d", "c"]):
        api.make_task(tags=tags)
    names = [tag["name"] for tag in items_of(api.get("/tags?sort_by=usage_count"))]
    assert names == ["c", "a", "b", "d"]
    ascending = items_of(api.get("/tags?sort_by=USAGE_COUNT&sort_order=ASC"))
    assert [tag["name"] for tag in ascending] == ["a", "b", "d", "c"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ho", ["home", "Hotel"]),
        ("HO", ["home", "Hotel"]),
        ("ome", []),
        ("100%25", ["100% sure"]),
        ("%25", []),
        ("_", ["_private"]),
        ("%C3%84R", ["Ärger"]),
        ("a%CC%88r", ["Ärger"]),
        ("+ho+", ["home", "Hotel"]),
        ("", ["100% sure", "_private", "home", "Hotel", "Ärger"]),
    ],
)
@pytest.mark.parametrize("name", ["search", "q"])
def test_search_finds_names_by_their_beginning(api, name, search, found):
    api.make_task(tags=["home", "Hotel", "100% sure", "_private", "Ärger"])
    answer = api.get(f"/tags?{name}={search}")
    assert [tag["name"] for tag in items_of(answer)] == found
    assert data_of(answer)["pagination"]["total"] == len(found)


def test_pages_follow_one_another(api):
    names = [f"tag {n}" for n in range(5)]
    api.make_task(tags=names)
    path, seen = "/tags?limit=2&search=tag", []
    while path:
        answer = api.get(path)
        page = data_of(answer)
        seen += [tag["name"] for tag in page["items"]]
        assert page["pagination"]["total"] == 5
        link = answer.headers.get("Link")
        assert page["pagination"]["has_more"] is (link is not None)
        path = link and link[1 : link.index(">")].removeprefix(api.base)
    assert seen == names


def test_a_page_beyond_the_end_is_empty_and_still_counts(api):
    api.make_task(tags=["a", "b"])
    page = data_of(api.get("/tags?offset=10"))
    assert page["items"] == []
    assert page["pagination"] == {
        "limit": 50,
        "offset": 10,
        "total": 2,
        "has_more": False,
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("query", "blamed"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=%D9%A5", "limit"),
        ("limit=5&limit=6", "limit"),
        ("offset=1000001", "offset"),
        ("offset=99999999999999999999999", "offset"),
        ("sort_by=created_at", "sort_by"),
        ("sort_order=up", "sort_order"),
        ("sort_order=asc&sort_direction=asc", "sort_order"),
        ("search=a&q=a", "search"),
        ("search=%00", "search"),
        ("search=%FF", "search"),
        ("search=" + "x" * 201, "search"),
        ("cursor=x", "cursor"),
        ("color=red", "color"),
    ],
)
def test_an_invalid_parameter_is_named(api, query, blamed):
    assert list(problems_of(api.get(f"/tags?{query}"))) == [blamed]


# Renaming and merging


def test_a_rename_shows_on_every_task_and_moves_its_version(api):
    task = api.make_task(tags=["home", "zoo"])
    untouched = api.make_task(tags=["zoo"])
    tag = api.tag_named("home")
    renamed = data_of(api.patch(f"/tags/{tag['id']}", {"name": "  zz top "}))
    assert renamed == {**tag, "name": "zz top"}
    after = data_of(api.get(f"/tasks/{task['id']}"))
    assert (after["tags"], after["version"]) == (["zoo", "zz top"], 2)
    assert after["updated_at"] > task["updated_at"]
    assert data_of(api.get(f"/tasks/{untouched['id']}")) == untouched


def test_a_name_may_change_its_letter_case_alone(api):
    task = api.make_task(tags=["home"])
    tag = api.tag_named("home")
    assert data_of(api.patch(f"/tags/{tag['id']}", {"name": "Home"}))["name"] == "Home"
    assert data_of(api.get(f"/tasks/{task['id']}"))["tags"] == ["Home"]


def test_renaming_to_the_same_name_changes_nothing(api):
    task = api.make_task(tags=["home"])
    tag = api.tag_named("home")
    assert data_of(api.patch(f"/tags/{tag['id']}", {"name": "home", "merge": True})) == tag
    assert data_of(api.get(f"/tasks/{task['id']}"))["version"] == 1


def test_what_was_answered_may_be_sent_back(api):
    task = api.make_task(tags=["home"])
    tag = api.tag_named("home")
    assert data_of(api.patch(f"/tags/{tag['id']}", {**tag, "name": "house"}))["name"] == "house"
    server_made = {name: task[name] for name in ("id", "user_id", "version", "series_id")}
    assert data_of(api.patch(f"/tags/{tag['id']}", {**server_made, "name": "hut"}))["name"] == "hut"


def test_a_renamed_tag_leaves_its_old_name_free(api):
    api.make_task(tags=["home"])
    api.patch(f"/tags/{api.tag_named('home')['id']}", {"name": "house"})
    api.make_task(tags=["home"])
    assert counts(api) == {"home": 1, "house": 1}


def test_renaming_onto_another_name_is_a_conflict(api):
    task = api.make_task(tags=["home", "Work"])
    answer = api.patch(f"/tags/{api.tag_named('home')['id']}", {"name": "WORK"})
    assert list(error_of(answer, 409, "CONFLICT")["details"]) == ["name"]
    assert data_of(api.get(f"/tasks/{task['id']}")) == task


def test_a_merge_moves_the_tasks_over_and_answers_with_the_tag_that_stays(api):
    both = api.make_task(tags=["home", "work"])
    one = api.make_task(tags=["home"])
    api.make_task(tags=["work"])
    stays = api.tag_named("work")
    gone = api.tag_named("home")
    answer = api.patch(f"/tags/{gone['id']}", {"name": "Work", "merge": True})
    assert data_of(answer) == {**stays, "usage_count": 3}
    assert counts(api) == {"work": 3}
    for task in (both, one):
        after = data_of(api.get(f"/tasks/{task['id']}"))
        assert (after["tags"], after["version"]) == (["work"], 2)
    error_of(api.patch(f"/tags/{gone['id']}", {"name": "x"}), 404, "NOT_FOUND")


def test_a_merge_onto_a_free_name_is_a_rename(api):
    api.make_task(tags=["home"])
    tag = api.tag_named("home")
    assert (
        data_of(api.patch(f"/tags/{tag['id']}", {"name": "house", "merge": True}))["name"]
        == "house"
    )


@pytest.mark.parametrize(
    ("body", "blamed"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a,b"}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"name": "\x00"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": "house", "merge": "yes"}, "merge"),
        ({"name": "house", "merge": None}, "merge"),
        ({"name": "house", "color": "red"}, "color"),
    ],
)
def test_an_invalid_rename_is_refused(api, body, blamed):
    api.make_task(tags=["home"])
    assert list(problems_of(api.patch(f"/tags/{api.tag_named('home')['id']}", body))) == [blamed]


# Deleting


def test_a_deleted_tag_comes_off_every_task(api):
    task = api.make_task(tags=["home", "work"])
    untouched = api.make_task(tags=["work"])
    answer = api.delete(f"/tags/{api.tag_named('home')['id']}")
    assert (answer.status_code, answer.data) == (204, b"")
    after = data_of(api.get(f"/tasks/{task['id']}"))
    assert (after["tags"], after["version"]) == (["work"], 2)
    assert data_of(api.get(f"/tasks/{untouched['id']}")) == untouched
    assert counts(api) == {"work": 2}


def test_a_tag_that_no_task_bears_stays_until_it_is_deleted(api):
    task = api.make_task(tags=["home"])
    api.delete(f"/tasks/{task['id']}")
    assert counts(api) == {"home": 0}
    assert api.delete(f"/tags/{api.tag_named('home')['id']}").status_code == 204
    assert counts(api) == {}


@pytest.mark.parametrize("odd", [MISSING_ID, "1", "%00", "home"])
def test_an_id_that_is_no_tag_of_the_user_is_not_found(api, odd):
    api.make_task(tags=["home"])
    error_of(api.patch(f"/tags/{odd}", {"name": "x"}), 404, "NOT_FOUND")
    error_of(api.delete(f"/tags/{odd}"), 404, "NOT_FOUND")


def test_a_tag_is_not_read_alone(api):
    error_of(api.get(f"/tags/{MISSING_ID}"), 405, "METHOD_NOT_ALLOWED")
