"""`make run`, as a person at a terminal meets it: what it prints, what it keeps, how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from tests.server import ROOT, free_port

START_WITHIN = 30.0
CURL = re.compile(r"^curl .*$", re.MULTILINE)

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="pastes its line into curl")


class Run:
    """One `make run`, in a process group of its own, as a terminal starts it."""

    def __init__(self, data: Path, **environ: str):
        self.port = free_port()
        self.data = data
        self.output = data.parent / f"output-{self.port}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.run", "--data", str(data)],
                cwd=ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": os.environ.get("HOME", "/"),
                    "PORT": str(self.port),
                    "WEB_CONCURRENCY": "1",
                    **environ,
                },
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        end = time.monotonic() + START_WITHIN
        while not CURL.search(self.printed):
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < end, self.printed
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.interrupt(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.interrupt(signal.SIGKILL)
            raise

    @property
    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def interrupt(self, number: int) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def paste_curl_line(self, *, lists: bool = False) -> dict:
        """What the printed line answers; without its -d it lists tasks, as the text says."""
        line = CURL.findall(self.printed)[0]
        line = re.sub(r" -d '.*'", "", line) if lists else line
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=10)
        return json.loads(done.stdout)["data"]

    def database_runs(self) -> bool:
        return (self.data / "postgres" / "postmaster.pid").exists()

    def gunicorn_pid(self) -> int:
        found = re.search(r"\[(\d+)\] \[INFO\] Starting gunicorn", self.printed)
        assert found is not None
        return int(found[1])

    def postgres_pid(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that all tests here share, as runs on one machine do."""
    return tmp_path_factory.mktemp("run") / "data"


def outcome(data: Path, **environ: str) -> tuple[int, str]:
    """The status and the output of a run that cannot start."""
    run = Run(data, **environ)
    return run.process.wait(20), run.printed


def titles(tasks: dict) -> list[str]:
    return [task["title"] for task in tasks["items"]]


def test_a_run_makes_what_the_next_one_finds_and_ctrl_c_leaves_nothing_behind(data: Path) -> None:
    with Run(data) as first:
        assert f"http://127.0.0.1:{first.port}/docs" in first.printed
        assert first.paste_curl_line()["title"] == "Buy milk"
        secret = (data / "jwt_secret").read_text()

        first.interrupt(signal.SIGINT)

        assert first.process.wait(10) == 0
        assert not first.database_runs()
        assert "Shutting down: Master" in first.printed
        assert "Traceback" not in first.printed

    with Run(data) as second:
        assert "Buy milk" in titles(second.paste_curl_line(lists=True))
        second.interrupt(signal.SIGTERM)
        assert second.process.wait(10) == 0
        assert not second.database_runs()

    assert (data / "jwt_secret").read_text() == secret
    assert (data / "jwt_secret").stat().st_mode & 0o777 == 0o600
    assert secret not in first.printed + second.printed


def test_a_second_run_says_what_is_in_its_way(data: Path) -> None:
    with Run(data) as run:
        status, printed = outcome(data)
        assert (status, printed.count("\n")) == (1, 1)
        assert "another run is using the database" in printed

        status, printed = outcome(data, PORT=str(run.port))
        assert (status, printed.count("\n")) == (1, 1)
        assert f"port {run.port} is in use" in printed
        assert f"PORT={run.port + 1} make run" in printed


def test_the_end_of_the_server_ends_the_database_and_is_an_error(data: Path) -> None:
    with Run(data) as run:
        os.kill(run.gunicorn_pid(), signal.SIGTERM)
        assert run.process.wait(10) == 1
        assert not run.database_runs()
        assert run.printed.splitlines()[-1].startswith("make run: the server stopped by itself")


def test_whatever_was_killed_the_next_run_starts(data: Path) -> None:
    with Run(data) as run:
        run.paste_curl_line()
        for pid in (run.process.pid, run.gunicorn_pid(), run.postgres_pid()):
            os.kill(pid, signal.SIGKILL)
    with Run(data) as run:
        for pid in (run.process.pid, run.gunicorn_pid()):
            os.kill(pid, signal.SIGKILL)
        assert run.database_runs()
    with Run(data) as run:
        assert "Buy milk" in titles(run.paste_curl_line(lists=True))


def test_a_given_database_and_gunicorns_own_arguments_are_used(
    tmp_path: Path, make_database: Callable[[], str]
) -> None:
    port = free_port()
    with Run(
        tmp_path / "data",
        DATABASE_URL=make_database(),
        GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{port} --log-level warning",
    ) as run:
        assert f"http://127.0.0.1:{port}/docs" in run.printed
        assert run.paste_curl_line()["title"] == "Buy milk"
        assert not (tmp_path / "data" / "postgres").exists()


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"JWT_SECRET": "short"}, "Configuration error: JWT_SECRET is too short"),
        ({"HOST": "192.0.2.1"}, "make run: HOST=192.0.2.1 is no address of this machine"),
        (
            {"DATABASE_URL": "postgresql://task:s3cret@127.0.0.1:1/tasks"},
            "make run: the database of DATABASE_URL does not answer: ",
        ),
        ({"GUNICORN_CMD_ARGS": "--no-such-thing"}, "make run: GUNICORN_CMD_ARGS: unrecognized"),
    ],
    ids=["secret", "host", "database", "gunicorn"],
)
def test_what_cannot_work_ends_with_one_line(
    tmp_path: Path, environ: dict[str, str], line: str
) -> None:
    status, printed = outcome(tmp_path / "data", **environ)
    assert status == 1
    assert printed.startswith(line)
    assert printed.count("\n") == 1
    assert "s3cret" not in printed
