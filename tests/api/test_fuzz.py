"""Whatever comes in, the answer is no 5xx and in the envelope (hypothesis)."""

from __future__ import annotations

import json
from urllib.parse import quote_from_bytes

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.answers import EVERY_ENDPOINT, MISSING_ID
from tests.conftest import token_for

quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
any_text = st.text(st.characters(codec=None), max_size=40)
ODD_VALUES = [
    "", "High", "Europe/Berlin", "America/New_York", "Pacific/Apia", "2026-03-01", "0001-01-01",
    "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-08T02:30:00", "\x00",
    "9999-12-31T23:59:59", "0001-01-01T00:00:00", "2026-03-01T09:00:00+14:00", "completion",
    "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=DAILY;UNTIL=00010101", "FREQ=DAILY;COUNT=1000",
    "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=YEARLY;BYWEEKNO=53", "\ud800", "future", "next",
]  # fmt: skip
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    any_text,
    st.sampled_from(ODD_VALUES),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "title", "description", "completed", "is_completed", "priority", "tags", "due_date", "timezone",
    "reminder_at", "is_recurring", "recurrence_rule", "recurrence_mode", "id", "user_id", "version",
    "completed_at", "series_id", "created_at", "updated_at", "next_task", "name", "merge",
]  # fmt: skip
bodies = st.dictionaries(st.sampled_from(FIELDS) | any_text, values, max_size=6)
PARAMETERS = [
    "search", "q", "status", "priority", "tags", "tags[]", "tags_match", "due_date_from",
    "due_date_to", "timezone", "is_recurring", "has_due_date", "sort_by", "sort_order",
    "sort_direction", "limit", "offset", "cursor", "include_total",
]  # fmt: skip
WORDS = [
    b"", b"all", b"true", b"asc", b"desc", b"due_date", b"priority", b"completed_at", b"title",
    b"1", b"100", b"1000000", b"99999999999999999999", b"-1", b"0001-01-01", b"9999-12-31",
    b"2026-03-01",
    b"0001-01-01T00:00:00", b"9999-12-31T23:59:59Z", b"Pacific/Apia", b"high,low", b"any", b"\x00",
    b"\xff", b"a b", b"%", b"\\", b"_",
]  # fmt: skip
raw_values = (
    st.sampled_from(WORDS)
    | st.binary(max_size=30)
    | any_text.map(lambda text: text.encode("utf-8", "surrogatepass"))
)
pairs = st.lists(
    st.tuples(st.sampled_from([name.encode() for name in PARAMETERS]) | raw_values, raw_values),
    max_size=5,
)


def is_answered(answer) -> None:
    assert answer.status_code < 500, answer.get_data(as_text=True)
    if answer.status_code in {204, 304}:
        assert answer.data == b""
        return
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"data", "error"}
    assert (answer.json["data"] is None) is (answer.status_code >= 400)
    assert (answer.json["error"] is None) is (answer.status_code < 400)


def send(api, method: str, path: str, body: object) -> object:
    headers = {"Content-Type": "application/json"}
    return api.request(method, path, data=json.dumps(body), headers=headers)


@quick
@given(bodies, bodies)
@example({"title": "x", "due_date": "0001-01-01", "recurrence_rule": "FREQ=DAILY"}, {})
@example({"title": "x", "due_date": "9999-12-31", "recurrence_rule": "FREQ=DAILY"},
         {"timezone": "Pacific/Apia", "due_date": "9999-12-31T23:59:59Z"})  # fmt: skip
@example({"title": "x", "due_date": "9999-12-31T23:59:59Z", "recurrence_rule": "FREQ=DAILY"},
         {"timezone": "Pacific/Apia"})  # fmt: skip
@example({"title": "x", "due_date": "0001-01-01T00:00:00Z", "recurrence_rule": "FREQ=DAILY"},
         {"timezone": "America/New_York"})  # fmt: skip
