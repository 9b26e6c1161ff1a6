"""Gunicorn's threaded worker, made to share connections fairly and to outlast a silent database.

Whichever worker wakes first takes a new connection, and under a burst that is the same one again
and again: clients that keep their connections then queue for one process while another idles. So a
worker leaves a new connection to those that hold fewer.

A thread that waits for the database can neither answer `/health/live` nor say that the database
does not answer. While every thread does so, what is queued for them goes to spare ones.
"""

from __future__ import annotations

import mmap
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from app.waiting import is_silent

SPARE_THREADS = 16
SILENT_AFTER = 0.05
LOOK_EVERY = 0.02
LEFT_TO_OTHERS = 0.002  # seconds: an idle worker takes a connection in less

_ABSENT = 2**32 - 1
_held = memoryview(mmap.mmap(-1, 1024)).cast("I")
"""How many connections each worker holds: shared memory, as the arbiter maps it before it forks."""

for _place in range(len(_held)):
    _held[_place] = _ABSENT


def forget(worker: Worker) -> None:
    """No connection is left to a worker that is gone."""
    _held[_place_of(worker)] = _ABSENT


def _place_of(worker: Worker) -> int:
    return worker.age % len(_held)


class FairWorker(ThreadWorker):
    """A threaded worker that takes its share, and answers while its threads wait."""

    def init_process(self) -> None:
        self.spare = ThreadPoolExecutor(SPARE_THREADS, thread_name_prefix="spare")
        threading.Thread(target=self._relieve, name="relief", daemon=True).start()
        super().init_process()

    def notify(self) -> None:
        super().notify()
        _held[_place_of(self)] = self.nr_conns

    def accept(self, listener: Any) -> None:
        if self.nr_conns > min(_held):
            time.sleep(LEFT_TO_OTHERS)
        super().accept(listener)
        _held[_place_of(self)] = self.nr_conns

    def _relieve(self) -> None:
        while self.alive:
            time.sleep(LOOK_EVERY)
            if is_silent(self.cfg.threads, SILENT_AFTER):
                self._pass_queue_on()

    def _pass_queue_on(self) -> None:
        """Moves what waits for a thread; the executor has no public way to take it back."""
        while True:
            try:
                item = self.tpool._work_queue.get_nowait()
            except queue.Empty:
                return
            self.spare.submit(item.run)
