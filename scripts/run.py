"""`make run`: the API on this machine, with a PostgreSQL of its own, until Ctrl-C."""

from __future__ import annotations

import argparse
import errno
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import jwt
import psycopg2
from gunicorn.config import Config
from psycopg2 import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from config import Settings, load_settings
from scripts.embedded import EmbeddedError, running_postgres, shown

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / ".data"  # where the secret and the database are kept between runs
DATABASE = "task_api"
DEFAULTS = {"APP_ENV": "development", "CORS_ORIGINS": "http://localhost:3000"}
REACHED_AS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
DEMO_USER = "demo"
TOKEN_DAYS = 7
START_WITHIN = 30.0
STOP_WITHIN = 3.0
TICK = 0.1

WELCOME = """
The task API is running. Ctrl-C stops it.

  Address    {url}
  Docs       {url}/docs
  Database   {database}
  Token      for the user {user!r}, valid for {days} days:

{token}

Try it: this line makes a task, and without its -d it lists them.

curl -s {url}/api/me/tasks -H "Authorization: Bearer {token}" \
-H "Content-Type: application/json" -d '{{"title": "Buy milk"}}'
"""


class CannotRunError(Exception):
    """Why the API does not run, in one line that says what to do."""


def main() -> int:
    """Serves until a signal says stop, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the secret and database")
    data = parser.parse_args().data.absolute()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    os.chdir(ROOT)
    try:
        serve(dict(os.environ), data, stop)
    except (CannotRunError, EmbeddedError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1
    return 0


def serve(environ: dict[str, str], data: Path, stop: threading.Event) -> None:
    """Starts what `environ` asks for, and ends it all when `stop` is set or the server dies."""
    fill_in(environ, data)
    is_own = not environ.get("DATABASE_URL")
    settings = load_settings(
        environ | {"DATABASE_URL": f"postgresql:///{DATABASE}"} if is_own else environ
    )
    host, port = free_address(settings)
    environ["PORT"] = str(port)

    with ExitStack() as stack:
        if is_own:
            environ["DATABASE_URL"] = stack.enter_context(own_database(data / "postgres"))
            settings = load_settings(environ)
        migrate(settings)
        if stop.is_set():
            return
        server = stack.enter_context(gunicorn(environ))
        while not answers(host, port):
            if stop.wait(TICK):
                return
            refuse_if_ended(server, "did not start")
        print(
            WELCOME.format(
                url=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
                database=f"{shown(data / 'postgres')}, kept between runs" if is_own else "your own",
                user=DEMO_USER,
                days=TOKEN_DAYS,
                token=demo_token(settings),
            ),
            flush=True,
        )
        while not stop.wait(TICK):
            refuse_if_ended(server, "stopped by itself")


def fill_in(environ: dict[str, str], data: Path) -> None:
    """Gives the settings that are not set the values that suit a developer's machine."""
    for name, value in DEFAULTS.items():
        environ[name] = environ.get(name) or value
    if not (environ.get("JWT_SECRET") or environ.get("BETTER_AUTH_SECRET")):
        environ["JWT_SECRET"] = own_secret(data / "jwt_secret")


def own_secret(path: Path) -> str:
    """The secret that this checkout's tokens are signed with; made once, readable by us alone."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
            draft.rename(path)
        return path.read_text()
    except OSError as error:
        raise CannotRunError(
            f"{shown(path)} cannot be used ({error.strerror}): "
            "set JWT_SECRET, or run as the user who made it"
        ) from None


def free_address(settings: Settings) -> tuple[str, int]:
    """Where a client will reach the server; raises CannotRunError where it cannot listen there."""
    host, port = _bound_by_gunicorn_arguments() or (settings.host, settings.port)
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return REACHED_AS.get(host, host), probe.getsockname()[1]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = (
                f"port {port} is in use, perhaps by another `make run`: "
                f"stop that one, or take another port: PORT={port % 65535 + 1} make run"
            )
        elif error.errno == errno.EACCES:
            reason = f"port {port} is for root only: take one above 1023: PORT=8000 make run"
        else:
            reason = f"HOST={host} is no address of this machine: take 127.0.0.1 or 0.0.0.0"
        raise CannotRunError(reason) from None


def _bound_by_gunicorn_arguments() -> tuple[str, int] | None:
    config = Config()
    parser = config.parser()
    parser.error = _refuse_gunicorn_arguments
    bind = parser.parse_args(config.get_cmd_args_from_env()).bind
    if not bind:
        return None
    config.set("bind", bind)
    if isinstance(config.address[0], str):
        _refuse_gunicorn_arguments("--bind must name an address and a port")
    host, port = config.address[0]
    return host, port


def _refuse_gunicorn_arguments(problem: str) -> NoReturn:
    raise CannotRunError(f"GUNICORN_CMD_ARGS: {problem}")


@contextmanager
def own_database(folder: Path, *, share: bool = False) -> Iterator[str]:
    """The address of our database on an embedded server, with `share` on one that runs already."""
    if not folder.exists():
        print(f"Making a PostgreSQL database in {shown(folder)} ...", flush=True)
    with running_postgres(folder, share=share) as url:
        connection = psycopg2.connect(url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.rowcount == 0:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        connection.close()
        yield make_url(url).set(database=DATABASE).render_as_string(hide_password=False)


def migrate(settings: Settings) -> None:
    """Brings the tables to this program's version."""
    # Late, as they take most of a second: a bad setting or a busy port is told at once.
    from flask_migrate import upgrade
    from sqlalchemy import select

    from app import create_app
    from app.extensions import db

    app = create_app(settings)
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                connection.execute(select(1))
        except SQLAlchemyError as error:
            raise CannotRunError(
                f"the database of DATABASE_URL does not answer: {_reason(error)}"
            ) from None
        try:
            upgrade()
        except SQLAlchemyError as error:
            raise CannotRunError(f"the migrations failed: {_reason(error)}") from None
        except SystemExit:
            raise CannotRunError(
                "the database was migrated by another version of this program: "
                "use that one, or another database"
            ) from None
        finally:
            db.engine.dispose()


def _reason(error: SQLAlchemyError) -> str:
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__


@contextmanager
def gunicorn(environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The server, out of reach of the terminal's Ctrl-C, so that it can finish what it is doing."""
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"],
        env=environ,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield server
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            if server.poll() is not None:
                break
            if number == signal.SIGKILL:
                os.killpg(server.pid, number)
            else:
                server.send_signal(number)
            _wait(server, STOP_WITHIN)


def _wait(server: subprocess.Popen[bytes], seconds: float) -> None:
    end = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < end:
        time.sleep(0.02)


def refuse_if_ended(server: subprocess.Popen[bytes], what: str) -> None:
    if server.poll() is not None:
        raise CannotRunError(f"the server {what} (status {server.returncode}): its log says why")


def answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def demo_token(settings: Settings) -> str:
    claims = {
        "sub": DEMO_USER,
        "name": "Demo",
        "exp": int(time.time()) + TOKEN_DAYS * 86_400,
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
    }
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None},
        settings.jwt_secret,
        algorithm=settings.jwt_algorithms[0],
    )


if __name__ == "__main__":
    sys.exit(main())
