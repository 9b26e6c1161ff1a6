"""`flask reminders`, as an operator meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.extensions import db
from app.reminders.commands import reminders_group
from app.reminders.sender import Sender, utc_now
from config import ConfigurationError, load_settings
from tests.conftest import Api
from tests.reminders.receiver import SECRET, TestReceiver, answer, hang
from tests.server import ROOT

MakeSender = Callable[..., Sender]
Run = Callable[..., Any]


@pytest.fixture
def run(reminders_app: Flask, receiver: TestReceiver, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command of the group with these settings."""

    def run(*arguments: str, app: Flask = reminders_app, **settings: str) -> Any:
        environment = {
            "DATABASE_URL": "postgresql://unused",
            "JWT_SECRET": "n9K2pQ7rT4vX8zB3dF6hJ1mC5sG0wY7u",
            "REMINDER_WEBHOOK_URL": receiver.url,
            "REMINDER_WEBHOOK_SECRET": SECRET,
            **settings,
        }
        monkeypatch.setitem(app.config, "SETTINGS", load_settings(environment))
        return app.test_cli_runner().invoke(reminders_group, arguments)

    return run


def status_of(run: Run) -> dict[str, Any]:
    return json.loads(run("status", "--json").output)


def ago(**by: float) -> str:
    return (datetime.now(UTC) - timedelta(**by)).isoformat()


def test_send_says_what_became_of_how_many(ada: Api, run: Run, receiver: TestReceiver) -> None:
    assert run("send").output == "Sent 0 reminders.\n"
    for title in ("good", "bad"):
        ada.make_task(title=title, reminder_at=ago(minutes=1))
    receiver.behave(lambda message, number: answer(200 if message.title == "good" else 500))
    done = run("send")
    assert done.exit_code == 0
    assert done.output.endswith("Sent 2 reminders: 1 delivered, 1 waiting.\n")


def test_status_shows_the_queue(ada: Api, run: Run, receiver: TestReceiver) -> None:
    empty = status_of(run)
    assert empty == {
        "due": 0,
        "sending": 0,
        "retrying": 0,
        "dead": 0,
        "delivered_today": 0,
        "scheduled": 0,
        "oldest_due_seconds": None,
    }
    for title, moment in (
        ("delivered", ago(minutes=1)),
        ("retrying", ago(minutes=2)),
        ("dead", ago(minutes=3)),
        ("cancelled", ago(minutes=4)),
        ("scheduled", ago(minutes=-5)),
        ("forgotten", ago(days=8)),
    ):
        task = ada.make_task(title=title, reminder_at=moment)
    by_title = {"delivered": 204, "dead": 410}
    receiver.behave(lambda message, number: answer(by_title.get(message.title, 500)))
    run("send")
    found = ada.get("/tasks?search=cancelled").json["data"]["items"]
    ada.post(f"/tasks/{found[0]['id']}/toggle")
    ada.make_task(title="due", reminder_at=ago(minutes=30))
    status = status_of(run)
    assert 1800 <= status.pop("oldest_due_seconds") < 1860
    assert status == {
        "due": 1,
        "sending": 0,
        "retrying": 1,
        "dead": 1,
        "delivered_today": 1,
        "scheduled": 1,
    }
    assert task["title"] == "forgotten"
    table = run("status").output.splitlines()
    assert table[0].split() == ["due", "1"]
    assert len(table) == 7


def test_status_shows_what_is_being_sent(
    ada: Api, run: Run, receiver: TestReceiver, make_sender: MakeSender
) -> None:
    ada.make_task(reminder_at=ago(minutes=1))
    released = threading.Event()
    receiver.behave(hang(released))
    sending = threading.Thread(target=make_sender(clock=utc_now).run)
    sending.start()
    receiver.wait_for(1)
    status = status_of(run)
    released.set()
    sending.join()
    assert (status["due"], status["sending"], status["retrying"]) == (0, 1, 0)
    assert status_of(run)["retrying"] == 1


def test_retry_revives_the_dead(ada: Api, run: Run, receiver: TestReceiver) -> None:
    bob = Api(ada.client, "bob")
    for api in (ada, bob):
        api.make_task(title=api.user_id, reminder_at=ago(minutes=1))
    ada.make_task(title="done by now", reminder_at=ago(minutes=1))
    receiver.behave(answer(410))
    run("send")
    assert status_of(run)["dead"] == 3
    [done] = ada.get("/tasks?search=done").json["data"]["items"]
    ada.post(f"/tasks/{done['id']}/toggle")
    receiver.behave(answer(200))
    assert run("retry", "--user", "bob").output == "1 reminder will be tried again.\n"
    assert run("send").output.endswith("Sent 1 reminder: 1 delivered.\n")
    assert run("retry").output == "2 reminders will be tried again.\n"
    assert run("send").output.endswith("Sent 1 reminder: 1 delivered.\n")
    assert run("retry").output == "0 reminders will be tried again.\n"
    assert [message.title for message in receiver.messages[3:]] == ["bob", "ada"]
    assert len({message.id for message in receiver.messages}) == 3


