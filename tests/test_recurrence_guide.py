"""The recurrence guide: every rule in its tables and every request in its blocks is executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.tasks import routes

DOCUMENT = Path(__file__).parents[1] / "docs" / "recurrence.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CLOCK = re.compile(r"# It is (\S+)\.")
REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (\S+)")
RULES = ("The user picks", "Rule", "First due", "Then")
MODES = ("The user picks", "Mode", "Rule", "Due", "Done", "Next")
REFUSALS = ("Rule", "`details.recurrence_rule` (the task being due on 2026-03-01)")
END = "end"


@dataclass(frozen=True)
class Step:
    """One request of a story and the answer that is shown."""

    now: str | None
    method: str
    path: str
    body: Any
    status: int
    shown: Any


def rows_of(*header: str) -> list[list[str]]:
    """The cells of all tables with this header."""
    lines = TEXT.splitlines()
    rows = []
    for place, line in enumerate(lines):
        if cells_of(line) == list(header):
            for row in lines[place + 2 :]:
                if not row.startswith("|"):
                    break
                rows.append([cell.strip("`") for cell in cells_of(row)])
    assert rows, header
    return rows


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def stories() -> Iterator[Any]:
    """The steps of each block, under the heading where it stands."""
    for match in BLOCK.finditer(TEXT):
        heading = TEXT[: match.start()].rpartition("\n## ")[2].partition("\n")[0]
        assert match[1] == "http", "a block that no test would execute"
        yield pytest.param(list(steps_of(match[2])), id=heading)


def steps_of(block: str) -> Iterator[Step]:
    now, request = None, None
    for paragraph in block.strip().split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if said := CLOCK.fullmatch(first):
            now = said[1]
            first, _, rest = rest.partition("\n")
        if asked := REQUEST.fullmatch(first):
            assert request is None, f"no answer is shown before: {first}"
            request = (asked[1], asked[2], json.loads(rest) if rest else None)
        else:
            assert request is not None, f"an answer to nothing: {first}"
            yield Step(now, *request, int(first), json.loads(rest))
            request = None
    assert request is None, f"no answer is shown: {request}"


def assert_shown(shown: Any, actual: Any) -> None:
    """Is what the document shows a part of the answer? Lists have no further members."""
    if isinstance(shown, dict):
        assert set(shown) <= set(actual)
        for name, value in shown.items():
            assert_shown(value, actual[name])
    elif isinstance(shown, list):
        assert len(shown) == len(actual)
        for pair in zip(shown, actual, strict=True):
            assert_shown(*pair)
    else:
        assert (shown, type(shown)) == (actual, type(actual))


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    now = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC)
    monkeypatch.setattr(routes, "utc_now", lambda: now)


@pytest.mark.parametrize("story", list(stories()))
def test_every_story_goes_as_it_is_told(api, story, monkeypatch):
    ids: dict[str, str] = {}
    for step in story:
        if step.now is not None:
            set_clock(monkeypatch, step.now)
        path = step.path.format(**ids)
        answer = api.request(step.method, path, json=step.body)
        assert answer.status_code == step.status, answer.get_data(as_text=True)
        data = answer.json["data"]
        assert_shown(step.shown, data if step.status < 400 else answer.json["error"])
        if step.status == 201:
            ids["task"] = data["id"]
        if data and data.get("next_task"):
            ids["next"] = data["next_task"]["id"]


@pytest.mark.parametrize("row", rows_of(*RULES), ids=lambda row: row[0])
def test_every_common_rule_leads_to_the_dates_beside_it(api, row):
    _, rule, first, then = row
    task = api.make_task(due_date=first, recurrence_rule=rule)
    expected = then.split(", ")
    for date in expected:
        done = api.patch(f"/tasks/{task['id']}/complete", {"completed": True}).json["data"]
        task = done["next_task"]
        assert (END if task is None else task["due_date"]) == date
    assert len(expected) > 1


@pytest.mark.parametrize("row", rows_of(*MODES), ids=" ".join)
def test_every_late_or_early_completion_leads_to_the_date_beside_it(api, monkeypatch, row):
    _, mode, rule, due, done, expected = row
    task = api.make_task(due_date=due, recurrence_rule=rule, recurrence_mode=mode)
    set_clock(monkeypatch, f"{done}T12:00:00Z")
    answer = api.patch(f"/tasks/{task['id']}/complete", {"completed": True})
    left = answer.json["data"]["next_task"]
    assert (END if left is None else left["due_date"]) == expected


@pytest.mark.parametrize("row", rows_of(*REFUSALS), ids=lambda row: row[0])
def test_every_refusal_is_worded_as_shown(api, row):
    rule, message = row
    body = {"title": "Refused", "due_date": "2026-03-01", "recurrence_rule": rule}
    answer = api.post("/tasks", body)
    assert answer.status_code == 422
    assert answer.json["error"]["details"] == {"recurrence_rule": [message]}


def test_the_guide_covers_what_a_picker_needs():
    headings = set(re.findall(r"^## (.+)$", TEXT, re.MULTILINE))
    assert headings >= {"Common rules", "The preview", "Late", "Early", "Undone", "Edited", "Ended"}
    assert {row[1] for row in rows_of(*MODES)} == {"next", "future", "completion"}
