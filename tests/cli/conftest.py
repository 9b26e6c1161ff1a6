"""The fixtures of the commands' tests.

Commands open connections of their own, so what they write is really committed: under an id that no
other test has, and removed afterwards with the user.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import waiting
from app.cli.transactions import long_transaction, short_transaction
from tests.conftest import Api

Run = Callable[..., Result]
Rows = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def _no_request_is_running() -> None:
    """A request that an earlier test made in this thread leaves its budget of time behind."""
    waiting.start_request_clock(math.inf)


@pytest.fixture
def run(app: Flask) -> Run:
    """Runs `flask` with these arguments."""
    runner = app.test_cli_runner()
    return lambda *arguments, **options: runner.invoke(args=list(arguments), **options)


@pytest.fixture
def rows(app: Flask) -> Rows:
    """What the database holds, asked with SQL."""

    def ask(query: str, **parameters: Any) -> list[Any]:
        with app.app_context(), short_transaction() as session:
            return list(session.execute(text(query), parameters).mappings())

    return ask


@pytest.fixture
def user_id(app: Flask) -> Iterator[str]:
    """The id of a user who has no data yet."""
    made = f"cli-{uuid.uuid4()}"
    yield made
    with app.app_context(), long_transaction() as session:
        session.execute(
            text("DELETE FROM users WHERE left(id, length(:made)) = :made"), {"made": made}
        )
        session.commit()


@pytest.fixture
def api(app: Flask, user_id: str) -> Api:
    """The user's client; what it does is committed."""
    return Api(app.test_client(), user_id)
