"""The comparison: every workload against the app and the floor in turn, A B B A.

Each cell has a server of its own, started for it, and a write also a database of its own, so that
no cell inherits what an earlier one left: sizes, caches of plans, memory.
"""

from __future__ import annotations

import os
import textwrap
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

from sqlalchemy.engine import make_url

from bench import load, measure
from bench.client import ask
from bench.errors import BenchError
from bench.load import Load
from bench.postgres import Postgres
from bench.proxy import Proxy, proxied
from bench.servers import CONTENDERS, Running, serving
from bench.workloads import Material, Request, Workload, page_of, requests_for, tokens_of

WORKERS = 2
WARM_UP = 2
DRAIN_AT_MOST = 15.0
MEMORY_AT = 0.7  # of the cell's time
CHECKED_REQUESTS = 5
MESSAGE = 1000  # characters of what each contender answered, where they differ
COPY = "task_api_bench_copy"
WRITTEN_COPY = f"{COPY}_written"


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how often and with what the comparison is made."""

    workloads: Sequence[Workload]
    contenders: Sequence[str] = CONTENDERS
    seconds: int = 5
    reps: int = 2
    connections: int = 32


@dataclass(frozen=True, slots=True)
class Cell:
    """One measured stretch of one workload. CPU is microseconds a request, memory is MiB."""

    workload: str
    contender: str
    rep: int
    requests: int
    rps: float
    p50: float
    p95: float
    p99: float
    errors: int
    server_us: float
    database_us: float
    client_us: float
    foreign_cpus: float
    memory: float

    @property
    def rps_by_cpu(self) -> float:
        """What this machine could carry if nobody else used it: hardly moves with others' load."""
        return (os.cpu_count() or 1) * 1e6 / (self.server_us + self.database_us + self.client_us)


class Comparison:
    """The cells of a plan over one seeded template."""

    def __init__(self, postgres: Postgres, template: str, material: Material, plan: Plan) -> None:
        self.plan = plan
        self._postgres, self._template, self._material = postgres, template, material
        self._tokens = tokens_of(material.users)
        self._cursors: dict[str, dict[str, str]] = {}
        self.checks: dict[str, dict[str, Any]] = {}

    def run(self) -> list[Cell]:
        cells = []
        self._check()
        with self._postgres.copy_of(self._template, COPY) as database:
            for workload in self.plan.workloads:
                for rep in range(self.plan.reps):
                    turn = self.plan.contenders[:: -1 if rep % 2 else 1]
                    for contender in turn:
                        cell = self._cell_of(workload, contender, rep, database)
                        print(_line(cell), flush=True)
                        cells.append(cell)
        return cells

    def _cell_of(self, workload: Workload, contender: str, rep: int, database: str) -> Cell:
        with ExitStack() as stack:
            if workload.is_write:
                fresh = self._postgres.copy_of(self._template, WRITTEN_COPY)
                database = stack.enter_context(fresh)
            server = stack.enter_context(serving(contender, database, workers=WORKERS))
            requests = self._requests(workload, contender)
            path = stack.enter_context(load.request_file(requests, self._tokens))
            connections, seconds = self.plan.connections, self.plan.seconds
            roots = (server.pid, self._postgres.pid)
            load.drive(server.port, path, seconds=WARM_UP, connections=connections)
            measure.wait_until_idle(roots, at_most=DRAIN_AT_MOST)

            memory = []

            def read_memory() -> None:
                time.sleep(seconds * MEMORY_AT)
                memory.append(measure.proportional_set_size(server.pid))

            before = self._used(server)
            seen = load.drive(
                server.port, path, seconds=seconds, connections=connections, meanwhile=read_memory
            )
            during = self._used(server)
            measure.wait_until_idle(roots, at_most=DRAIN_AT_MOST)
            after = self._used(server)
        return _cell(workload, contender, rep, seen, before, during, after, connections, memory[0])

    def _used(self, server: Running) -> _Used:
        client = getrusage(RUSAGE_CHILDREN)
        return _Used(
            server=measure.cpu_seconds([server.pid]),
            database=measure.cpu_seconds([self._postgres.pid]),
            client=client.ru_utime + client.ru_stime,
            own=time.process_time(),
            machine=measure.machine_cpu_seconds(),
        )

    def _requests(self, workload: Workload, contender: str) -> list[Request]:
        cursors = self._cursors[contender]
        return requests_for(workload, replace(self._material, cursors=cursors))

    def _check(self) -> None:
        """Fetches each contender's cursors, and makes sure that all do and answer the same.

        Each has a copy of the data to itself, so that all find it equal whatever they write.
        """
        with ExitStack() as stack:
            checked = []
            for contender in self.plan.contenders:
                copy = self._postgres.copy_of(self._template, f"{COPY}_{contender}")
                proxy = stack.enter_context(proxied(make_url(stack.enter_context(copy))))
                server = stack.enter_context(serving(contender, proxy.address, workers=1))
                checked.append((server, proxy))
                self._cursors[contender] = {
                    user: self._cursor_of(server, user) for user in self._material.users
                }
            for workload in self.plan.workloads:
                self.checks[workload.name] = self._check_workload(workload, checked)

    def _cursor_of(self, server: Running, user: str) -> str:
        offset = max(0, self._material.deep_offset - 1)
        status, data = self._ask(server, page_of(user, offset=offset, limit=1))
        if status != 200 or data["pagination"]["next_cursor"] is None:
            raise BenchError(f"{server.contender} gives no cursor at offset {offset}: more tasks?")
        cursor: str = data["pagination"]["next_cursor"]
        return cursor

    def _check_workload(
        self, workload: Workload, checked: Sequence[tuple[Running, Proxy]]
    ) -> dict[str, Any]:
        asked = {server: self._requests(workload, server.contender) for server, _ in checked}
        seen: list[dict[str, Any]] = []
        for number in range(CHECKED_REQUESTS):
            outlines, queries = [], []
            for server, proxy in checked:
                proxy.take()
                outlines.append(_outline(*self._ask(server, asked[server][number])))
                queries.append(proxy.take().outline)
            if any(outline != outlines[0] for outline in outlines) or outlines[0]["status"] >= 400:
                raise BenchError(f"{workload.name}: the answers differ or fail: {_cut(outlines)}")
            if any(texts != queries[0] for texts in queries):
                raise BenchError(f"{workload.name}: they send different SQL: {_cut(queries)}")
            seen.append(outlines[0])
        pages = [outline for outline in seen if "items" in outline]
        return {
            "status": seen[0]["status"],
            "items": max((len(page["items"]) for page in pages), default=None),
            "total": max((page["total"] or 0 for page in pages), default=None),
        }

    def _ask(self, server: Running, request: Request) -> tuple[int, Any]:
        return ask(server.port, request, self._tokens[request.user_id])


