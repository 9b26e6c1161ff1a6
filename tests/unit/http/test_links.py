"""References to one's own paths, as the request wrote them."""

from __future__ import annotations

import pytest
from flask import Flask

from app.http.links import next_page, path_as_written


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/api/me/tasks", "/api/me/tasks"),
        ("/api/me/tasks?limit=1", "/api/me/tasks"),
        ("/api/me/tasks#here", "/api/me/tasks"),
        ("/api/%6De/tasks", "/api/%6De/tasks"),
        ("http://host:80/api/me/tasks?x#y", "/api/me/tasks"),
        ('/api/a"<b>/tasks', "/api/a%22%3Cb%3E/tasks"),
        ("/api/\xe4/tasks", "/api/%E4/tasks"),
    ],
)
def test_the_path_is_the_one_on_the_request_line(raw, path):
    with Flask(__name__).test_request_context("/", environ_overrides={"RAW_URI": raw}):
        assert path_as_written() == path


def test_without_a_request_line_the_path_is_written_anew():
    with Flask(__name__).test_request_context("/api/%C3%A4 b/tasks") as context:
        context.request.environ.pop("RAW_URI", None)
        assert path_as_written() == "/api/%C3%A4%20b/tasks"


def test_the_next_page_keeps_the_other_parameters():
    with Flask(__name__).test_request_context("/tasks?q=%C3%A9&tags%5B%5D=a&offset=5&status="):
        link = next_page(cursor="c")
    assert link == '</tasks?q=%C3%A9&tags%5B%5D=a&cursor=c>; rel="next"'
