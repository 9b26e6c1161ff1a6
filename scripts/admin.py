"""`make flask CMD=...`: an admin command on the database and the secret of `make run`."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

from scripts.embedded import EmbeddedError
from scripts.run import DATA, ROOT, CannotRunError, fill_in, own_database


def main() -> int:
    """Runs `flask` with the arguments given, and returns its exit status."""
    os.chdir(ROOT)
    environ = dict(os.environ)
    try:
        fill_in(environ, DATA)
        with ExitStack() as stack:
            if not environ.get("DATABASE_URL"):
                environ["DATABASE_URL"] = stack.enter_context(
                    own_database(DATA / "postgres", share=True)
                )
            command = [sys.executable, "-m", "flask", "--app", "wsgi", *sys.argv[1:]]
            return subprocess.run(command, env=environ, check=False).returncode
    except (CannotRunError, EmbeddedError) as error:
        print(f"make flask: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