@pytest.mark.parametrize("name", ["REMINDER_WEBHOOK_URL", "REMINDER_WEBHOOK_SECRET"])
def test_without_its_settings_it_says_which_one_is_missing(run: Run, name: str) -> None:
    done = run("send", **{name: ""})
    assert isinstance(done.exception, SystemExit)
    assert str(done.exception).startswith(f"Configuration error: {name} is not set: give ")


def test_the_queue_can_be_seen_without_a_receiver(run: Run) -> None:
    assert run("status", REMINDER_WEBHOOK_URL="", REMINDER_WEBHOOK_SECRET="").exit_code == 0


@pytest.mark.parametrize("arguments", [("send",), ("send", "--loop"), ("status",), ("retry",)])
@pytest.mark.parametrize("trouble", ["away", "not migrated"])
def test_a_database_that_is_away_or_not_migrated_is_one_line(
    reminders_environment: dict[str, str],
    make_database: Callable[[], str],
    arguments: tuple[str, ...],
    trouble: str,
) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none" if trouble == "away" else make_database()
    settings = {"DATABASE_URL": url, "REMINDER_WEBHOOK_URL": "http://127.0.0.1:9/"}
    app = create_app(load_settings({**reminders_environment, **settings}))
    done = app.test_cli_runner().invoke(reminders_group, arguments)
    with app.app_context():
        db.engine.dispose()
    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert ("does not answer" if trouble == "away" else "flask db upgrade") in line


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("send", "--look-back", "31d"), "at most 30d"),
        (("status", "--look-back", "31d"), "at most 30d"),
        (("send", "--loop", "--limit", "3"), "leave out --loop"),
        (("send", "--batch-size", "0"), "1<=x<=100"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    run: Run, arguments: tuple[str, ...], advice: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert advice in done.output


def test_the_handlers_of_signals_are_put_back(ada: Api, run: Run) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    run("send")
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before


def test_the_web_server_does_not_load_what_sends() -> None:
    look = "import sys, wsgi; print(*sys.modules)"
    environment = {"PATH": os.environ["PATH"], **BASE}
    loaded = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=environment, capture_output=True, text=True
    ).stdout.split()
    assert "app.mounts" in loaded
    assert {"app.reminders.sender", "app.reminders.queries", "standardwebhooks"}.isdisjoint(loaded)


GOOD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BASE = {
    "DATABASE_URL": "postgresql://localhost/tasks",
    "JWT_SECRET": "n9K2pQ7rT4vX8zB3dF6hJ1mC5sG0wY7u",
}


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/hooks/reminders?a=b",
        "http://localhost:3000",
        "http://127.0.0.1:9/x",
        "https://[::1]:8443/hooks",
    ],
)
def test_addresses_to_post_to(url: str) -> None:
    assert load_settings({**BASE, "REMINDER_WEBHOOK_URL": url}).reminder_webhook_url == url


@pytest.mark.parametrize(
    "url",
    [
        "app.example.com",
        "ftp://app.example.com/",
        "https://",
        "https:///hooks",
        "https://user:word@app.example.com/",
        "https://app.example.com/#there",
        "https://app.example.com:0/",
        "https://app.example.com:99999/",
        "https://app.example.com/a b",
        "https://app.exämple.com/",
        "https://[::1/",
        "https://[nowhere]/",
    ],
)
def test_an_address_that_cannot_be_posted_to_stops_the_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match="REMINDER_WEBHOOK_URL must be an http or https"):
        load_settings({**BASE, "REMINDER_WEBHOOK_URL": url})


def test_one_or_several_secrets_are_read() -> None:
    found = load_settings({**BASE, "REMINDER_WEBHOOK_SECRET": f"{GOOD_SECRET}, {SECRET}"})
    assert found.reminder_webhook_secrets == (GOOD_SECRET, SECRET)
    assert load_settings(BASE).reminder_webhook_secrets == ()


@pytest.mark.parametrize(
    "secret",
    [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2Lä",
        "whsec_" + "A" * 88,
        "whsec_" + "A" * 32,
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ],
)
def test_a_secret_of_another_form_stops_the_start_and_is_not_repeated(secret: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings({**BASE, "REMINDER_WEBHOOK_SECRET": secret})
    assert str(refused.value).startswith("Configuration error: REMINDER_WEBHOOK_SECRET ")
    assert len(secret) < 8 or secret not in str(refused.value)
