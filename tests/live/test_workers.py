"""How gunicorn's workers share what comes in (app/worker.py)."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import LiveServer

CONNECTIONS = 40


@pytest.fixture
def server(environment: dict[str, str], app: object) -> Iterator[LiveServer]:
    with LiveServer(environment, WEB_CONCURRENCY="2") as server:
        yield server


def workers_of(server: LiveServer) -> list[str]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    end = time.monotonic() + 10
    while len(workers := children.read_text().split()) < 2:
        assert time.monotonic() < end, "the second worker did not start"
        time.sleep(0.05)
    return workers


def sockets_of(worker: str) -> int:
    files = Path(f"/proc/{worker}/fd").iterdir()
    return sum("socket:" in str(file.readlink()) for file in files if file.is_symlink())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_a_burst_of_lasting_connections_is_shared_between_the_workers(server: LiveServer) -> None:
    workers = workers_of(server)
    before = {worker: sockets_of(worker) for worker in workers}
    with contextlib.ExitStack() as open_ones:
        clients = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(CONNECTIONS)]
        for client in clients:
            client.connect()
            open_ones.callback(client.close)
        for client in clients:
            client.request("GET", "/health/live")
        for client in clients:
            assert client.getresponse().read()
        held = [sockets_of(worker) - before[worker] for worker in workers]
    assert min(held) >= CONNECTIONS / 4
