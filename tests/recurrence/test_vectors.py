"""The facts of the public corpora, over HTTP: by the preview, and some by completion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api.answers import problems_of
from tests.recurrence.steps import due_dates, preview

FILE = Path(__file__).parents[1] / "data" / "recurrence_vectors.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
REFUSED = [vector for vector in VECTORS if vector.get("refused")]
ACCEPTED = [vector for vector in VECTORS if not vector.get("refused")]
STEP_BY_STEP = [v for v in ACCEPTED if len(v["expected"]) <= 12][::4]
LONGEST = 100


def name(vector: dict[str, Any]) -> str:
    return vector["id"]


def fields_of(vector: dict[str, Any]) -> dict[str, str]:
    return {
        "recurrence_rule": vector["rule"],
        "due_date": vector["dtstart"],
        "timezone": vector["tzid"] or "UTC",
    }


def answered(text: str, zone: str | None) -> str:
    """A fact's local time as the API answers it."""
    if "T" not in text:
        return text
    instant = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone or "UTC")).astimezone(UTC)
    return instant.isoformat().replace("+00:00", "Z")


def expected_of(vector: dict[str, Any]) -> list[str]:
    return [answered(text, vector["tzid"]) for text in vector["expected"]]


@pytest.mark.parametrize("vector", ACCEPTED, ids=name)
def test_the_preview_lists_the_series(api, vector):
    expected = expected_of(vector)
    task = api.make_task(**fields_of(vector))
    assert task["due_date"] == expected[0]

    found = preview(api, task, limit=LONGEST)
    dates = [item["due_date"] for item in found["items"]]
    assert dates[: len(expected) - 1] == expected[1 : LONGEST + 1]
    if vector["complete"] and len(expected) <= LONGEST:
        assert len(dates) == len(expected) - 1
        assert found["has_more"] is False
    if len(expected) > LONGEST + 1:
        rest = preview(api, task, limit=LONGEST, from_=expected[LONGEST + 1])
        assert [item["due_date"] for item in rest["items"]] == expected[LONGEST + 1 :]
        assert found["has_more"] is True
        assert rest["items"][0]["occurrence"] == LONGEST + 2


@pytest.mark.parametrize("vector", STEP_BY_STEP, ids=name)
def test_completing_task_after_task_gives_the_series(api, vector):
    expected = expected_of(vector)
    task = api.make_task(**fields_of(vector))
    length = len(expected) + bool(vector["complete"])
    assert due_dates(api, task, at_most=length) == expected


@pytest.mark.parametrize("vector", REFUSED, ids=name)
def test_a_series_without_dates_is_refused(api, vector):
    answer = api.post("/tasks", {"title": "Never", **fields_of(vector)})
    assert set(problems_of(answer)) == {"recurrence_rule"}
