"""Results as a Markdown page, with the ratios between the app and the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.results import Results
from bench.run import Cell
from bench.workloads import BY_NAME

HEADERS = (
    *("workload", "", "requests/s", "p50 ms", "p95", "p99", "errors", "server µs", "database µs"),
    *("rps by CPU", "app/floor", "by CPU"),
)
EXPLANATION = """\
Made by `python -m bench report` from the last run of each size; not to be edited.

The *app* is the real server under gunicorn with the project's own configuration, logging on. The
*floor* is a bare WSGI callable that verifies the token and sends the same SQL (`bench/floor.py`):
no framework, no validation, no log. Before anything is timed, both have to send the same statements
and answer the same tasks and totals to some requests of each workload.

`server µs` and `database µs` are CPU per successful request. `rps by CPU` is the number of cores
over the CPU seconds of one request (server, database and client), which load from other programs
hardly moves; `requests/s` and latencies are as measured. Figures are medians over the repetitions.
The last two columns are the app's share of the floor, by requests per second and by CPU.
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """The medians of one workload and contender over its repetitions; `errors` is a sum."""

    rps: float
    p50: float
    p95: float
    p99: float
    errors: int
    server_us: float
    database_us: float
    rps_by_cpu: float

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Summary:
        return cls(
            rps=median(cell.rps for cell in cells),
            p50=median(cell.p50 for cell in cells),
            p95=median(cell.p95 for cell in cells),
            p99=median(cell.p99 for cell in cells),
            errors=sum(cell.errors for cell in cells),
            server_us=median(cell.server_us for cell in cells),
            database_us=median(cell.database_us for cell in cells),
            rps_by_cpu=median(cell.rps_by_cpu for cell in cells),
        )


def summaries(results: Results) -> dict[str, dict[str, Summary]]:
    """By workload, then by contender, in the order of the run."""
    grouped: dict[str, dict[str, list[Cell]]] = {}
    for cell in results.cells:
        grouped.setdefault(cell.workload, {}).setdefault(cell.contender, []).append(cell)
    return {
        workload: {name: Summary.of(cells) for name, cells in sorted(by_contender.items())}
        for workload, by_contender in grouped.items()
    }


def page(runs: Sequence[Results]) -> str:
    """The whole of docs/benchmark.md."""
    parts = ["# Benchmark", EXPLANATION.rstrip(), "![Requests per second](benchmark.svg)"]
    parts += [section(results) for results in runs]
    return "\n\n".join(parts) + "\n"


def section(results: Results) -> str:
    return "\n\n".join(
        [
            f"## {results.size}",
            _conditions(results),
            table(results),
            _memory(results),
        ]
    )


def table(results: Results) -> str:
    rows = [HEADERS, tuple("---" if n < 2 else "---:" for n in range(len(HEADERS)))]
    for workload, by_contender in summaries(results).items():
        for number, (contender, summary) in enumerate(by_contender.items()):
            floor = by_contender.get("floor") if contender == "app" else None
            title = BY_NAME[workload].title if number == 0 else ""
            rows.append((title, contender, *_figures(summary), *_ratios(summary, floor)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _figures(summary: Summary) -> tuple[str, ...]:
    latencies = (f"{value:.1f}" for value in (summary.p50, summary.p95, summary.p99))
    return (
        f"{summary.rps:,.0f}",
        *latencies,
        str(summary.errors),
        f"{summary.server_us:,.0f}",
        f"{summary.database_us:,.0f}",
        f"{summary.rps_by_cpu:,.0f}",
    )


def _ratios(summary: Summary, floor: Summary | None) -> tuple[str, str]:
    if floor is None:
        return "", ""
    return f"{summary.rps / floor.rps:.0%}", f"{summary.rps_by_cpu / floor.rps_by_cpu:.0%}"


def _conditions(results: Results) -> str:
    return (
        f"{results.made_at}; {results.machine}; {results.versions}. "
        f"{results.workers} workers, {results.connections} connections, "
        f"{results.seconds} s × {results.reps} for each figure, made by `{results.command}`."
    )


def _memory(results: Results) -> str:
    most = max((cell.memory for cell in results.cells if cell.contender == "app"), default=0)
    foreign = max((cell.foreign_cpus for cell in results.cells), default=0)
    return (
        f"Memory of the app's master and {results.workers} workers under load, at the most: "
        f"**{most:.0f} MiB** (proportional set size). Other programs took up to {foreign:.1f} CPUs "
        "meanwhile."
    )
