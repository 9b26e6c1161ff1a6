"""The quickstart's commands, run in order against a real server: the document is the test's data.

A block of `sh` holds exports and at most one curl call, the block of `http` after it the answer.
In an answer, an id stands for whichever id comes first in its place, and then for the same one
throughout, and so does a cursor; a server-made time or correlation id stands for any; a member
named "…" allows others beside those shown.
"""

from __future__ import annotations

import json
import re
import shlex
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.mounts import BASES
from tests.conftest import token_for
from tests.server import LiveServer

DOCUMENT = Path(__file__).parents[1] / "docs" / "quickstart.md"
BLOCK = re.compile(r"^```(sh|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SERVER_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
VARIABLE = re.compile(r"\$(\w+)")
ZEROS = re.compile(r"\$\(printf '%0(\d+)d' 0\)")
OTHERS = "…"
LEEWAY = 30


@dataclass
class Request:
    """What a curl call sends: the flags -i, -X, -H and -d are known."""

    url: str = ""
    method: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @classmethod
    def of(cls, command: str) -> Request:
        words = iter(shlex.split(command)[1:])
        request = cls()
        for word in words:
            if word == "-X":
                request.method = next(words)
            elif word == "-H":
                name, _, value = next(words).partition(":")
                request.headers[name] = value.strip()
            elif word == "-d":
                request.body = next(words).encode()
                request.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            elif word.startswith("-"):
                assert word == "-i", f"the test does not know curl's {word}"
            else:
                assert not request.url, command
                request.url = word
        return request

    def send(self) -> Answer:
        method = self.method or ("GET" if self.body is None else "POST")
        request = urllib.request.Request(self.url, self.body, self.headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Reader:
    """Follows the document as a person would, putting in their own what they were answered."""

    def __init__(self, given: Mapping[str, str]):
        self.given = given
        self.variables: dict[str, str] = {}
        self.seen: dict[str, str] = {}

    def do(self, block: str) -> Request | None:
        """Takes a block's exports; the call that is left, if any."""
        while block.startswith("export "):
            line, _, block = block.partition("\n")
            name, _, value = shlex.split(line)[1].partition("=")
            value = self.seen.get(value, value)
            self.variables[name] = self.given.get(name, self._filled_in(value))
        if not block:
            return None
        block = ZEROS.sub(lambda match: "0" * int(match[1]), block)
        return Request.of(self._filled_in(block))

    def _filled_in(self, text: str) -> str:
        return VARIABLE.sub(lambda match: self.variables[match[1]], text)

    def compare(self, shown: str, answer: Answer) -> None:
        """Does the answer say what the document shows?"""
        head, _, body = shown.partition("\n\n")
        status, *headers = head.strip().split("\n")
        assert answer.status == int(status.split()[1]), answer.body.decode()
        if body:
            self._match(json.loads(body), json.loads(answer.body), "answer")
        else:
            assert answer.body == b""
        for header in headers:
            name, _, value = header.partition(": ")
            for text, actual in self.seen.items():
                value = value.replace(text, actual)
            assert answer.headers[name] == value

    def _match(self, shown: Any, actual: Any, where: str) -> None:
        if isinstance(shown, dict):
            assert isinstance(actual, dict), where
            names = set(shown) - {OTHERS}
            assert names <= set(actual) if OTHERS in shown else names == set(actual), where
            for name in names:
                self._match(shown[name], actual[name], f"{where}.{name}")
        elif isinstance(shown, list):
            assert isinstance(actual, list), where
            assert len(shown) == len(actual), where
            for place, pair in enumerate(zip(shown, actual, strict=True)):
                self._match(*pair, f"{where}[{place}]")
        elif isinstance(shown, str) and shown != OTHERS:
            self._match_text(shown, actual, where)
        else:
            assert shown in (OTHERS, actual), where
            assert isinstance(actual, type(shown)), where

    def _match_text(self, shown: str, actual: Any, where: str) -> None:
        if SERVER_TIME.fullmatch(shown):
            assert SERVER_TIME.fullmatch(actual), where
        elif UUID.fullmatch(shown):
            assert UUID.fullmatch(actual), where
            assert actual == self.seen.setdefault(shown, actual), where
            assert list(self.seen.values()).count(actual) == 1, f"{where} is shown as another"
        elif where.endswith((".next_cursor", ".correlation_id")) and shown not in self.seen:
            assert isinstance(actual, str), where
            if where.endswith(".next_cursor"):
                self.seen[shown] = actual
            elif len(shown) != 32:
                assert actual == shown, where
        else:
            assert actual == self.seen.get(shown, shown), where


def steps() -> Iterator[tuple[str, str | None]]:
    """The document's commands, each with the answer that follows it."""
    blocks = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    for place, (kind, text) in enumerate(blocks):
        if kind == "sh":
            follower = blocks[place + 1] if place + 1 < len(blocks) else ("", "")
            yield text, follower[1] if follower[0] == "http" else None


def test_every_command_is_answered_as_the_document_shows(live_server: LiveServer):
    reader = Reader(
        {
            "SITE": live_server.url,
            "TOKEN": token_for("demo"),
            "EXPIRED": token_for("demo", expires_in=-LEEWAY - 1),
        }
    )
    for block, shown in steps():
        request = reader.do(block)
        if request is None:
            assert shown is None, block
            continue
        assert shown is not None, f"no answer is shown for: {block}"
        answer = request.send()
        try:
            reader.compare(shown, answer)
        except AssertionError as error:
            said = f"{answer.status}\n{answer.headers}\n{answer.body.decode()}"
            pytest.fail(f"{block}\nis answered otherwise than shown: {error}\n{said}")


def test_every_endpoint_and_every_client_error_is_in_the_document():
    reader = Reader({"SITE": "", "TOKEN": "", "EXPIRED": ""})
    called, statuses = set(), set()
    for block, shown in steps():
        request = reader.do(block)
        if request is not None and shown is not None:
            path = UUID.sub("{id}", request.url.partition("?")[0]).removeprefix("/api/me")
            called.add((request.method or ("POST" if request.body else "GET"), path))
            statuses.add(int(shown.split()[1]))
    openapi = json.loads((DOCUMENT.parents[1] / "openapi.json").read_text(encoding="utf-8"))
    asked = {
        (method.upper(), re.sub(r"{\w+_id}", "{id}", path))
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method != "servers" and "documentation" not in operation["tags"]
    }
    assert asked <= called
    assert statuses >= {200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 422}


def test_the_document_names_every_base():
    text = DOCUMENT.read_text(encoding="utf-8")
    for _, base, _ in BASES:
        assert f"`{base.replace('<', '{').replace('>', '}') or '/tasks'}`" in text
