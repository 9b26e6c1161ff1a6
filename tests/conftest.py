"""The fixtures that all tests share: a real PostgreSQL, the app on it, clients and tasks to act on.

Each test's data disappears with it: `client` runs inside one outer transaction in which a commit
only releases a savepoint. Tests that need several connections or a server use `live_server`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from app import create_app, database
from app.extensions import db
from config import load_settings
from scripts.embedded import running_postgres
from tests.server import LiveServer

SECRET = hashlib.sha256(b"the secret of these tests").hexdigest()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server for this run: the given one, or a throw-away one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="task-api-test-", ignore_cleanup_errors=True) as folder,
        running_postgres(Path(folder) / "postgres") as url,
    ):
        _administer(url, "ALTER SYSTEM SET fsync = off")
        _administer(url, "SELECT pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def make_database(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases on the test server, and removes them after the run."""
    made: list[str] = []

    def make() -> str:
        name = f"task_api_test_{secrets.token_hex(6)}"
        _administer(postgres_url, f'CREATE DATABASE "{name}"')
        made.append(name)
        return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        _administer(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(url: str, statement: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture(scope="session")
def environment(make_database: Callable[[], str]) -> dict[str, str]:
    """The environment that the app of this run is configured from."""
    return {
        "APP_ENV": "production",
        "DATABASE_URL": make_database(),
        "JWT_SECRET": SECRET,
        "CORS_ORIGINS": "https://app.example.com,http://localhost:3000",
        "LOG_LEVEL": "INFO",
    }


@pytest.fixture(scope="session")
def app(environment: dict[str, str]) -> Iterator[Flask]:
    """The app on a migrated database."""
    app = create_app(load_settings(environment))
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def connection(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The one connection of a test; what it commits is rolled back when the test ends."""
    with app.app_context():
        engine = db.engine
        engines = db.engines
    with engine.connect() as connection:
        outer = connection.begin()
        engines[None] = connection
        monkeypatch.setitem(
            db.session.session_factory.kw, "join_transaction_mode", "create_savepoint"
        )
        monkeypatch.setattr(database, "_borrow", lambda: connection.connection)
        monkeypatch.setattr(database, "_give_back", lambda _: None)
        monkeypatch.setattr(database, "BEGIN", "SAVEPOINT request")
        monkeypatch.setattr(database, "COMMIT", "RELEASE SAVEPOINT request")
        monkeypatch.setattr(database, "ROLLBACK", "ROLLBACK TO SAVEPOINT request")
        try:
            yield connection
        finally:
            engines[None] = engine
            outer.rollback()


@pytest.fixture
def client(app: Flask, connection: Connection) -> FlaskClient:
    """Flask's own client; the second half of a pair is `api`, which speaks for a user."""
    return app.test_client()


def token_for(user_id: str, *, expires_in: float = 3600, **claims: Any) -> str:
    """A token as the issuer would sign it."""
    payload = {"sub": user_id, "exp": int(time.time() + expires_in), **claims}
    return jwt.encode(payload, SECRET, algorithm="HS256")


class Api:
    """A client that speaks for one user, under one base."""

    def __init__(self, client: FlaskClient, user_id: str, base: str = "/api/me", **claims: Any):
        self.client, self.user_id, self.base = client, user_id, base
        self.token = token_for(user_id, **claims)

    def request(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.client.open(f"{self.base}{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any, **options: Any) -> Any:
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any, **options: Any) -> Any:
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.request("DELETE", path, **options)

    def make_task(self, **fields: Any) -> dict[str, Any]:
        """A task with these fields, made through the API."""
        answer = self.post("/tasks", {"title": "A task", **fields})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer.json["data"]

    def tag_named(self, name: str) -> dict[str, Any]:
        """The user's tag of this name."""
        items = self.get("/tags?limit=100").json["data"]["items"]
        return next(tag for tag in items if tag["name"] == name)


@pytest.fixture
def make_api(client: FlaskClient) -> Callable[..., Api]:
    """Makes clients of users who have no data yet."""
    return lambda user_id=None, **options: Api(client, user_id or f"user-{uuid.uuid4()}", **options)


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """The client of a user who has no data yet."""
    return make_api()


@pytest.fixture
def other(make_api: Callable[..., Api]) -> Api:
    """The client of another user."""
    return make_api()


@pytest.fixture(scope="session")
def live_server(app: Flask, environment: dict[str, str]) -> Iterator[LiveServer]:
    """The real server, gunicorn with its own configuration, on the run's database."""
    with LiveServer(environment) as server:
        yield server
