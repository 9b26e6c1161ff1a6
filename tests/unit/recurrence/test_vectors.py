"""The public corpora's facts, through repeated completion and through the preview."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.recurrence import InvalidRule, Mode, Position, parse_rule, upcoming, zone_named
from tests.unit.recurrence.examples import complete, shown, start, wall

FILE = Path(__file__).parents[2] / "data" / "recurrence_vectors.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
ACCEPTED = [vector for vector in VECTORS if not vector.get("refused")]
REFUSED = [vector for vector in VECTORS if vector.get("refused")]


def name(vector: dict[str, Any]) -> str:
    return str(vector["id"])


def expected_of(vector: dict[str, Any]) -> list[str]:
    zone = vector["tzid"] or "UTC"
    times = [wall(text).isoformat() for text in vector["expected"]]
    return [shown(wall(text), zone) for text in times]


def length_of(vector: dict[str, Any]) -> int:
    """One more than expected where the list is the whole series."""
    return len(vector["expected"]) + bool(vector["complete"])


@pytest.mark.parametrize("vector", ACCEPTED, ids=name)
def test_completing_task_after_task_gives_the_series(vector: dict[str, Any]) -> None:
    zone = vector["tzid"] or "UTC"
    position: Position | None = start(vector["rule"], vector["dtstart"], zone)
    slots: list[str] = []
    while position is not None and len(slots) < length_of(vector):
        slots.append(shown(position.slot, zone))
        position = complete(vector["rule"], position, zone)
    assert slots == expected_of(vector)


@pytest.mark.parametrize("vector", ACCEPTED, ids=name)
def test_the_preview_gives_the_series(vector: dict[str, Any]) -> None:
    zone = vector["tzid"] or "UTC"
    position = start(vector["rule"], vector["dtstart"], zone)
    found, has_more = upcoming(
        parse_rule(vector["rule"]),
        position,
        position.slot,
        zone_named(zone),
        Mode.NEXT,
        start=None,
        end=None,
        limit=len(vector["expected"]) - 1,
    )
    assert [shown(after.slot, zone) for after in (position, *found)] == expected_of(vector)
    assert not (has_more and vector["complete"])


@pytest.mark.parametrize("vector", REFUSED, ids=name)
def test_a_rule_that_yields_nothing_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(InvalidRule):
        start(vector["rule"], vector["dtstart"], vector["tzid"] or "UTC")
