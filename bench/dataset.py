"""The benchmark's data: the same users, tags and tasks on every machine, from a fixed seed.

Words follow Zipf's law as words do, so some are in every fifth task and some in hardly any. Text is
ASCII: its lower case is what the app's `fold` makes of it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 5545
BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
DAY = 86_400.0
SPAN = 730 * DAY  # seconds over which each user's tasks were created
END = BEGIN + timedelta(seconds=SPAN)
DUE_WITHIN = 180 * DAY  # seconds before or after END
CHANGED_WITHIN = 30 * DAY  # seconds after the creation
MADE_WORDS = 2000
EVERYDAY = Path(__file__).with_name("words.txt").read_text().split()
TAGS = (
    *("admin", "art", "bank", "calls", "car", "errands", "family", "finance", "food", "garden"),
    *("health", "home", "ideas", "later", "music", "school", "shop", "sport", "travel", "work"),
)
TAGS_OF_A_TASK = (0, 1, 1, 2, 2, 3)
COLUMNS = (
    *("id", "user_id", "title", "title_key", "description", "search_text", "completed"),
    *("completed_at", "priority", "tags", "due_on", "due_at", "version", "revision"),
    *("created_at", "updated_at"),
)
NULL = r"\N"


def user_ids(users: int) -> list[str]:
    return [f"user-{number:05d}" for number in range(1, users + 1)]


def vocabulary() -> list[str]:
    """All words, the most common first. Made words are equally long: none is part of another."""
    syllables = ["".join(pair) for pair in itertools.product("bdfgklmnprstvz", "aeiou")]
    made = random.Random(SEED).sample(list(itertools.product(syllables, repeat=3)), MADE_WORDS)
    return EVERYDAY + ["".join(word) for word in made]


class Text:
    """Draws words by their frequency."""

    def __init__(self) -> None:
        self.words = vocabulary()
        weights = (1 / (rank + 10) for rank in range(len(self.words)))
        self._cumulated = list(itertools.accumulate(weights))

    @property
    def common(self) -> list[str]:
        """Words that every fifth to tenth task holds."""
        return self.words[:10]

    @property
    def rare(self) -> list[str]:
        """Words that about one task in 500 holds."""
        return self.words[-1000:]

    def draw(self, source: random.Random, count: int) -> str:
        return " ".join(source.choices(self.words, cum_weights=self._cumulated, k=count))


def task_lines(users: int, tasks: int) -> Iterator[str]:
    """Every task as a line for COPY, in the order in which they would have been created.

    So one user's rows lie apart from each other, between the others', as they would in real use.
    """
    source, text, owners = random.Random(SEED), Text(), user_ids(users)
    for number in range(tasks):
        for owner in owners:
            created = _later(BEGIN, SPAN * (number + source.random()) / tasks)
            yield _line(source, text, owner, number, created)


def _line(source: random.Random, text: Text, owner: str, number: int, created: datetime) -> str:
    title = text.draw(source, source.randint(2, 5)).capitalize()
    description = text.draw(source, 12) if source.random() < 0.8 else None
    is_completed = source.random() < 0.4
    is_changed = is_completed or source.random() < 0.3
    updated = _later(created, CHANGED_WITHIN * source.random()) if is_changed else created
    tags = sorted(source.sample(TAGS, source.choice(TAGS_OF_A_TASK)))
    due_on, due_at = _due(source)
    values = (
        _time_ordered_id(source, created),
        owner,
        title,
        title.lower(),
        description or NULL,
        rf"{title.lower()}\n{description or ''}",
        "t" if is_completed else "f",
        updated.isoformat() if is_completed else NULL,
        str(source.choice((1, 2, 2, 3))),
        f"{{{','.join(tags)}}}",
        due_on,
        due_at,
        "2" if is_changed else "1",
        str(number + 1),
        created.isoformat(),
        updated.isoformat(),
    )
    return "\t".join(values) + "\n"


def _due(source: random.Random) -> tuple[str, str]:
    """`due_on` and `due_at`: 70 % of the tasks are due, half of those on a day, not at a time."""
    kind = source.random()
    if kind >= 0.7:
        return NULL, NULL
    due = _later(END, DUE_WITHIN * source.uniform(-1, 1))
    if kind < 0.35:
        return due.date().isoformat(), f"{due.date().isoformat()}T00:00:00+00:00"
    return NULL, due.replace(microsecond=0).isoformat()


def _later(instant: datetime, seconds: float) -> datetime:
    return instant + timedelta(seconds=seconds)


def _time_ordered_id(source: random.Random, created: datetime) -> str:
    """As the app's ids: version 7 of RFC 9562, as 32 hexadecimal digits."""
    milliseconds, rest = int(created.timestamp() * 1000), source.getrandbits(74)
    high, low = rest >> 62, rest & ((1 << 62) - 1)
    return f"{milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low:032x}"
