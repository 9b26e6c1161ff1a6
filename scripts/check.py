"""`make check`, the part on a database: migrations in step with the models, document current."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.embedded import EmbeddedError, running_postgres

ROOT = Path(__file__).resolve().parents[1]
CHECKS = (
    ("the migrations apply", ["db", "upgrade"]),
    ("the migrations make the tables of the models", ["db", "check"]),
    ("openapi.json is current", ["openapi", "--check"]),
)


def main() -> int:
    """Runs every check on a throw-away database; returns how many failed."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="task-api-check-", ignore_cleanup_errors=True) as at,
            running_postgres(Path(at) / "postgres") as url,
        ):
            environ = os.environ | {
                "APP_ENV": "production",
                "DATABASE_URL": url,
                "JWT_SECRET": os.urandom(32).hex(),
                "LOG_LEVEL": "WARNING",
            }
            return sum(not _holds(what, command, environ) for what, command in CHECKS) + (
                not _has_one_head(environ)
            )
    except EmbeddedError as error:
        print(f"make check: {error}", file=sys.stderr)
        return 1


def _holds(what: str, command: list[str], environ: dict[str, str]) -> bool:
    done = _flask(command, environ)
    _tell(what, is_right=done.returncode == 0, output=done.stdout)
    return done.returncode == 0


def _has_one_head(environ: dict[str, str]) -> bool:
    done = _flask(["db", "heads"], environ)
    heads = [line for line in done.stdout.splitlines() if line.endswith("(head)")]
    _tell("there is one migration head", is_right=len(heads) == 1, output=done.stdout)
    return len(heads) == 1


def _flask(command: list[str], environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _tell(what: str, *, is_right: bool, output: str) -> None:
    print(f"{'ok  ' if is_right else 'FAIL'} {what}")
    if not is_right:
        print(output.strip())


if __name__ == "__main__":
    sys.exit(main())
