"""What an answer of the receiver leads to: delivered, tried again later, or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random

from app.reminders.receiver import Answer

MAX_ATTEMPTS = 10
MAX_REFUSED_ATTEMPTS = 6  # where the receiver answers and does not want it
FIRST_DELAY = timedelta(seconds=10)
GROWTH = 3
LONGEST_DELAY = timedelta(hours=4)
JITTER = 0.2  # each delay is up to so much shorter or longer

GONE = 410
MAY_PASS = frozenset({408, 425, 429})


class State(StrEnum):
    """The states of a delivery; the last two are final until `flask reminders retry`."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The delivery's new state, and for a waiting one when to try again."""

    state: State
    next_attempt_at: datetime | None = None


def outcome_of(answer: Answer, attempts: int, now: datetime, random: Random) -> Outcome:
    """What follows from the answer to the attempt that is number `attempts`, counted from 1.

    A redirect is a refusal: a signed message goes where the operator sent it, and nowhere else.
    """
    status = answer.status
    if status is not None and 200 <= status < 300:
        return Outcome(State.DELIVERED)
    if status == GONE or attempts >= _most_attempts(status):
        return Outcome(State.DEAD)
    asked = _retry_after(answer.retry_after, now)
    return Outcome(State.WAITING, now + max(_delay(attempts, random), min(asked, LONGEST_DELAY)))


def _most_attempts(status: int | None) -> int:
    may_pass = status is None or status >= 500 or status in MAY_PASS
    return MAX_ATTEMPTS if may_pass else MAX_REFUSED_ATTEMPTS


def _delay(attempts: int, random: Random) -> timedelta:
    delay = FIRST_DELAY
    for _ in range(1, attempts):
        delay = min(delay * GROWTH, LONGEST_DELAY)
    return delay * random.uniform(1 - JITTER, 1 + JITTER)


def _retry_after(text: str | None, now: datetime) -> timedelta:
    """How long the receiver asks to be left alone (RFC 9110, 10.2.3); nothing if it is unclear."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return timedelta()
