"""What the clients ask for: each workload is a list of requests that is sent over and over."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from urllib.parse import urlencode

import jwt

from bench import dataset
from bench.postgres import Postgres
from bench.servers import SECRET

REQUESTS = 2000
USERS_AT_MOST = 200
TASKS_KNOWN = 4000
PAGE = 50
DEEP = 0.9  # of the list lies before the deep page
TOKEN_SECONDS = 86_400
MIX = ("get_one",) * 10 + ("first_page",) * 6 + ("create",) * 2 + ("complete",) * 2


@dataclass(frozen=True, slots=True)
class Request:
    """One request of one user; `path` starts below the user's base."""

    user_id: str
    path: str
    method: str = "GET"
    body: str = ""

    @property
    def target(self) -> str:
        return f"/api/{self.user_id}{self.path}"


@dataclass(slots=True)
class Material:
    """What requests are made of. `cursors` are a server's own, of the deep page of each user."""

    users: list[str]
    open_tasks: list[tuple[str, str]]
    tasks: list[tuple[str, str]]
    tasks_of_each: int
    cursors: Mapping[str, str] = field(default_factory=dict)
    text: dataset.Text = field(default_factory=dataset.Text)
    source: random.Random = field(default_factory=lambda: random.Random(dataset.SEED))

    @property
    def deep_offset(self) -> int:
        return int(self.tasks_of_each * DEEP)

    def user(self) -> str:
        return self.source.choice(self.users)


def material_in(postgres: Postgres, database: str, users: int, tasks: int) -> Material:
    """Users and tasks of a seeded database, spread evenly."""
    all_users = dataset.user_ids(users)
    known = all_users[:: max(1, -(-users // USERS_AT_MOST))]
    step = max(1, len(known) * tasks // TASKS_KNOWN)
    rows = postgres.fetch(
        "SELECT user_id, id::text, completed FROM tasks "
        "WHERE user_id = ANY (%s) AND revision %% %s = 0 ORDER BY id",
        [known, step],
        database=database,
    )
    random.Random(dataset.SEED).shuffle(rows)
    return Material(
        users=known,
        open_tasks=[(owner, task) for owner, task, completed in rows if not completed],
        tasks=[(owner, task) for owner, task, _ in rows],
        tasks_of_each=tasks,
    )


def tokens_of(users: list[str]) -> dict[str, str]:
    """A token for each user, as the issuer would sign it."""
    expires = int(time.time()) + TOKEN_SECONDS
    return {
        user: jwt.encode({"sub": user, "exp": expires}, SECRET, algorithm="HS256") for user in users
    }


def page_of(user_id: str, **parameters: object) -> Request:
    return Request(user_id, f"/tasks?{urlencode({'limit': PAGE, **parameters})}")


Make = Callable[[Material], Request]


def get_one(material: Material) -> Request:
    owner, task = material.source.choice(material.tasks)
    return Request(owner, f"/tasks/{task}")


def deep_cursor(material: Material) -> Request:
    owner = material.user()
    return page_of(owner, cursor=material.cursors[owner])


def search(words: Callable[[Material], list[str]]) -> Make:
    return lambda material: page_of(material.user(), search=material.source.choice(words(material)))


def due_week(material: Material) -> Request:
    first = dataset.END + timedelta(days=material.source.randint(-150, 140))
    last = first + timedelta(days=6)
    return page_of(material.user(), due_date_from=first.date(), due_date_to=last.date())


def listed(**parameters: object) -> Make:
    return lambda material: page_of(material.user(), **parameters)


def create(material: Material) -> Request:
    source, text = material.source, material.text
    body = {
        "title": text.draw(source, 4),
        "description": text.draw(source, 12),
        "priority": source.choice(("High", "Medium", "Low")),
        "due_date": f"{dataset.END:%Y-%m-%d}T09:00:00Z",
        "tags": source.sample(dataset.TAGS, source.choice(dataset.TAGS_OF_A_TASK)),
    }
    return Request(material.user(), "/tasks", "POST", json.dumps(body))


def _two_letters(material: Material) -> list[str]:
    return sorted({word[:2] for word in material.text.words})


@dataclass(frozen=True, slots=True)
class Workload:
    """A name, a title for the table, and how one of its requests is made (None: a mix)."""

    name: str
    title: str
    make: Make | None
    is_write: bool = False


WORKLOADS = (
    Workload("get_one", "get one", get_one),
    Workload("first_page", "first page", listed()),
    Workload(
        "deep_offset", "page at 90 %, by offset", lambda m: page_of(m.user(), offset=m.deep_offset)
    ),
    Workload("deep_cursor", "page at 90 %, by cursor", deep_cursor),
    Workload("search_rare", "search a rare word", search(lambda m: m.text.rare)),
    Workload("search_common", "search a common word", search(lambda m: m.text.common)),
    Workload("search_two_letters", "search two letters", search(_two_letters)),
    Workload("tag", "one tag", lambda m: page_of(m.user(), tags=m.source.choice(dataset.TAGS))),
    Workload("due_week", "due in a week", due_week),
    Workload(
        "sort_created_at_asc", "by created_at, asc", listed(sort_by="created_at", sort_order="asc")
    ),
    Workload("sort_updated_at", "by updated_at, desc", listed(sort_by="updated_at")),
    Workload("sort_completed_at", "by completed_at, desc", listed(sort_by="completed_at")),
    Workload("sort_due_date", "by due_date, asc", listed(sort_by="due_date")),
    Workload(
        "sort_due_date_desc", "by due_date, desc", listed(sort_by="due_date", sort_order="desc")
    ),
    Workload("sort_priority", "by priority, asc", listed(sort_by="priority")),
    Workload(
        "sort_priority_desc", "by priority, desc", listed(sort_by="priority", sort_order="desc")
    ),
    Workload("sort_title", "by title, asc", listed(sort_by="title")),
    Workload("sort_title_desc", "by title, desc", listed(sort_by="title", sort_order="desc")),
    Workload("create", "create", create, is_write=True),
    Workload("complete", "complete", None, is_write=True),
    Workload("mix", "mix, 80 % reads", None, is_write=True),
)
BY_NAME = {workload.name: workload for workload in WORKLOADS}


def requests_for(workload: Workload, material: Material) -> list[Request]:
    """The same requests on every call with equal material."""
    material.source.seed(dataset.SEED)
    if workload.make is not None:
        return [workload.make(material) for _ in range(REQUESTS)]
    names = ("complete",) if workload.name == "complete" else MIX
    return list(_completing_and_reopening(material, names))


def _completing_and_reopening(material: Material, names: tuple[str, ...]) -> Iterator[Request]:
    """In its second half every task that the first half completes is opened again.

    So each of these requests changes something, however often the whole list is sent.
    """
    for completed in (True, False):
        tasks = cycle(material.open_tasks[: REQUESTS // 2])
        for _ in range(REQUESTS // 2):
            name = material.source.choice(names)
            make = BY_NAME[name].make
            if make is not None:
                yield make(material)
            else:
                owner, task = next(tasks)
                body = json.dumps({"completed": completed})
                yield Request(owner, f"/tasks/{task}/complete", "PATCH", body)
