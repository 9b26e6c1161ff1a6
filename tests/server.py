"""A real server for tests: gunicorn with the project's configuration, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[1]
START_WITHIN = 30.0
STOP_WITHIN = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LiveServer:
    """Starts on entering, stops on leaving. `log` is what it has printed."""

    def __init__(self, environment: Mapping[str, str], **overrides: str):
        self.port = free_port()
        self.environment = {**environment, "PORT": str(self.port), **overrides}
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile()
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"],
            cwd=ROOT,
            env={"PATH": path, "HOME": os.environ.get("HOME", "/"), **self.environment},
            stdout=self._log,
            stderr=self._log,
        )
        end = time.monotonic() + START_WITHIN
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start: {self.log}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: Any) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        return os.pread(self._log.fileno(), 1 << 26, 0).decode(errors="replace")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/live", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
