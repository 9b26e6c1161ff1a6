"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from bench import chart, connections, load, report, statements
from bench.errors import BenchError
from bench.postgres import VARIABLE, running_server
from bench.results import collect, load_results, save
from bench.run import Comparison, Plan
from bench.seed import seeded_template
from bench.servers import CONTENDERS
from bench.workloads import BY_NAME, WORKLOADS, Workload, material_in

DOCS = Path(__file__).resolve().parents[1] / "docs"
DESCRIPTION = """\
Measures the API: the real server under gunicorn, driven over HTTP by wrk, beside a floor that does
the same SQL without a framework. Everything runs on this machine, on a PostgreSQL of its own or on
the server that BENCH_DATABASE_URL names, and everything that it starts it stops."""
EPILOG = f"""\
workloads: {", ".join(workload.name for workload in WORKLOADS)}

{VARIABLE}  a PostgreSQL server on this machine, in the role of one who may create
                    databases, e.g. postgresql://bench@127.0.0.1:5432/postgres"""


def main() -> int:
    """Runs the command that the arguments name, and returns the exit status."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: stopped", file=sys.stderr)
        return 130
    return 0


def run(arguments: argparse.Namespace) -> None:
    load.require_wrk()
    plan = Plan(
        workloads=arguments.workloads,
        contenders=(arguments.only,) if arguments.only else CONTENDERS,
        seconds=arguments.seconds,
        reps=arguments.reps,
        connections=arguments.connections,
    )
    users, tasks = arguments.users, arguments.tasks
    with running_server() as postgres:
        template = seeded_template(postgres, users, tasks)
        material = material_in(postgres, template, users, tasks)
        comparison = Comparison(postgres, template, material, plan)
        cells = comparison.run()
        results = collect(postgres, users, tasks, plan, cells, comparison.checks)
    save(results)
    print(f"\n{report.section(results)}")


def show_report(arguments: argparse.Namespace) -> None:
    runs = load_results(arguments.results)
    (DOCS / "benchmark.md").write_text(report.page(runs))
    (DOCS / "benchmark.svg").write_text(chart.chart(runs))
    print("wrote docs/benchmark.md and docs/benchmark.svg")


def seed(arguments: argparse.Namespace) -> None:
    with running_server() as postgres:
        print(seeded_template(postgres, arguments.users, arguments.tasks))


def count_statements(arguments: argparse.Namespace) -> None:
    with running_server() as postgres:
        template = seeded_template(postgres, arguments.users, arguments.tasks)
        material = material_in(postgres, template, arguments.users, arguments.tasks)
        counts = statements.count(postgres, template, material)
    print(statements.texts(counts) if arguments.texts else statements.table(counts))


def soak(arguments: argparse.Namespace) -> None:
    with running_server() as postgres:
        template = seeded_template(postgres, arguments.users, arguments.tasks)
        material = material_in(postgres, template, arguments.users, arguments.tasks)
        print(
            connections.soak(
                postgres,
                template,
                material,
                connections=arguments.connections,
                busy=arguments.busy,
                seconds=arguments.seconds,
            )
        )


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    comparing = _command(commands, run, "run", "compare app and floor, save and print the results")
    _add_size(comparing)
    comparing.add_argument("--seconds", type=_count, default=5, help="of each cell (5)")
    comparing.add_argument("--reps", type=_count, default=2, help="of each cell, A B B A (2)")
    comparing.add_argument("--connections", type=_count, default=32, help="of the client (32)")
    comparing.add_argument("--only", choices=CONTENDERS, help="measure this one alone")
    comparing.add_argument(
        "--workloads",
        type=_workloads,
        default=list(WORKLOADS),
        metavar="NAME,NAME",
        help="these alone (all)",
    )

    reporting = _command(commands, show_report, "report", "write docs/benchmark.md and .svg anew")
    reporting.add_argument(
        "results", nargs="*", type=Path, help="files of results (all in bench/results)"
    )

    seeding = _command(commands, seed, "seed", "make the database of a size, if need be")
    _add_size(seeding)

    counting = _command(
        commands, count_statements, "statements", "count each endpoint's SQL and round trips"
    )
    _add_size(counting)
    counting.add_argument("--texts", action="store_true", help="print the statements instead")

    soaking = _command(commands, soak, "connections", "hold many connections, a part of them busy")
    _add_size(soaking)
    soaking.add_argument("--connections", type=_count, default=1000, help="open at once (1000)")
    soaking.add_argument("--busy", type=_count, default=100, help="of them sending (100)")
    soaking.add_argument("--seconds", type=_count, default=10, help="of sending (10)")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    function: Callable[[argparse.Namespace], None],
    name: str,
    purpose: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}."
    )
    parser.set_defaults(command=function)
    return parser


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--users", type=_count, default=20, help="in the database (20)")
    parser.add_argument("--tasks", type=_count, default=500, help="of each user (500)")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return int(text)


def _workloads(text: str) -> list[Workload]:
    names = text.split(",")
    if unknown := [name for name in names if name not in BY_NAME]:
        raise argparse.ArgumentTypeError(f"no workload is named {unknown[0]!r}")
    return [BY_NAME[name] for name in names]
