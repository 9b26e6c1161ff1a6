"""Gunicorn's threaded worker, with spare threads for when the database is silent.

A thread that waits for the database can neither answer `/health/live` nor say that the database
does not answer. While every thread does so, what is queued for them goes to the spare ones.
"""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from gunicorn.workers.gthread import ThreadWorker

from app.waiting import is_silent

SPARE_THREADS = 16
SILENT_AFTER = 0.05
LOOK_EVERY = 0.02


class SpareThreadWorker(ThreadWorker):
    """A threaded worker that goes on answering while its threads wait for the database."""

    def init_process(self) -> None:
        self.spare = ThreadPoolExecutor(SPARE_THREADS, thread_name_prefix="spare")
        threading.Thread(target=self._relieve, name="relief", daemon=True).start()
        super().init_process()

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
