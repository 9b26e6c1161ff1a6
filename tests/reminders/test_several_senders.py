"""Several senders at once, senders that are killed, and a database that goes away."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from app.reminders.sender import Sender
from tests.conftest import Api
from tests.reminders.conftest import Clock
from tests.reminders.receiver import TestReceiver, answer, hang
from tests.server import ROOT

MakeSender = Callable[..., Sender]
Rows = Callable[[], list[dict[str, Any]]]
SEND = [sys.executable, "-m", "flask", "--app", "wsgi", "reminders", "send"]


@pytest.fixture
def start_sender(
    reminders_environment: dict[str, str], receiver: TestReceiver
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `flask reminders send` as a process of its own."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str) -> subprocess.Popen[str]:
            environment = {**reminders_environment, "REMINDER_WEBHOOK_URL": receiver.url}
            process = stack.enter_context(
                subprocess.Popen(
                    [*SEND, *arguments],
                    cwd=ROOT,
                    env={"PATH": os.environ["PATH"], **environment},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            return process

        yield start


def test_two_senders_at_once_deliver_each_reminder_once(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    for n in range(30):
        ada.make_task(title=f"{n}", reminder_at="2031-03-01T07:00:00Z")
    senders = [threading.Thread(target=make_sender().run) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    make_sender().run()
    assert Counter(receiver.titles) == Counter(str(n) for n in range(30))
    assert {(row["state"], row["attempts"]) for row in deliveries()} == {("delivered", 1)}


def test_two_services_share_the_work_and_end_at_a_signal_with_what_is_in_flight(
    ada: Api,
    start_sender: Callable[..., subprocess.Popen[str]],
    receiver: TestReceiver,
    deliveries: Rows,
) -> None:
    now = datetime.now(UTC)
    for n in range(12):
        ada.make_task(title=f"{n}", reminder_at=now.isoformat())
    both_work = threading.Event()

    def meanwhile(handler: Any) -> None:
        both_work.wait(20)
        answer(200)(handler)

    receiver.behave(meanwhile)
    services = [start_sender("--loop", "--interval", "0.1", "--batch-size", "2") for _ in range(2)]
    receiver.wait_for(3, within=20)  # more than one of them has at a time
    both_work.set()
    receiver.wait_for(12)
    released = threading.Event()

    def late(handler: Any) -> None:
        released.wait(5)
        answer(200)(handler)

    receiver.behave(late)
    ada.make_task(title="late", reminder_at=datetime.now(UTC).isoformat())
    receiver.wait_for(13)
    for service, number in zip(services, (signal.SIGTERM, signal.SIGINT), strict=True):
        service.send_signal(number)
    time.sleep(0.2)
    released.set()
    outputs = [service.communicate(timeout=10) for service in services]
    assert [service.returncode for service in services] == [0, 0], outputs
    assert Counter(receiver.titles) == Counter(["late", *(str(n) for n in range(12))])
    assert [row["state"] for row in deliveries()] == ["delivered"] * 13
    assert all("Traceback" not in errors for _, errors in outputs)


def test_a_sender_that_is_killed_before_it_can_record_is_followed_by_the_same_id(
    ada: Api,
    start_sender: Callable[..., subprocess.Popen[str]],
    make_sender: MakeSender,
    receiver: TestReceiver,
    deliveries: Rows,
) -> None:
    ada.make_task(reminder_at=datetime.now(UTC).isoformat())
    released = threading.Event()
    receiver.behave(lambda message, number: hang(released) if number == 1 else answer(200))
    process = start_sender()
    receiver.wait_for(1, within=20)
    process.kill()
    process.wait()
    released.set()
    [row] = deliveries()
    assert (row["state"], row["attempts"]) == ("waiting", 1)
    now = datetime.now(UTC)
    assert make_sender(clock=lambda: now).run() == {}
    assert make_sender(clock=lambda: now + timedelta(seconds=61)).run() == {"delivered": 1}
    first, second = receiver.messages
    assert first.id == second.id
    assert first.body == second.body
    assert deliveries()[0]["attempts"] == 2


def test_a_service_goes_on_after_the_database_was_away(
    ada: Api,
    make_sender: MakeSender,
    receiver: TestReceiver,
    clock: Clock,
    postgres_url: str,
    reminders_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.reminders.sender.FIRST_PAUSE", 0.05)
    name = make_url(reminders_environment["DATABASE_URL"]).database
    ada.make_task(title="before", reminder_at="2031-03-01T07:00:00Z")
    ada.make_task(title="after", reminder_at="2031-03-01T09:00:00Z")
    released = threading.Event()

    def late(handler: Any) -> None:
        released.wait(5)
        answer(200)(handler)

    receiver.behave(late)
    sender = make_sender()
    service = threading.Thread(target=sender.run, kwargs={"interval": 0.02})
    with contextlib.closing(psycopg2.connect(postgres_url)) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        service.start()
        try:
            receiver.wait_for(1)
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            released.set()
            time.sleep(0.3)
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    clock.advance(hours=1)
    receiver.wait_for(2)
    end = time.monotonic() + 5
    while sender._in_flight and time.monotonic() < end:
        time.sleep(0.01)
    sender.stop()
    service.join(5)
    assert not service.is_alive()
    assert receiver.titles == ["after", "before"]


def test_a_service_is_idle_between_its_looks_and_takes_what_comes_due_meanwhile(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    ada.make_task(title="soon", reminder_at="2031-03-01T08:00:01Z")
    sender = make_sender()
    service = threading.Thread(target=sender.run, kwargs={"interval": 0.02})
    service.start()
    time.sleep(0.1)
    assert receiver.messages == []
    clock.advance(seconds=1)
    receiver.wait_for(1)
    sender.stop()
    service.join(5)
    assert not service.is_alive()


def test_a_service_finds_later_what_appears_far_in_the_past(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    sender = make_sender()
    service = threading.Thread(target=sender.run, kwargs={"interval": 0.02})
    service.start()
    time.sleep(0.1)
    ada.make_task(title="recent", reminder_at="2031-03-01T07:30:00Z")
    receiver.wait_for(1)
    ada.make_task(title="far", reminder_at="2031-02-27T08:00:00Z")
    time.sleep(0.1)
    assert receiver.titles == ["recent"]
    clock.advance(minutes=1)
    receiver.wait_for(2)
    sender.stop()
    service.join(5)
    assert receiver.titles == ["far", "recent"]
