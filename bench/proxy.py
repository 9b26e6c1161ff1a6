"""Between a server and PostgreSQL: counts round trips, and reads the statements that pass."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy.engine import URL

HOST = "127.0.0.1"
CHUNK = 65_536
FRAME = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})
PREPARING = re.compile(r"PREPARE .*; (?=EXECUTE )", re.DOTALL)
LITERAL = re.compile(r"'(?:[^']|'')*'(?:::\w+(?:\[\])?)*")


@dataclass(slots=True)
class Traffic:
    """What has passed. A round trip begins where the client speaks after the server has."""

    statements: list[str] = field(default_factory=list)
    round_trips: int = 0

    @property
    def queries(self) -> list[str]:
        """The statements that are no frame of a transaction."""
        return [text for text in self.statements if text not in FRAME]

    @property
    def outline(self) -> list[str]:
        """The queries without values, and prepared already: equal where the same SQL was sent."""
        return [LITERAL.sub("?", PREPARING.sub("", text)) for text in self.queries]


class Proxy:
    """Listens on a port of its own; `address` is the database's, but by way of the proxy.

    Understands psycopg2's plain queries only, and no encryption.
    """

    def __init__(self, database: URL) -> None:
        self._target = _socket_address(database)
        self._listener = socket.create_server((HOST, 0))
        self._lock = threading.Lock()
        self._traffic = Traffic()
        self.address = database.set(
            host=HOST,
            port=self._listener.getsockname()[1],
            query={"sslmode": "disable", "gssencmode": "disable"},
        ).render_as_string(hide_password=False)

    def take(self) -> Traffic:
        """What has passed since the last call."""
        with self._lock:
            taken, self._traffic = self._traffic, Traffic()
            return taken

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(
                socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
            )
            server.connect(self._target)
            conversation = _Conversation(client, server)
            for pump in (self._pass_up, self._pass_down):
                threading.Thread(target=pump, args=[conversation], daemon=True).start()

    def _pass_up(self, conversation: _Conversation) -> None:
        for data in _received(conversation.client, conversation.server):
            with self._lock:
                if conversation.is_answered:
                    self._traffic.round_trips += 1
                conversation.is_answered = False
                self._traffic.statements += conversation.statements_in(data)
            conversation.server.sendall(data)

    def _pass_down(self, conversation: _Conversation) -> None:
        for data in _received(conversation.server, conversation.client):
            with self._lock:
                conversation.is_answered = True
            conversation.client.sendall(data)


@contextlib.contextmanager
def proxied(database: URL) -> Iterator[Proxy]:
    proxy = Proxy(database)
    threading.Thread(target=proxy._accept, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy._listener.shutdown(socket.SHUT_RDWR)
        proxy._listener.close()


@dataclass(slots=True)
class _Conversation:
    client: socket.socket
    server: socket.socket
    is_answered: bool = True
    is_started: bool = False
    unread: bytes = b""

    def statements_in(self, data: bytes) -> Iterator[str]:
        """The texts of the queries that `data` completes; the first message has no type."""
        self.unread += data
        while True:
            type_width = 1 if self.is_started else 0
            if len(self.unread) < type_width + 4:
                return
            end = type_width + struct.unpack_from("!I", self.unread, type_width)[0]
            if len(self.unread) < end:
                return
            message, self.unread = self.unread[:end], self.unread[end:]
            self.is_started = True
            if type_width and message[:1] == b"Q":
                yield message[5:-1].decode()


def _received(source: socket.socket, target: socket.socket) -> Iterator[bytes]:
    """The bytes from `source` until either side closes; then both are closed."""
    try:
        while data := source.recv(CHUNK):
            yield data
    except OSError:
        pass
    finally:
        for side in (source, target):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


def _socket_address(database: URL) -> str | tuple[str, int]:
    host, port = str(database.query.get("host") or database.host or HOST), database.port or 5432
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
