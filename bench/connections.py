"""The soak: many connections kept open, a part of them busy, and what that costs."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles

from bench import measure
from bench.errors import BenchError
from bench.postgres import Postgres
from bench.run import COPY, WORKERS
from bench.servers import HOST, serving
from bench.workloads import BY_NAME, Material, requests_for, tokens_of

SPARE_FILES = 200
OPENED_AT_ONCE = 50
ANSWER_WITHIN = 15.0


@dataclass(slots=True)
class Soaked:
    """What the clients saw. Latencies are milliseconds, of the busy connections."""

    opened: int = 0
    kept: int = 0
    errors: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    memory: float = 0.0


def soak(
    postgres: Postgres,
    template: str,
    material: Material,
    *,
    connections: int,
    busy: int,
    seconds: int,
) -> str:
    """Opens them all, lets `busy` of them send for so long, then tries whether all still work."""
    if busy > connections:
        raise BenchError("--busy must not be more than --connections")
    _allow_open_files(2 * connections + SPARE_FILES)
    tokens = tokens_of(material.users)
    messages = [
        f"GET {request.target} HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Authorization: Bearer {tokens[request.user_id]}\r\n\r\n".encode()
        for request in requests_for(BY_NAME["get_one"], material)
    ]
    with (
        postgres.copy_of(template, COPY) as database,
        serving("app", database, workers=WORKERS) as server,
    ):
        soaked = Soaked()
        asyncio.run(_soak(soaked, server.port, server.pid, messages, connections, busy, seconds))
    return _report(soaked, connections, busy, seconds)


class _Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def ask(self, message: bytes) -> None:
        """Sends a request and reads its answer; raises OSError where that is none, or no 200."""
        self.writer.write(message)
        async with asyncio.timeout(ANSWER_WITHIN):
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            await self._reader.readexactly(int(length))
        if not head.startswith(b"http/1.1 200"):
            raise OSError(f"answered {head[9:12].decode()}")


async def _soak(
    soaked: Soaked,
    port: int,
    server: int,
    messages: Sequence[bytes],
    connections: int,
    busy: int,
    seconds: int,
) -> None:
    async with _opened(soaked, port, connections) as opened:
        soaked.opened = await _ask_each(soaked, opened, messages)
        end = time.monotonic() + seconds
        sending = [
            asyncio.create_task(_send(soaked, connection, messages[number:], end))
            for number, connection in enumerate(opened[:busy])
        ]
        await asyncio.sleep(seconds / 2)
        soaked.memory = await asyncio.to_thread(measure.proportional_set_size, server)
        await asyncio.gather(*sending)
        soaked.kept = await _ask_each(soaked, opened, messages)


@asynccontextmanager
async def _opened(soaked: Soaked, port: int, connections: int) -> AsyncIterator[list[_Connection]]:
    opened: list[_Connection] = []
    try:
        for _ in range(connections):
            try:
                opened.append(_Connection(*await asyncio.open_connection(HOST, port)))
            except OSError as error:
                soaked.errors.append(f"open: {error}")
        yield opened
    finally:
        for connection in opened:
            connection.writer.close()


async def _ask_each(
    soaked: Soaked, opened: Sequence[_Connection], messages: Sequence[bytes]
) -> int:
    """How many of the connections answered one request each."""
    answered = 0
    for first in range(0, len(opened), OPENED_AT_ONCE):
        some = opened[first : first + OPENED_AT_ONCE]
        asking = (connection.ask(messages[0]) for connection in some)
        for outcome in await asyncio.gather(*asking, return_exceptions=True):
            if isinstance(outcome, BaseException):
                soaked.errors.append(_named(outcome))
            else:
                answered += 1
    return answered


async def _send(
    soaked: Soaked, connection: _Connection, messages: Sequence[bytes], end: float
) -> None:
    number = 0
    while (begin := time.monotonic()) < end:
        try:
            await connection.ask(messages[number % len(messages)])
        except (OSError, EOFError, TimeoutError) as error:
            soaked.errors.append(_named(error))
            return
        soaked.latencies.append((time.monotonic() - begin) * 1000)
        number += 1


def _named(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _allow_open_files(wanted: int) -> None:
    """Raises this process's limit, which the servers that it starts inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchError(f"the limit of open files is {hard}, {wanted} are needed (ulimit -n)")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _report(soaked: Soaked, connections: int, busy: int, seconds: int) -> str:
    lines = [
        f"{soaked.opened} of {connections} connections opened and answered, {busy} of them busy "
        f"for {seconds} s, {soaked.kept} answered afterwards",
        f"errors: {len(soaked.errors)}" + "".join(f"\n  {text}" for text in soaked.errors[:5]),
    ]
    if len(soaked.latencies) > 1:
        cuts = quantiles(soaked.latencies, n=100)
        lines.append(
            f"{len(soaked.latencies) / seconds:.0f} requests/s; latency ms: p50 {cuts[49]:.1f}, "
            f"p95 {cuts[94]:.1f}, p99 {cuts[98]:.1f}, most {max(soaked.latencies):.1f}"
        )
    lines.append(f"memory of the master and {WORKERS} workers: {soaked.memory:.0f} MiB PSS")
    return "\n".join(lines)
