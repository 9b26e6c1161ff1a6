"""A user with a varied collection of tasks, made once for each test."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Pacific/Kiritimati"]
WORDS = ["Milk", "milch", "STRASSE", "straße", "50%", "under_score", "Éclair", "ﬁne", "ab", "x"]
TAGS = ["home", "Work", "é", "Straße", "rare"]
FIRST_DAY = date(2031, 2, 1)


def random_fields(chance: random.Random) -> dict[str, Any]:
    """The body of a random task; values repeat, so that orders have ties."""
    day = FIRST_DAY + timedelta(days=chance.randrange(12))
    due = chance.choice([None, f"{day}", f"{day}T{chance.randrange(24):02}:00:00Z"])
    fields = {
        "title": " ".join(chance.choices(WORDS, k=chance.randint(1, 3))),
        "description": chance.choice([None, "", " ".join(chance.choices(WORDS, k=2))]),
        "completed": chance.random() < 0.4,
        "priority": chance.choice(["High", "Medium", "Low"]),
        "tags": chance.sample(TAGS[:4], k=chance.randint(0, 3)),
        "due_date": due,
        "timezone": chance.choice(ZONES),
    }
    if due and chance.random() < 0.3:
        fields["recurrence_rule"] = "FREQ=DAILY"
    if chance.random() < 0.05:
        fields["tags"] = ["rare"]
    return fields


@pytest.fixture
def collect(api: Any, connection: Connection) -> Callable[..., list[dict[str, Any]]]:
    """Makes the user's tasks and gives them back as the API answers them one by one."""

    def make(count: int = 60, seed: int = 1) -> list[dict[str, Any]]:
        chance = random.Random(seed)
        ids = [api.make_task(**random_fields(chance))["id"] for _ in range(count)]
        connection.execute(
            text(
                "UPDATE tasks SET created_at = date_trunc('second', created_at) - 5 * random() "
                "* interval '1 second', updated_at = date_trunc('second', updated_at), "
                "completed_at = date_trunc('second', completed_at) WHERE user_id = :user_id"
            ),
            {"user_id": api.user_id},
        )
        return [api.get(f"/tasks/{task_id}").json["data"] for task_id in ids]

    return make
