"""A real receiver of reminders: keeps what it gets, checks signatures, fails as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


@dataclass(frozen=True)
class Message:
    """A request as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(self.body)["data"]

    @property
    def title(self) -> str:
        return self.data["title"]

    def is_signed_with(self, key: bytes) -> bool:
        """Checks the signature by the letter of the specification, without anybody's library."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split(" ")


Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = Message({name.lower(): value for name, value in self.headers.items()}, body)
        with self.server.lock:
            self.server.messages.append(message)
            number = len(self.server.messages)
        self.server.behave(message, number)(self)

    def do_GET(self) -> None:
        raise AssertionError("reminders are posted")

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        pass  # a sender that has hung up is what some tests are about


class TestReceiver:
    """Listens while it is entered. `behave` says by message and its number (from 1) what to do."""

    __test__ = False

    def __init__(self) -> None:
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.lock = threading.Lock()
        self.server.messages = []
        self.server.behave = lambda message, number: answer(204)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/reminders?from=tests"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def behave(self, behaviour: Callable[[Message, int], Behaviour] | Behaviour) -> None:
        """Does the same with every message, or what a function of message and number says."""
        is_choice = getattr(behaviour, "__name__", "") == "<lambda>"
        self.server.behave = behaviour if is_choice else lambda message, number: behaviour

    @property
    def messages(self) -> list[Message]:
        with self.server.lock:
            return list(self.server.messages)

    @property
    def titles(self) -> list[str]:
        return sorted(message.title for message in self.messages)

    def wait_for(self, count: int, within: float = 10.0) -> None:
        end = time.monotonic() + within
        while len(self.messages) < count:
            assert time.monotonic() < end, f"only {len(self.messages)} of {count} came"
            time.sleep(0.01)


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    def do(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return do


def hang(until: threading.Event) -> Behaviour:
    def do(handler: Handler) -> None:
        until.wait(20)

    return do


def dribble(handler: Handler) -> None:
    """A byte of an endless header now and then: no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        time.sleep(0.05)
        handler.wfile.write(b"x")


def dribble_body(handler: Handler) -> None:
    """Says yes, and then does not come to an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        time.sleep(0.05)
        handler.wfile.write(b"x")


def flood(handler: Handler) -> None:
    """Says yes, with a body without an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65_536)


def reset(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def babble(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example.com ESMTP\r\n")
