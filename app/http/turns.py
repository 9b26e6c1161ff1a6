"""One user's writes take turns within a worker, before they take a connection.

They would wait for each other in the database anyway, each with a connection in its hands: a burst
of one user could then keep all others out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.http.errors import Unavailable

TURN_WITHIN = 5.0  # seconds


@dataclass(slots=True)
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    interested: int = 0


_guard = threading.Lock()
_turns: dict[str, _Turn] = {}


@contextmanager
def turn_of(user_id: str) -> Iterator[None]:
    """Waits until no other write of the user runs in this worker; raises Unavailable in the end."""
    with _guard:
        turn = _turns.setdefault(user_id, _Turn())
        turn.interested += 1
    try:
        if not turn.lock.acquire(timeout=TURN_WITHIN):
            raise Unavailable("Many of your requests wait for each other. Try again in a moment.")
        try:
            yield
        finally:
            turn.lock.release()
    finally:
        with _guard:
            turn.interested -= 1
            if not turn.interested:
                del _turns[user_id]
