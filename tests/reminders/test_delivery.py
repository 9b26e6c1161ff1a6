"""A due reminder reaches the receiver, signed, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from app.reminders.message import Signer, message_id
from app.reminders.sender import Sender
from tests.conftest import Api
from tests.reminders.conftest import NOW, Clock
from tests.reminders.receiver import KEY, SECRET, TestReceiver

MakeSender = Callable[..., Sender]
Rows = Callable[[], list[dict[str, Any]]]


def test_a_due_reminder_is_delivered_once_with_a_valid_signature(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    ada.make_task(title="Water the plants", reminder_at="2031-03-01T07:59:59Z")
    assert make_sender().run() == {"delivered": 1}
    assert make_sender().run() == {}
    [message] = receiver.messages
    assert message.is_signed_with(KEY)
    assert message.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == f"127.0.0.1:{receiver.server.server_port}"
    [row] = deliveries()
    assert (row["state"], row["attempts"], row["last_status"]) == ("delivered", 1, 204)
    assert row["finished_at"] == NOW


def test_the_library_for_receivers_accepts_it(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver
) -> None:
    now = datetime.now(UTC)
    ada.make_task(title="Büro räumen 🪴", reminder_at=now.isoformat())
    make_sender(clock=lambda: now).run()
    [message] = receiver.messages
    assert Webhook(SECRET).verify(message.body, message.headers)["data"]["title"] == message.title


@pytest.mark.parametrize(
    "fields",
    [
        {"due_date": "2031-03-01T10:00:00+01:00", "timezone": "Europe/Berlin"},
        {"due_date": "2031-03-01", "timezone": "Pacific/Auckland"},
        {"due_date": "2031-03-05", "recurrence_rule": "FREQ=WEEKLY", "tags": ["home", "Büro"]},
        {"due_date": "9999-12-31", "priority": "low"},
        {},
    ],
)
def test_the_message_tells_of_the_task_as_the_api_answers_it(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, fields: dict[str, Any]
) -> None:
    task = ada.make_task(title="A task", reminder_at="2031-03-01T06:30:00Z", **fields)
    make_sender().run()
    [message] = receiver.messages
    assert json.loads(message.body) == {
        "type": "task.reminder",
        "timestamp": "2031-03-01T06:30:00Z",
        "data": {
            "task_id": task["id"],
            **{
                name: task[name]
                for name in (
                    *("user_id", "title", "priority", "tags", "due_date", "reminder_at"),
                    *("timezone", "is_recurring", "series_id"),
                )
            },
        },
    }


def test_what_is_not_due_yet_waits_until_it_is(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, clock: Clock, deliveries: Rows
) -> None:
    ada.make_task(reminder_at="2031-03-01T08:00:01Z")
    assert make_sender().run() == {}
    assert deliveries() == []
    clock.advance(seconds=1)
    assert make_sender().run() == {"delivered": 1}


def test_each_users_reminders_are_sent_and_name_their_user(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver
) -> None:
    bob = Api(ada.client, "bob:Ünïcode/id")
    for api in (ada, bob):
        api.make_task(title=api.user_id, reminder_at="2031-03-01T07:00:00Z")
    make_sender().run()
    assert sorted(message.data["user_id"] for message in receiver.messages) == ["ada", bob.user_id]
    assert len({message.id for message in receiver.messages}) == 2


def test_what_came_due_before_the_look_back_is_not_sent(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    for days in (6, 8, 3000):
        moment = NOW - timedelta(days=days)
        ada.make_task(title=f"{days} days late", reminder_at=moment.isoformat())
    make_sender().run()
    assert receiver.titles == ["6 days late"]
    assert len(deliveries()) == 1
    make_sender(look_back=timedelta(days=9)).run()
    assert receiver.titles == ["6 days late", "8 days late"]


def test_more_than_a_batch_is_sent_by_one_run_the_oldest_first(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver
) -> None:
    for minute in range(10):
        ada.make_task(title=f"{minute}", reminder_at=f"2031-03-01T07:5{9 - minute}:00Z")
    assert make_sender(batch_size=1).run(limit=3) == {"delivered": 3}
    assert [message.title for message in receiver.messages] == ["9", "8", "7"]
    assert make_sender(batch_size=3).run() == {"delivered": 7}
    assert receiver.titles == [str(n) for n in range(10)]


def test_delivered_rows_are_forgotten_when_they_are_too_old_to_be_found_again(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, clock: Clock, deliveries: Rows
) -> None:
    ada.make_task(reminder_at="2031-03-01T08:00:00Z")
    month = timedelta(days=30)
    make_sender(look_back=month).run()
    clock.advance(days=30)
    make_sender(look_back=month).run()
    assert len(deliveries()) == 1
    clock.advance(seconds=1)
    make_sender(look_back=month).run()
    assert deliveries() == []
    make_sender(look_back=month).run()
    assert len(receiver.messages) == 1


def test_the_id_tells_reminders_apart_by_user_task_and_time(ada: Api) -> None:
    task_id = "0190b5a0-0000-7000-8000-000000000000"
    later = NOW + timedelta(seconds=1)
    keys: list[Any] = [("a", task_id, NOW), ("b", task_id, NOW), ("a", task_id, later)]
    ids = {message_id(*key) for key in keys}
    assert len(ids) == 3
    assert all("." not in one for one in ids)


def test_with_two_secrets_both_sign() -> None:
    other = "whsec_" + "TmV3IHNlY3JldCBvZiAyNCBieXRlcyE="
    now = datetime.now(UTC)
    headers = Signer([SECRET, other]).headers("msg_1", b'{"a":1}', now)
    for secret in (SECRET, other):
        assert Webhook(secret).verify(b'{"a":1}', headers) == {"a": 1}
