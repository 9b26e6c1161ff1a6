"""The load: wrk, sending a list of requests over real HTTP."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from bench.servers import HOST
from bench.workloads import Request

SCRIPT = Path(__file__).with_name("wrk.lua")
MEASURED = re.compile(
    r"measured requests=(\d+) microseconds=(\d+) p50=(\d+) p95=(\d+) p99=(\d+)"
    r" statuses=(\d+) sockets=(\d+)"
)
TIMEOUT = 10  # seconds that wrk waits for an answer
GRACE = 30.0  # seconds that wrk may take longer than it was told to


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw. Latencies are milliseconds; errors are statuses from 400 and broken sockets."""

    requests: int
    seconds: float
    p50: float
    p95: float
    p99: float
    errors: int

    @property
    def rps(self) -> float:
        return (self.requests - self.errors) / self.seconds


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise BenchError("wrk is missing: install it (Debian, Ubuntu: apt install wrk)")


@contextlib.contextmanager
def request_file(requests: Sequence[Request], tokens: Mapping[str, str]) -> Iterator[Path]:
    """The requests as the file that `wrk.lua` reads."""
    with tempfile.NamedTemporaryFile("w", prefix="task-api-bench-", suffix=".tsv") as file:
        for request in requests:
            line = (request.method, request.target, tokens[request.user_id], request.body)
            file.write("\t".join(line) + "\n")
        file.flush()
        yield Path(file.name)


def drive(
    port: int,
    requests: Path,
    *,
    seconds: int,
    connections: int,
    meanwhile: Callable[[], None] = lambda: None,
) -> Load:
    """Sends the requests for so long over so many connections; `meanwhile` runs under the load."""
    process = subprocess.Popen(
        [
            *("wrk", "--threads", "1", "--connections", str(connections)),
            *("--duration", f"{seconds}s", "--timeout", f"{TIMEOUT}s"),
            *("--script", str(SCRIPT), f"http://{HOST}:{port}", "--", str(requests)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        meanwhile()
        output, _ = process.communicate(timeout=seconds + GRACE)
    except subprocess.TimeoutExpired:
        raise BenchError("wrk does not end") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return parse_load(output)


def parse_load(output: str) -> Load:
    """Reads the line that `wrk.lua` prints; raises BenchError where there is none."""
    found = MEASURED.search(output)
    if found is None:
        raise BenchError(f"wrk failed: {output.strip()[-300:]}")
    count, microseconds, p50, p95, p99, statuses, sockets = map(int, found.groups())
    return Load(
        requests=count,
        seconds=microseconds / 1e6,
        p50=p50 / 1000,
        p95=p95 / 1000,
        p99=p99 / 1000,
        errors=statuses + sockets,
    )
