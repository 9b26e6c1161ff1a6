"""The benchmark's pure parts: its data, its reading of wrk, its page and its chart."""

from __future__ import annotations

import uuid
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from app.text import fold
from bench import chart, dataset, report
from bench.errors import BenchError
from bench.load import parse_load
from bench.proxy import Traffic
from bench.results import Results
from bench.run import Cell

CELL = Cell(
    workload="get_one",
    contender="app",
    rep=0,
    requests=5000,
    rps=1000,
    p50=10,
    p95=20,
    p99=30,
    errors=0,
    server_us=600,
    database_us=300,
    client_us=100,
    foreign_cpus=0.1,
    memory=90,
)
RESULTS = Results(
    made_at="2026-03-01T12:00:00+00:00",
    command="python -m bench run",
    machine="2 cores",
    versions="Python 3.11",
    users=20,
    tasks=50_000,
    workers=2,
    connections=32,
    seconds=5,
    reps=2,
    cells=[CELL, replace(CELL, rep=1, rps=1200), replace(CELL, contender="floor", rps=2200)],
    checks={},
)


def test_the_data_is_the_same_each_time_and_keyed_as_the_app_keys_it():
    lines = list(dataset.task_lines(users=2, tasks=20))

    assert lines == list(dataset.task_lines(users=2, tasks=20))
    for line in lines:
        row = dict(zip(dataset.COLUMNS, line.rstrip("\n").split("\t"), strict=True))
        description = "" if row["description"] == dataset.NULL else row["description"]
        assert uuid.UUID(row["id"]).version == 7
        assert row["title_key"] == fold(row["title"])
        assert row["search_text"] == rf"{fold(row['title'])}\n{fold(description)}"


def test_what_wrk_prints_is_read_in_milliseconds_with_all_its_errors():
    load = parse_load(
        "Running 1s test\nmeasured requests=900 microseconds=2000000 p50=1500 p95=2500 p99=9000"
        " statuses=60 sockets=40\n"
    )

    assert (load.p50, load.p95, load.p99, load.errors, load.rps) == (1.5, 2.5, 9.0, 100, 400)


def test_a_wrk_that_failed_is_an_error_with_its_words():
    with pytest.raises(BenchError, match="unable to connect"):
        parse_load("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_the_page_has_medians_and_the_share_of_the_floor():
    page = report.page([RESULTS])

    assert "## 20 users of 50,000 tasks" in page
    assert "| get one | app | 1,100 | 10.0 | 20.0 | 30.0 | 0 | 600 | 300 |" in page
    assert "| 50% | 100% |" in page


def test_the_chart_draws_the_longest_bar_for_the_fastest():
    svg = ElementTree.fromstring(chart.chart([RESULTS]))

    bars = [rect for rect in svg.iter("{http://www.w3.org/2000/svg}rect") if "rx" in rect.attrib]
    widths = {bar.attrib["class"]: float(bar.attrib["width"]) for bar in bars}
    assert widths == {"app": chart.BARS_WIDTH / 2, "floor": chart.BARS_WIDTH}


def test_the_same_sql_with_other_values_has_the_same_outline():
    first = Traffic(["BEGIN", "SELECT f('it''s', 'x'::text[]) LIMIT 5", "COMMIT"])
    second = Traffic(["PREPARE a AS SELECT 1; EXECUTE a ('x')"])

    assert first.outline == ["SELECT f(?, ?) LIMIT 5"]
    assert second.outline == ["EXECUTE a (?)"]
