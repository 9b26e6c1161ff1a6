"""One HTTP POST to the receiver of reminders, over within a time that no receiver can stretch.

`http.client` bounds each wait by itself, so a receiver that sends a byte now and then could hold it
for ever. Here all waits of one request, the name's resolution included, share one deadline.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

TOTAL_TIMEOUT = 15.0
CONNECT_TIMEOUT = 5.0  # for each of the addresses that the name has
BODY_READ_AT_MOST = 65_536  # bytes
USER_AGENT = "task-api-reminders"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or in one word what went wrong before there was one."""

    status: int | None = None
    problem: str | None = None
    retry_after: str | None = None


class Receiver:
    """The address that reminders are posted to. May be used by several threads at once."""

    def __init__(self, url: str, *, total_timeout: float = TOTAL_TIMEOUT) -> None:
        self._parts = urlsplit(url)
        self._total_timeout = total_timeout
        self._tls = ssl.create_default_context() if self._parts.scheme == "https" else None

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Posts once, without following redirects. Every failure is an Answer, none is raised."""
        end = time.monotonic() + self._total_timeout
        try:
            with closing(self._connected(end)) as connected:
                return self._exchange(_Wire(connected, end), headers, body)
        except TimeoutError:
            return Answer(problem="timeout")
        except socket.gaierror:
            return Answer(problem="name")
        except ssl.SSLError:
            return Answer(problem="tls")
        except OSError:
            return Answer(problem="connection")
        except HTTPException:
            return Answer(problem="protocol")

    def _exchange(self, wire: _Wire, headers: Mapping[str, str], body: bytes) -> Answer:
        path = f"{self._parts.path or '/'}{'?' if self._parts.query else ''}{self._parts.query}"
        connection = HTTPConnection(self._host, self._port)
        connection.sock = wire
        fixed = {
            "Host": self._parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "Connection": "close",
        }
        connection.request("POST", path, body, {**fixed, **headers})
        with connection.getresponse() as response:
            _read_away(response)
            return Answer(status=response.status, retry_after=response.getheader("Retry-After"))

    def _connected(self, end: float) -> socket.socket:
        """A connection, with TLS where the address asks for it."""
        plain = _connect(_addresses(self._host, self._port, end), end)
        if self._tls is None:
            return plain
        try:
            plain.settimeout(_left(end))  # a bound on the handshake as a whole
            return self._tls.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise

    @property
    def _host(self) -> str:
        return self._parts.hostname or ""

    @property
    def _port(self) -> int:
        return self._parts.port or (443 if self._parts.scheme == "https" else 80)


def _read_away(response: HTTPResponse) -> None:
    """Lets the receiver finish its answer; the status has said all, so nothing here can fail."""
    with suppress(OSError, HTTPException):
        response.read(BODY_READ_AT_MOST)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _addresses(host: str, port: int, end: float) -> list[Any]:
    """What the name resolves to; the system's resolver knows no deadline, so a thread asks it."""
    found: list[Any] = []

    def resolve() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            found.append([])

    resolver = threading.Thread(target=resolve, daemon=True)
    resolver.start()
    resolver.join(_left(end))
    if not found:
        raise TimeoutError
    if not found[0]:
        raise socket.gaierror
    return list(found[0])


def _connect(addresses: list[Any], end: float) -> socket.socket:
    """A connection to the first of the addresses that accepts one."""
    problem: OSError = ConnectionError()
    for family, kind, protocol, _, address in addresses:
        candidate = socket.socket(family, kind, protocol)
        try:
            candidate.settimeout(min(CONNECT_TIMEOUT, _left(end)))
            candidate.connect(address)
        except OSError as error:
            candidate.close()
            problem = error
        else:
            return candidate
    raise problem


class _Wire:
    """As much of a socket as `http.client` uses. Closing it is its maker's business."""

    def __init__(self, connected: socket.socket, end: float) -> None:
        self._connected = connected
        self._end = end

    def sendall(self, data: bytes) -> None:
        self._connected.settimeout(_left(self._end))
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._connected, self._end))

    def close(self) -> None:
        pass


class _Incoming(io.RawIOBase):
    """What arrives before the deadline."""

    def __init__(self, connected: socket.socket, end: float) -> None:
        self._connected = connected
        self._end = end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connected.settimeout(_left(self._end))
        return self._connected.recv_into(buffer)
