"""How far a long step is, for the person at the terminal."""

from __future__ import annotations

import sys
import time

WIDTH = 30
REDRAW_EVERY = 0.2


class Progress:
    """A bar on standard error; where that is no terminal, one line when the step is done."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total = label, total
        self._begin, self._drawn, self._done = time.monotonic(), 0.0, 0

    def advance(self, count: int = 1) -> None:
        self._done += count
        now, is_last = time.monotonic(), self._done >= self._total
        if not is_last and (not sys.stderr.isatty() or now - self._drawn < REDRAW_EVERY):
            return
        self._drawn = now
        print(self._line(now), end="\n" if is_last else "", file=sys.stderr, flush=True)

    def _line(self, now: float) -> str:
        start = "\r" if sys.stderr.isatty() else ""
        share = min(1.0, self._done / max(1, self._total))
        filled = round(WIDTH * share)
        bar = "#" * filled + "." * (WIDTH - filled)
        return f"{start}{self._label:<10} [{bar}] {share:4.0%} {now - self._begin:5.0f} s"
