"""Can the body be read? 413, 415 and 400 (contract, section 2)."""

from __future__ import annotations

import io
import json

import pytest

from tests.api.answers import EVERY_BODY, data_of, error_of, problems_of

JSON = {"Content-Type": "application/json"}
LIMIT = 65_536


def body_of(size: int) -> bytes:
    """A valid body of exactly `size` bytes."""
    start = b'{"title": "A task"'
    return start + b" " * (size - len(start) - 1) + b"}"


class Chunks(io.BytesIO):
    """A chunked body, as a server hands it over, which may break off."""

    def __init__(self, data: bytes, failure: Exception | None = None):
        super().__init__(data)
        self.failure = failure

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if not data and self.failure:
            raise self.failure
        return data


def post_chunked(api, stream: io.BytesIO, content_type: str = "application/json"):
    return api.post(
        "/tasks",
        input_stream=stream,
        headers={"Transfer-Encoding": "chunked", "Content-Type": content_type},
        environ_overrides={"wsgi.input_terminated": True},
    )


@pytest.mark.parametrize("endpoint", EVERY_BODY, ids=str)
def test_a_body_over_the_limit_is_too_large(api, endpoint):
    answer = api.request(endpoint.method, endpoint.at(), data=body_of(LIMIT + 1), headers=JSON)
    error_of(answer, 413, "PAYLOAD_TOO_LARGE")


def test_a_body_at_the_limit_is_read(api):
    assert data_of(api.post("/tasks", data=body_of(LIMIT), headers=JSON), 201)["title"] == "A task"


def test_a_chunked_body_is_measured_while_it_is_read(api):
    assert data_of(post_chunked(api, Chunks(body_of(LIMIT))), 201)
    error_of(post_chunked(api, Chunks(body_of(LIMIT + 1))), 413, "PAYLOAD_TOO_LARGE")
    error_of(post_chunked(api, Chunks(body_of(10 * LIMIT))), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "failure", [OSError("cut"), EOFError(), ValueError("bad chunk"), RuntimeError()]
)
def test_a_chunked_body_that_breaks_off_is_no_json(api, failure):
    error_of(post_chunked(api, Chunks(b'{"title": "A task"}', failure)), 400, "INVALID_JSON")


@pytest.mark.parametrize("sent", [b"", b'{"title"', b'{"title": "A task"}'])
def test_a_body_shorter_than_announced_is_no_json(api, sent):
    answer = api.post(
        "/tasks",
        input_stream=io.BytesIO(sent),
        headers=JSON,
        environ_overrides={"CONTENT_LENGTH": str(len(sent) + 5)},
    )
    error_of(answer, 400, "INVALID_JSON")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "Application/JSON",
        "application/json; profile=x",
    ],
)
def test_json_in_utf8_is_read(api, content_type):
    answer = api.post(
        "/tasks", data='{"title": "Ä"}'.encode(), headers={"Content-Type": content_type}
    )
    assert data_of(answer, 201)["title"] == "Ä"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.api+json",
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/jsonx",
        "application/json, text/plain",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "*/*",
        "rubbish",
    ],
)
@pytest.mark.parametrize("endpoint", EVERY_BODY, ids=str)
def test_any_other_media_type_is_refused(api, endpoint, content_type):
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = api.request(endpoint.method, endpoint.at(), data=b'{"title": "x"}', headers=headers)
    error_of(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "identity, gzip", "x"])
def test_a_coded_body_is_refused(api, coding):
    answer = api.post("/tasks", {"title": "x"}, headers={"Content-Encoding": coding})
    error_of(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_the_identity_coding_is_none(api):
    assert (
        api.post("/tasks", {"title": "x"}, headers={"Content-Encoding": "Identity"}).status_code
        == 201
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"title": "x"',
        b'{"title": "x"}}',
        b'{"title": "x"} {}',
        b'{"title": "x"} // why',
        b'{"title": "x",}',
        b"{'title': 'x'}",
        b'{title: "x"}',
        b'\xef\xbb\xbf{"title": "x"}',
        '{"title": "x"}'.encode("utf-16"),
        b'{"title": "\xff"}',
        b'{"title": "\xc3"}',
        b'{"title": "\xed\xa0\x80"}',
        b'{"title": "tab\there"}',
        b'{"title": "\x00"}',
        b'{"title": "\\x41"}',
        b'{"title": "\\ud8"}',
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"x": [-Infinity]}',
        b'{"title": 01}',
        b'{"title": +1}',
        b'{"title": .5}',
        b'{"title": 0x1}',
        b'{"title": "a", "title": "b"}',
        b'{"title": "a", "titl\\u0065": "b"}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"\\ud800": 1, "\\ud800": 2}',
        b'{"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"x":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 60_000,
        b'{"x": ' + b"9" * 60_000 + b"}",
        b"true false",
        b"   ",
        b"\xa0{}",
    ],
)
def test_what_is_no_json_is_refused(api, body):
    error = error_of(api.post("/tasks", data=body, headers=JSON), 400, "INVALID_JSON")
    assert len(error["message"]) < 200


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"1", b'"{}"', b"true", b'[{"title": "x"}]', b"1e999"]
)
@pytest.mark.parametrize("endpoint", EVERY_BODY, ids=str)
def test_a_body_that_is_no_object_is_refused(api, endpoint, body):
    answer = api.request(endpoint.method, endpoint.at(), data=body, headers=JSON)
    error_of(answer, 400, "BAD_REQUEST")


@pytest.mark.parametrize("headers", [{}, JSON])
@pytest.mark.parametrize("endpoint", EVERY_BODY, ids=str)
def test_a_missing_body_is_refused_where_one_is_due(api, endpoint, headers):
    error_of(api.request(endpoint.method, endpoint.at(), headers=headers), 400, "BAD_REQUEST")


@pytest.mark.parametrize("text", ["\ud83d", "a\ud800b", "\udc00\ud800", "\x00", "a\x00"])
@pytest.mark.parametrize(
    "field", ["title", "description", "priority", "timezone", "recurrence_rule"]
)
def test_half_characters_and_nul_are_invalid_values(api, field, text):
    body = json.dumps({"title": "A task", field: text})
    assert list(problems_of(api.post("/tasks", data=body, headers=JSON))) == [field]


@pytest.mark.parametrize("name", ["\ud800", "\x00", "a\udfffb", "\u202e", "x" * 500])
def test_odd_names_are_unknown_fields(api, name):
    body = json.dumps({"title": "A task", name: 1})
    assert problems_of(api.post("/tasks", data=body, headers=JSON))


def test_a_whole_surrogate_pair_is_a_character(api):
    answer = api.post("/tasks", data=b'{"title": "\\ud83d\\ude00"}', headers=JSON)
    assert data_of(answer, 201)["title"] == "😀"


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 4000, b"1e-999", b"-0"])
def test_odd_numbers_are_no_text(api, number):
    answer = api.post("/tasks", data=b'{"title": ' + number + b"}", headers=JSON)
    assert list(problems_of(answer)) == ["title"]


def test_a_body_on_a_read_is_not_looked_at(api):
    assert (
        data_of(api.get("/tasks", data=b"rubbish", headers={"Content-Type": "x/y"}))["items"] == []
    )
    task = api.make_task()
    assert api.delete(f"/tasks/{task['id']}", data=b"\xff").status_code == 204
