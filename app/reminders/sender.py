"""The sender of reminders: claims in one short transaction, posts, records in another.

Only the thread that calls `run` talks to the database; the posts run on threads of their own, with
no transaction open. So a slow receiver holds up neither a user's request nor other reminders.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from random import Random
from typing import NamedTuple

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.database import is_unavailable
from app.reminders import queries
from app.reminders.message import Signer, message_body, message_id
from app.reminders.outcome import Outcome, State, outcome_of
from app.reminders.queries import Claim, Key
from app.reminders.receiver import Answer, Receiver

LEASE = timedelta(seconds=60)  # four times what a post may take
LOOK_BACK = timedelta(days=7)
LONGEST_LOOK_BACK = timedelta(days=30)
KEEP_ENDED = LONGEST_LOOK_BACK  # what is forgotten must be too old to be found again
ENLIST_AT_ONCE = 500
PRUNE_AT_ONCE = 5000

# A reminder comes due as time passes; seldom does one appear further back: a task reopened, a
# reminder set in the past, a sender that was away. So that is looked for less often.
RECENT = timedelta(hours=1)
SWEEP_EVERY = timedelta(minutes=1)

FIRST_PAUSE = 0.5  # seconds, for a database that does not answer; doubled up to
LONGEST_PAUSE = 30.0

_log = structlog.get_logger()


class Attempt(NamedTuple):
    """A claim, the receiver's answer to it, and what follows; not recorded yet."""

    claim: Claim
    answer: Answer
    outcome: Outcome


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """Sends due reminders, at most `batch_size` at the same time.

    Any number of senders may work on one database: a reminder that one has claimed is no other's
    until it is recorded, or until the lease has run out because the sender died.
    """

    def __init__(
        self,
        engine: Engine,
        receiver: Receiver,
        signer: Signer,
        *,
        batch_size: int,
        look_back: timedelta = LOOK_BACK,
        clock: Callable[[], datetime] = utc_now,
        random: Random | None = None,
    ) -> None:
        self._engine = engine
        self._receiver = receiver
        self._signer = signer
        self._batch_size = batch_size
        self._look_back = look_back
        self._clock = clock
        self._random = random or Random()
        self._events: SimpleQueue[Future[Attempt] | None] = SimpleQueue()
        self._unrecorded: list[Attempt] = []
        self._in_flight = 0
        self._is_stopping = False
        self._swept_at: datetime | None = None
        self._has_worked = False
        self._failures = 0

    def stop(self) -> None:
        """Lets `run` finish what is in flight and return; safe to call from a signal handler."""
        self._is_stopping = True
        self._events.put(None)

    def run(self, *, interval: float | None = None, limit: int | None = None) -> Counter[State]:
        """Sends what is due, and says how many attempts led to which state.

        With an `interval` (seconds) it is a service: it goes on looking for more until it is
        stopped, and waits for a database that went away. Without, it ends when all that was due at
        the start, or `limit` of it, has been tried once. Raises SQLAlchemyError where the database
        does not serve it, a service only where it never did.
        """
        is_service = interval is not None
        states: Counter[State] = Counter()
        started, left = self._clock(), limit
        with ThreadPoolExecutor(self._batch_size, thread_name_prefix="reminder") as threads:
            while True:
                room = self._batch_size - self._in_flight
                claims = self._record_and_claim(
                    room if left is None else min(room, left),
                    due_by=self._clock() if is_service else started,
                    is_service=is_service,
                )
                for claim in claims:
                    threads.submit(self._attempt, claim).add_done_callback(self._events.put)
                self._in_flight += len(claims)
                if left is not None:
                    left -= len(claims)
                if not self._in_flight and (self._is_stopping or not is_service):
                    break
                ended = self._wait(self._patience(interval))
                states.update(attempt.outcome.state for attempt in ended)
                self._in_flight -= len(ended)
                self._unrecorded += ended
        for attempt in self._unrecorded:
            _log.warning("reminder_not_recorded", **_named(attempt.claim.key))
        return states

    # The database

    def _record_and_claim(self, room: int, *, due_by: datetime, is_service: bool) -> list[Claim]:
        """The claims to send now; none while the database of a service is away."""
        claims: list[Claim] = []
        try:
            self._record()
            if not self._is_stopping:
                for more in self._claim(room, due_by):
                    claims += more
        except SQLAlchemyError as error:
            if not (is_service and self._has_worked and is_unavailable(error)):
                raise
            self._failures += 1
            origin = getattr(error, "orig", None) or error
            _log.warning(
                "database_unavailable",
                error=type(origin).__name__,
                sqlstate=getattr(origin, "pgcode", None),
            )
            return claims
        self._has_worked, self._failures = True, 0
        return claims

    def _record(self) -> None:
        # One by one: a transaction that holds several rows could meet the deletion of a user.
        while self._unrecorded:
            claim, answer, outcome = self._unrecorded[0]
            with self._engine.begin() as connection:
                is_ours = queries.record(
                    connection,
                    claim,
                    outcome,
                    status=answer.status,
                    problem=answer.problem,
                    now=self._clock(),
                )
            if not is_ours:  # its task is gone, or it took longer than its lease
                _log.info("reminder_claim_lost", **_named(claim.key))
            del self._unrecorded[0]

    def _claim(self, room: int, due_by: datetime) -> Iterator[list[Claim]]:
        """Claims, each list committed: what fails later must not cost those that we have."""
        claims = self._claim_enlisted(room, due_by)
        yield claims
        if len(claims) < room and self._enlist(due_by):
            yield self._claim_enlisted(room - len(claims), due_by)

    def _claim_enlisted(self, room: int, due_by: datetime) -> list[Claim]:
        if room <= 0:
            return []
        now = self._clock()
        with self._engine.begin() as connection:
            claims, cancelled = queries.claim(
                connection, due_by=due_by, now=now, until=now + LEASE, most=room
            )
        for key in cancelled:
            _log.info("reminder_cancelled", **_named(key))
        return claims

    def _enlist(self, due_by: datetime) -> bool:
        """Takes up what has newly come due; False if there was nothing."""
        is_sweep = self._swept_at is None or due_by - self._swept_at >= SWEEP_EVERY
        back = self._look_back if is_sweep else min(RECENT, self._look_back)
        with self._engine.begin() as connection:
            found = queries.enlist(
                connection, since=due_by - back, due_by=due_by, most=ENLIST_AT_ONCE
            )
            if is_sweep:
                queries.prune(connection, before=due_by - KEEP_ENDED, most=PRUNE_AT_ONCE)
        if is_sweep and not found:
            self._swept_at = due_by
        return found > 0

    # The receiver

    def _attempt(self, claim: Claim) -> Attempt:
        """One post, on a thread of its own."""
        began = time.monotonic()
        try:
            body = message_body(claim.task)
            headers = self._signer.headers(message_id(*claim.key), body, self._clock())
            answer = self._receiver.post(headers, body)
        except Exception as error:  # one strange reminder must not stop all others
            answer = Answer(problem=type(error).__name__)
        now = self._clock()
        outcome = outcome_of(answer, claim.attempts, now, self._random)
        _log.info(
            "reminder_attempt",
            **_named(claim.key),
            attempt=claim.attempts,
            state=outcome.state.value,
            status=answer.status,
            problem=answer.problem,
            next_attempt_at=outcome.next_attempt_at and outcome.next_attempt_at.isoformat(),
            duration_ms=round((time.monotonic() - began) * 1000, 2),
        )
        return Attempt(claim, answer, outcome)

    # Waiting

    def _patience(self, interval: float | None) -> float | None:
        """How many seconds to wait for the next event; None is as long as it takes."""
        if self._failures:
            return min(FIRST_PAUSE * 2.0 ** (self._failures - 1), LONGEST_PAUSE)
        if self._in_flight and (self._is_stopping or self._in_flight == self._batch_size):
            return None
        return interval

    def _wait(self, seconds: float | None) -> list[Attempt]:
        """The attempts that have ended: once one has, or we are stopped, or the time is up."""
        ended: list[Attempt] = []
        try:
            event = self._events.get(timeout=seconds)
            while True:
                if event is not None:
                    ended.append(event.result())
                event = self._events.get_nowait()
        except Empty:
            return ended


def _named(key: Key) -> dict[str, str]:
    """A delivery as the log names it."""
    user_id, task_id, reminder_at = key
    return {
        "webhook_id": message_id(*key),
        "user": user_id,
        "task_id": str(task_id),
        "reminder_at": reminder_at.astimezone(UTC).isoformat(),
    }
