"""A signal to the server costs no client its request."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.conftest import token_for
from tests.server import LiveServer

BODY = b'{"title": "Sent slowly"}'


@pytest.fixture
def server(app: Flask, environment: dict[str, str]) -> Iterator[LiveServer]:
    with LiveServer(environment, WEB_CONCURRENCY="2", THREADS="4") as server:
        yield server


def begin_upload(server: LiveServer) -> http.client.HTTPConnection:
    """A request whose body is half sent, so that a worker is waiting for the rest."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/api/me/tasks")
    connection.putheader("Authorization", f"Bearer {token_for('sender')}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders(BODY[:10])
    time.sleep(0.3)
    return connection


def finish_upload(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    connection.send(BODY[10:])
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def log_of(server: LiveServer) -> str:
    """What the server has logged, read without moving the place at which it goes on writing."""
    return os.pread(server._log.fileno(), 1 << 26, 0).decode()


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def test_sigterm_lets_a_request_in_flight_finish_and_then_ends(server: LiveServer) -> None:
    upload = begin_upload(server)
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "Handling signal: term" in log_of(server))
    time.sleep(0.3)
    assert server.process.poll() is None

    answer = finish_upload(upload)

    assert answer.status == 201
    assert server.process.wait(5) == 0


def test_sighup_changes_the_workers_without_a_failed_request(server: LiveServer) -> None:
    statuses: list[int | str] = []
    stop = threading.Event()

    def ask_on_fresh_connections() -> None:
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            try:
                connection.request("GET", "/health/live")
                statuses.append(connection.getresponse().status)
            except (OSError, http.client.HTTPException) as error:
                statuses.append(repr(error))
            finally:
                connection.close()

    upload = begin_upload(server)
    clients = [threading.Thread(target=ask_on_fresh_connections) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: log_of(server).count("Booting worker") == 4)
        slow = finish_upload(upload)
        wait_until(lambda: log_of(server).count("Worker exiting") == 2)
        seen_by_then = len(statuses)
        wait_until(lambda: len(statuses) > seen_by_then + 20)
    finally:
        stop.set()
        for client in clients:
            client.join()

    assert slow.status == 201
    assert set(statuses) == {200}


def test_in_production_every_line_of_the_log_is_a_json_object(server: LiveServer) -> None:
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == 0

    lines = [json.loads(line) for line in log_of(server).splitlines()]

    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert "Shutting down: Master" in [line["event"] for line in lines]
