"""What only the real server shows: malformed framing, absolute paths, many requests on one line."""

from __future__ import annotations

import socket
from contextlib import closing

import orjson
import pytest

from tests.conftest import token_for

CHUNKED = b"Transfer-Encoding: chunked\r\n"
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture
def send(live_server):
    """Sends bytes and reads until the server closes; answers status and body."""

    def ask(line: bytes, headers: bytes = b"", body: bytes = b"") -> tuple[int, bytes]:
        token = token_for("wire").encode()
        always = b"Host: h\r\nConnection: close\r\nAuthorization: Bearer " + token + b"\r\n"
        with closing(socket.create_connection(("127.0.0.1", live_server.port), 10)) as line_out:
            line_out.sendall(line + b" HTTP/1.1\r\n" + always + headers + b"\r\n" + body)
            received = b"".join(iter(lambda: line_out.recv(65536), b""))
        head, _, content = received.partition(b"\r\n\r\n")
        return int(head.split()[1]), content

    return ask


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'10\r\n{"title": "A b"}\r\n0\r\n\r\n', 201),
        (b'5\r\n{"tit\r\nzz\r\n', 400),
        (b'5\r\n{"tit\r\n0\r\nBad Trailer\x00\r\n\r\n', 400),
        (b'-5\r\n{"tit\r\n0\r\n\r\n', 400),
        (b"".join(b"2710\r\n" + b" " * 10_000 + b"\r\n" for _ in range(10)) + b"0\r\n\r\n", 413),
    ],
)
def test_chunks_are_read_or_refused_in_the_envelope(send, body, status):
    answered, content = send(b"POST /tasks", CHUNKED + JSON, body)
    assert answered == status
    assert set(orjson.loads(content)) == {"data", "error"}


def test_a_long_body_is_refused_in_the_envelope(send):
    status, content = send(b"POST /tasks", JSON + b"Content-Length: 100000\r\n", b" " * 100_000)
    assert (status, orjson.loads(content)["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_second_authorization_header_is_refused(send):
    status, content = send(b"GET /tasks", b"Authorization: Bearer x\r\n")
    assert (status, orjson.loads(content)["error"]["code"]) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET //tasks", 404),
        (b"GET http://h", 404),
        (b"GET http://h/tasks", 200),
        (b"GET /tasks#here", 200),
        (b"GET /%FF", 404),
        (b"OPTIONS *", 404),
    ],
)
def test_odd_request_targets_never_bring_html(send, line, status):
    answered, content = send(line)
    assert answered == status
    assert set(orjson.loads(content)) == {"data", "error"}


def test_a_location_has_no_host_and_no_fragment(live_server, send):
    with closing(socket.create_connection(("127.0.0.1", live_server.port), 10)) as line_out:
        token = token_for("wire").encode()
        line_out.sendall(
            b"POST http://h/api/%6De/tasks?#x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            b"Authorization: Bearer " + token + b"\r\n" + JSON + b"Content-Length: 14\r\n\r\n"
            b'{"title": "x"}'
        )
        received = b"".join(iter(lambda: line_out.recv(65536), b""))
    assert b"\r\nLocation: /api/%6De/tasks/0" in received


def test_no_header_can_move_the_app_elsewhere(send):
    headers = b"SCRIPT_NAME: /x\r\nScript-Name: /x\r\nX-Forwarded-Prefix: /x\r\n"
    assert send(b"GET /tasks", headers)[0] == 200
