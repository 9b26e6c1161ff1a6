"""The two that are compared, each under gunicorn: the app as in production, and the floor."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.postgres import DATA

ROOT = Path(__file__).resolve().parents[1]
SECRET = secrets.token_urlsafe(48)
HOST = "127.0.0.1"
THREADS = 8
START_WITHIN = 30.0
STOP_WITHIN = 10.0

CONFIGURATIONS = {"app": "gunicorn.conf.py", "floor": "bench/floor_gunicorn.py"}
CONTENDERS = tuple(CONFIGURATIONS)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. `pid` is gunicorn's master."""

    contender: str
    port: int
    pid: int


@contextlib.contextmanager
def serving(contender: str, database: str, *, workers: int) -> Iterator[Running]:
    """Starts a contender on the database with this address, and stops it with all its workers."""
    port, log = free_port(), DATA / f"{contender}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", CONFIGURATIONS[contender]],
            cwd=ROOT,
            env=_environment(port, database, workers),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for(process, port, log)
        yield Running(contender, port, process.pid)
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(port: int, database: str, workers: int) -> dict[str, str]:
    """Nothing of the caller's settings: production with logging on, the same for everyone."""
    return {
        "PATH": os.environ["PATH"],
        "APP_ENV": "production",
        "LOG_LEVEL": "INFO",
        "HOST": HOST,
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
        "THREADS": str(THREADS),
        "DATABASE_URL": database,
        "JWT_SECRET": SECRET,
    }


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_WITHIN
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > end:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it gave no reason"]
            raise BenchError(f"the server in {log.name[:-4]!r} does not start: {lines[-1]}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_WITHIN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
