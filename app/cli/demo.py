"""Tasks as people might have them, made up from a random number generator."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

from app.cli.bulk import NewTask
from app.recurrence import Mode, parse_rule, to_wall, zone_named
from app.tasks.actions import next_in_series
from app.tasks.edits import BLANK, edited
from app.text import fold

HISTORY = timedelta(days=730)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

TAGS = (
    *("work", "home", "errands", "family", "health", "finance", "shopping", "travel"),
    *("garden", "car", "study", "reading", "music", "phone", "email", "waiting"),
    *("someday", "Büro", "meeting", "urgent"),
)
ZONES = (
    *("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles"),
    *("Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney"),
)
DEEDS = (
    *("Call {who} about {what}", "Write to {who} about {what}", "Plan {what} with {who}"),
    *("Prepare {what}", "Review {what}", "Finish {what}", "Order {what}", "Pay for {what}"),
    *("Ask {who} for {what}", "Send {what} to {who}", "Look into {what}", "Renew {what}"),
    *("Discuss {what}", "Clean up {what}", "Collect {what}", "Book {what} for {who}"),
)
PEOPLE = (
    *("Ada", "Grace", "Linus", "Zoë", "Jürgen", "Søren", "Łukasz", "Noor", "Mei", "Kenji"),
    *("the landlord", "the dentist", "the bank", "the team", "Mum", "the school"),
)
THINGS = (
    *("the quarterly report", "the travel expenses", "the garden fence", "the invoice"),
    *("the birthday party", "winter tyres", "the insurance", "the slides", "café crème beans"),
    *("the release notes", "the tax return", "a new bicycle", "the piano lesson", "the passport"),
    *("the kitchen shelf", "the data model", "flowers", "the team dinner", "vaccinations"),
    *("the contract", "the boiler", "the summer holiday", "the 東京 trip", "the book club"),
)
NOTES = (
    "Check the dates first.",
    "The last one took longer than expected, so start early.",
    "See the message from Monday.",
    "Two quotes are in; a third would help to decide.",
    "Bring the papers, the old number and some patience.",
    "Not urgent, but it should not be forgotten again.",
    "Links and numbers are in the shared folder.",
    "Ask whether Thursday works as well.",
)
RULES = (
    *("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=WEEKLY;INTERVAL=2"),
    *("FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=YEARLY"),
    *("FREQ=DAILY;COUNT=30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
)
CLOCK_TIMES = tuple(time(hour, minute) for hour in range(7, 21) for minute in (0, 15, 30, 45))
MINUTES_BEFORE = (0, 10, 30, 60, 24 * 60)


def demo_tasks(count: int, *, random: Random, now: datetime) -> Iterator[NewTask]:
    """`count` tasks made over the two years before `now`, oldest first but for successors.

    A completed task of a series is followed by the task that its completion left. What is drawn
    depends on `random` and on `now`; ids are always new.
    """
    step = HISTORY / count
    made = 0
    while made < count:
        created_at = now - HISTORY + (made + random.random()) * step
        task = _demo_task(random, created_at, now)
        yield task
        made += 1
        following = _successor_of(task) if made < count else None
        if following is not None:
            yield following
            made += 1


def _demo_task(random: Random, created_at: datetime, now: datetime) -> NewTask:
    done_at = _completion(random, created_at, now)
    values = edited(BLANK, _demo_fields(random, done_at or now), stored=None, now=now)
    return NewTask(
        id=_id_made_at(created_at),
        values=replace(values, completed_at=done_at),
        created_at=created_at,
        updated_at=done_at or created_at,
        version=1 if done_at is None else 2,
    )


def _completion(random: Random, created_at: datetime, now: datetime) -> datetime | None:
    """When the task was completed, if it was: the older it is, the likelier."""
    age = (now - created_at) / HISTORY
    if random.random() > 0.3 + 0.65 * age:
        return None
    done_at = created_at + timedelta(days=random.expovariate(1 / 5))
    return done_at if done_at < now else None


def _demo_fields(random: Random, around: datetime) -> dict[str, Any]:
    """What a client might send, as the input schema reads it; due some days from `around`."""
    names = random.sample(TAGS, random.choices((0, 1, 2, 3), (25, 40, 25, 10))[0])
    fields: dict[str, Any] = {
        "title": _title(random),
        "description": _description(random),
        "priority": random.choices((1, 2, 3), (20, 55, 25))[0],
        "tags": {fold(name): name for name in names},
    }
    if random.random() < 0.3:
        return fields
    fields |= _dates(random, around)
    if random.random() < 0.12:
        rule = _rule(random.choice(RULES))
        modes = list(Mode) if rule.is_bare else [Mode.NEXT, Mode.FUTURE]
        fields |= {"recurrence_rule": rule, "recurrence_mode": random.choice(modes)}
    return fields


def _title(random: Random) -> str:
    deed = random.choice(DEEDS)
    title = deed.format(who=random.choice(PEOPLE), what=random.choice(THINGS))
    return f"{title} ({random.randint(2, 9)})" if random.random() < 0.1 else title


def _description(random: Random) -> str | None:
    count = random.choices((0, 1, 2, 4), (45, 30, 20, 5))[0]
    return " ".join(random.sample(NOTES, count)) or None


def _dates(random: Random, around: datetime) -> dict[str, Any]:
    """A date for the whole day, or a time of day; every third with a reminder."""
    name = random.choice(ZONES)
    day = to_wall(around, zone_named(name)).date() + timedelta(days=random.randint(-7, 40))
    clock = random.choice(CLOCK_TIMES)
    is_reminded = random.random() < 0.35
    if random.random() < 0.5:
        reminder = datetime.combine(day - timedelta(days=random.randint(0, 1)), clock)
        due: date | datetime = day
    else:
        due = datetime.combine(day, clock)
        reminder = due - timedelta(minutes=random.choice(MINUTES_BEFORE))
    dates = {"due_date": due, "timezone": name}
    return {**dates, "reminder_at": reminder} if is_reminded else dates


_rule = cache(parse_rule)


def _successor_of(task: NewTask) -> NewTask | None:
    done_at = task.values.completed_at
    if done_at is None or task.values.rule_text is None:
        return None
    values = next_in_series(task.values, done_at)
    if values is None:
        return None
    return NewTask(
        id=_id_made_at(done_at),
        values=values,
        created_at=done_at,
        updated_at=done_at,
        predecessor_id=task.id,
    )


def _id_made_at(moment: datetime) -> uuid.UUID:
    """An id that sorts by `moment` (version 7 of RFC 9562, to the millisecond)."""
    milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
    noise = secrets.randbits(74)
    high, low = noise >> 62, noise & ((1 << 62) - 1)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low)