@dataclass(frozen=True, slots=True)
class _Used:
    """CPU seconds so far. `own` is this process, `client` the wrk processes that have ended."""

    server: float
    database: float
    client: float
    own: float
    machine: float

    @property
    def ours(self) -> float:
        return self.server + self.database + self.client + self.own


def _cell(
    workload: Workload,
    contender: str,
    rep: int,
    seen: Load,
    before: _Used,
    during: _Used,
    after: _Used,
    connections: int,
    memory: float,
) -> Cell:
    # When wrk leaves, each connection's last request is still served: it took CPU and is counted.
    served = seen.requests - seen.errors + connections
    foreign = (during.machine - before.machine) - (during.ours - before.ours)
    return Cell(
        workload=workload.name,
        contender=contender,
        rep=rep,
        requests=seen.requests,
        rps=seen.rps,
        p50=seen.p50,
        p95=seen.p95,
        p99=seen.p99,
        errors=seen.errors,
        server_us=(after.server - before.server) * 1e6 / served,
        database_us=(after.database - before.database) * 1e6 / served,
        client_us=(after.client - before.client) * 1e6 / served,
        foreign_cpus=max(0.0, foreign / seen.seconds),
        memory=memory,
    )


def _outline(status: int, data: Any) -> dict[str, Any]:
    """What must be equal: of a page its tasks and total, of a task all that no clock has made."""
    if isinstance(data, dict) and "items" in data:
        items = [item["title"] for item in data["items"]]
        return {"status": status, "items": items, "total": data["pagination"]["total"]}
    names = sorted(data) if isinstance(data, dict) else None
    title = data.get("title") if isinstance(data, dict) else None
    return {"status": status, "names": names, "title": title}


def _cut(seen: Sequence[object]) -> str:
    return "; ".join(textwrap.shorten(str(one), MESSAGE) for one in seen)


def _line(cell: Cell) -> str:
    return (
        f"{cell.workload:<20} {cell.contender:<6} {cell.rps:8.0f} rps"
        f"  p50 {cell.p50:7.1f}  p95 {cell.p95:7.1f}  p99 {cell.p99:7.1f} ms"
        f"  errors {cell.errors}"
        f"  us: server {cell.server_us:5.0f}, database {cell.database_us:6.0f}"
        f"  others {cell.foreign_cpus:.1f} cpu"
    )
