"""How many SQL statements and network round trips each endpoint takes, counted on the wire."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import make_url

from bench import dataset
from bench.client import ask
from bench.errors import BenchError
from bench.postgres import Postgres
from bench.proxy import Traffic, proxied
from bench.run import COPY
from bench.servers import serving
from bench.workloads import Material, Request, page_of, tokens_of

TIMES = 3  # after the first, connections are open and whatever is made once is made
SETTLE = 0.05  # seconds for what a server still says after it has answered
RULE = {"due_date": "2031-03-03", "recurrence_rule": "FREQ=WEEKLY"}


@dataclass(frozen=True, slots=True)
class Count:
    """What one request of an endpoint sent to PostgreSQL."""

    endpoint: str
    traffic: Traffic


Ask = Callable[[Request], Any]


def count(postgres: Postgres, template: str, material: Material) -> list[Count]:
    """One count for each endpoint, of a server of one worker that has run for a while."""
    user = material.users[0]
    token = tokens_of([user])[user]
    counts = []
    with (
        postgres.copy_of(template, COPY) as database,
        proxied(make_url(database)) as proxy,
        serving("app", proxy.address, workers=1) as server,
    ):

        def answer(request: Request) -> Any:
            status, data = ask(server.port, request, token)
            if status >= 400:
                raise BenchError(f"{request.method} {request.path} answers {status}")
            return data

        for endpoint, make in _endpoints(user, material, answer):
            for _ in range(TIMES):
                request = make()
                time.sleep(SETTLE)
                proxy.take()
                answer(request)
                time.sleep(SETTLE)
            counts.append(Count(endpoint, proxy.take()))
    return counts


def table(counts: list[Count]) -> str:
    """As Markdown."""
    rows = ["| endpoint | SQL statements | with BEGIN, COMMIT | round trips |"]
    rows += ["| --- | ---: | ---: | ---: |"]
    rows += [
        f"| {made.endpoint} | {len(made.traffic.queries)} | {len(made.traffic.statements)} "
        f"| {made.traffic.round_trips} |"
        for made in counts
    ]
    return "\n".join(rows)


def texts(counts: list[Count]) -> str:
    return "\n\n".join(
        "\n".join([f"-- {made.endpoint}", *(f"{text};" for text in made.traffic.statements)])
        for made in counts
    )


def _endpoints(
    user: str, material: Material, answer: Ask
) -> Iterator[tuple[str, Callable[[], Request]]]:
    """Each endpoint's name, and what makes its next request ready."""

    def page(**parameters: object) -> Callable[[], Request]:
        return lambda: page_of(user, **parameters)

    def new_task(**fields: object) -> str:
        task = answer(Request(user, "/tasks", "POST", json.dumps({"title": "Count", **fields})))
        return f"/tasks/{task['id']}"

    def act(method: str, suffix: str = "", body: object = None, **fields: object) -> Any:
        text = "" if body is None else json.dumps(body)
        return lambda: Request(user, f"{new_task(**fields)}{suffix}", method, text)

    def rename_tag() -> Request:
        found = answer(Request(user, f"/tags?search={dataset.TAGS[0]}"))["items"][0]
        name = f"{dataset.TAGS[0]}-{next(numbers)}"
        return Request(user, f"/tags/{found['id']}", "PATCH", json.dumps({"name": name}))

    def post(**fields: object) -> Callable[[], Request]:
        body = {"title": "Count", **fields}
        return lambda: Request(user, "/tasks", "POST", json.dumps(body))

    numbers = itertools.count(1)
    deep = answer(page_of(user, offset=material.deep_offset - 1, limit=1))["pagination"]
    tags = list(dataset.TAGS[:2])

    yield "get one", act("GET")
    yield "list, first page", page()
    yield "list, by status", page(status="pending")
    yield f"list, offset {material.deep_offset}", page(offset=material.deep_offset)
    yield "list, cursor", page(cursor=deep["next_cursor"])
    yield "list, search a word", page(search=material.text.rare[0])
    yield "list, one tag", page(tags=tags[0])
    yield "list, due in a week", page(due_date_from="2026-03-02", due_date_to="2026-03-08")
    yield "list, by due_date", page(sort_by="due_date")
    yield "create", post()
    yield "create with two tags", post(tags=tags)
    yield "patch the title", act("PATCH", body={"title": "Changed"})
    yield "patch the tags", act("PATCH", body={"tags": tags})
    yield "patch, nothing changes", act("PATCH", body={})
    yield "complete", act("PATCH", "/complete", {"completed": True})
    yield "complete, recurring", act("PATCH", "/complete", {"completed": True}, **RULE)
    yield "toggle", act("POST", "/toggle")
    yield "delete", act("DELETE")
    yield "list tags", lambda: Request(user, "/tags")
    yield "rename a tag", rename_tag
