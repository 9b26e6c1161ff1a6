"""Gunicorn's threaded worker, with spare threads for when the database is silent.

A thread that waits for the database cannot answer `/health/live`, nor say at once that the database
does not answer. While every thread waits for it, requests go to a second, small pool of threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from app.database import is_silent

SPARE_THREADS = 4


class SpareThreadWorker(ThreadWorker):
    """A threaded worker that goes on answering while its threads wait for the database."""

    def init_process(self) -> None:
        self.spare = ThreadPoolExecutor(SPARE_THREADS, thread_name_prefix="spare")
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        """Hands a readable connection to a thread."""
        pool = self.spare if is_silent(self.cfg.threads) else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )
