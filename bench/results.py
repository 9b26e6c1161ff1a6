"""The results of a run as a file, and what it was run on."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from bench.errors import BenchError
from bench.postgres import Postgres
from bench.run import WORKERS, Cell, Plan

FOLDER = Path(__file__).with_name("results")
PACKAGES = ("flask", "gunicorn", "sqlalchemy", "psycopg2-binary", "orjson", "pyjwt")


@dataclass(frozen=True, slots=True)
class Results:
    """One run at one size."""

    made_at: str
    command: str
    machine: str
    versions: str
    users: int
    tasks: int
    workers: int
    connections: int
    seconds: int
    reps: int
    cells: list[Cell]
    checks: dict[str, dict[str, Any]]

    @property
    def size(self) -> str:
        return f"{self.users} users of {self.tasks:,} tasks"


def collect(
    postgres: Postgres,
    users: int,
    tasks: int,
    plan: Plan,
    cells: Sequence[Cell],
    checks: dict[str, dict[str, Any]],
) -> Results:
    return Results(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        command=" ".join(["python -m bench", *sys.argv[1:]]),
        machine=_machine(),
        versions=_versions(postgres),
        users=users,
        tasks=tasks,
        workers=WORKERS,
        connections=plan.connections,
        seconds=plan.seconds,
        reps=plan.reps,
        cells=list(cells),
        checks=checks,
    )


def save(results: Results) -> Path:
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{results.users}x{results.tasks}.json"
    path.write_bytes(orjson.dumps(asdict(results), option=orjson.OPT_INDENT_2))
    return path


def load_results(paths: Sequence[Path]) -> list[Results]:
    """The named results, or all there are, the smallest size first."""
    found = list(paths) or sorted(FOLDER.glob("*.json"))
    if not found:
        raise BenchError("there are no results: run `python -m bench run` first")
    read = [orjson.loads(path.read_bytes()) for path in found]
    runs = [Results(**{**run, "cells": [Cell(**cell) for cell in run["cells"]]}) for run in read]
    return sorted(runs, key=lambda run: run.users * run.tasks)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = _first_after("model name", Path("/proc/cpuinfo"))
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, load averages at the end {load}"
    )


def _first_after(name: str, path: Path) -> str:
    lines = path.read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")


def _versions(postgres: Postgres) -> str:
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    named = [f"Python {platform.python_version()}", f"PostgreSQL {postgres.version}"]
    named += [f"{package} {version(package)}" for package in PACKAGES]
    return ", ".join([*named, " ".join(wrk.split()[:2])])