def test_any_body_is_answered(api, first, second):
    made = send(api, "POST", "/tasks", {"title": "A task", **first})
    is_answered(made)
    task_id = made.json["data"]["id"] if made.status_code == 201 else api.make_task()["id"]
    is_answered(send(api, "PATCH", f"/tasks/{task_id}", second))
    is_answered(send(api, "PUT", f"/tasks/{task_id}", {"title": "A task", **second}))
    is_answered(send(api, "PATCH", f"/tasks/{task_id}/complete", second))
    is_answered(api.post(f"/tasks/{task_id}/toggle"))
    is_answered(send(api, "POST", f"/tasks/{task_id}/toggle", second))
    for sort_by in ("due_date", "title"):
        is_answered(api.get(f"/tasks?sort_by={sort_by}&limit=1"))
    is_answered(api.delete(f"/tasks/{task_id}"))


@quick
@given(bodies)
def test_any_rename_is_answered(api, body):
    api.make_task(tags=["home", "work"])
    tag = api.get("/tags").json["data"]["items"][0]
    is_answered(send(api, "PATCH", f"/tags/{tag['id']}", {"name": "work", **body}))


@quick
@given(st.sampled_from(FIELDS), values)
def test_any_value_in_any_field_is_answered(api, field, value):
    is_answered(send(api, "POST", "/tasks", {"title": "A task", field: value}))
    is_answered(send(api, "PATCH", f"/tasks/{MISSING_ID}", {field: value}))


@quick
@given(st.sampled_from(EVERY_ENDPOINT), st.binary(max_size=200))
def test_any_bytes_as_a_body_are_answered(api, endpoint, raw):
    headers = {"Content-Type": "application/json"}
    is_answered(api.request(endpoint.method, endpoint.at(), data=raw, headers=headers))


@quick
@given(pairs, st.booleans())
def test_any_query_is_answered(api, given_pairs, is_quoted):
    quote = quote_from_bytes if is_quoted else lambda raw: raw.decode("latin-1")
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in given_pairs)
    for path in ("/tasks", "/tags", f"/tasks/{MISSING_ID}"):
        is_answered(api.get(path, environ_overrides={"QUERY_STRING": query}))


@quick
@given(
    st.lists(any_text | st.sampled_from(["api", "users", "me", "tasks", "tags", MISSING_ID, ""]))
)
def test_any_path_is_answered(api, parts):
    path = "/" + "/".join(parts)
    raw = path.encode("utf-8", "surrogatepass").decode("latin-1")
    headers = {"Authorization": f"Bearer {api.token}"}
    for method in ("GET", "POST", "DELETE"):
        answer = api.client.open(
            "/", method=method, headers=headers, environ_overrides={"PATH_INFO": raw}
        )
        if answer.headers.get("Location") == "/docs":
            continue
        is_answered(answer)


header_values = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=60
) | st.sampled_from(['"1"', "*", 'W/"1", "2"', "application/json", "chunked", "gzip", "identity"])
HEADERS = [
    "Authorization", "If-Match", "If-None-Match", "X-Request-ID", "Origin", "Content-Type",
    "Content-Encoding", "Accept", "Host", "Idempotency-Key", "Range", "Cookie", "X-Forwarded-For",
    "Access-Control-Request-Method", "Access-Control-Request-Headers", "If-Modified-Since",
]  # fmt: skip


@quick
@given(st.sampled_from(EVERY_ENDPOINT), st.dictionaries(st.sampled_from(HEADERS), header_values))
def test_any_headers_are_answered(api, endpoint, headers):
    is_answered(api.request(endpoint.method, endpoint.at(), json=endpoint.body, headers=headers))


@quick
@given(
    st.dictionaries(
        st.sampled_from(["sub", "user_id", "exp", "nbf", "iat", "email", "name"]), values
    )
)
def test_any_claims_are_answered(client, claims):
    from tests.api.test_identity import signed

    token = signed({"sub": "claims", "exp": 99999999999, **claims})
    headers = {"Authorization": f"Bearer {token}"}
    is_answered(client.get("/tasks", headers=headers))
    is_answered(client.post("/tasks", json={"title": "x"}, headers=headers))


@quick
@given(any_text.filter(lambda text: text.strip() and "\x00" not in text))
def test_any_subject_has_its_data(client, subject):
    if any("\ud800" <= character <= "\udfff" for character in subject):
        return
    headers = {"Authorization": f"Bearer {token_for(subject)}"}
    made = client.post("/api/me/tasks", json={"title": "x"}, headers=headers)
    assert made.status_code == 201
    assert made.json["data"]["user_id"] == subject
