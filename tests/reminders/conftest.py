"""A database of its own, as a sender serves all users there are: here only those of these tests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg2
import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app
from app.extensions import db
from app.reminders.message import Signer
from app.reminders.receiver import Receiver
from app.reminders.sender import Sender
from config import load_settings
from tests.conftest import Api
from tests.reminders.receiver import SECRET, TestReceiver

NOW = datetime(2031, 3, 1, 8, tzinfo=UTC)


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def reminders_environment(
    environment: dict[str, str], make_database: Callable[[], str]
) -> dict[str, str]:
    return {**environment, "DATABASE_URL": make_database(), "REMINDER_WEBHOOK_SECRET": SECRET}


@pytest.fixture(scope="session")
def migrated(reminders_environment: dict[str, str]) -> Iterator[Flask]:
    app = create_app(load_settings(reminders_environment))
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def reminders_app(migrated: Flask) -> Iterator[Flask]:
    """The app, on a database without users."""
    with migrated.app_context():
        yield migrated
        db.session.rollback()
        db.engine.dispose()
        with db.engine.begin() as connection:
            connection.execute(text("TRUNCATE users CASCADE"))


@pytest.fixture
def ada(reminders_app: Flask) -> Api:
    return Api(reminders_app.test_client(), "ada")


@pytest.fixture
def receiver() -> Iterator[TestReceiver]:
    with TestReceiver() as receiver:
        yield receiver


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_sender(
    reminders_app: Flask, receiver: TestReceiver, clock: Clock
) -> Callable[..., Sender]:
    def make(*, total_timeout: float = 5.0, batch_size: int = 4, **options: Any) -> Sender:
        options = {"clock": clock, "random": Random(1), **options}
        to = Receiver(options.pop("url", receiver.url), total_timeout=total_timeout)
        return Sender(db.engine, to, Signer([SECRET]), batch_size=batch_size, **options)

    return make


@pytest.fixture
def deliveries(reminders_environment: dict[str, str]) -> Callable[[], list[dict[str, Any]]]:
    """Reads the rows of deliveries, the oldest reminder first."""

    def read() -> list[dict[str, Any]]:
        address = reminders_environment["DATABASE_URL"]
        with (
            contextlib.closing(psycopg2.connect(address)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SET timezone = 'UTC'")
            cursor.execute("SELECT * FROM reminder_deliveries ORDER BY reminder_at, task_id")
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return read
