"""What becomes of a reminder whose task is moved, completed, deleted, or reopened."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.reminders.sender import Sender
from tests.conftest import Api
from tests.reminders.conftest import Clock
from tests.reminders.receiver import TestReceiver, answer, hang

MakeSender = Callable[..., Sender]
Rows = Callable[[], list[dict[str, Any]]]
CHANGES: dict[str, Callable[[Api, str], Any]] = {
    "completing": lambda api, path: api.patch(f"{path}/complete", {"completed": True}),
    "toggling": lambda api, path: api.post(f"{path}/toggle"),
    "deleting": lambda api, path: api.delete(path),
    "moving": lambda api, path: api.patch(path, {"reminder_at": "2031-03-02T08:00:00Z"}),
    "clearing": lambda api, path: api.patch(path, {"reminder_at": None}),
    "replacing": lambda api, path: api.put(path, {"title": "Another"}),
}


@pytest.fixture
def path(ada: Api) -> str:
    """The path of a task whose reminder comes due in a minute."""
    return f"/tasks/{ada.make_task(reminder_at='2031-03-01T08:01:00Z')['id']}"


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_before_the_time_cancels_the_reminder(
    ada: Api, path: str, make_sender: MakeSender, receiver: TestReceiver, clock: Clock, change: str
) -> None:
    make_sender().run()
    assert CHANGES[change](ada, path).status_code in {200, 204}
    clock.advance(minutes=5)
    assert make_sender().run() == {}
    assert receiver.messages == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_two_attempts_cancels_what_is_left(
    ada: Api,
    path: str,
    make_sender: MakeSender,
    receiver: TestReceiver,
    clock: Clock,
    deliveries: Rows,
    change: str,
) -> None:
    receiver.behave(answer(500))
    clock.advance(minutes=1)
    make_sender().run()
    CHANGES[change](ada, path)
    clock.advance(hours=1)
    assert make_sender().run() == {}
    assert len(receiver.messages) == 1
    assert deliveries() == []


def test_a_moved_reminder_is_sent_at_its_new_time_under_a_new_id(
    ada: Api,
    path: str,
    make_sender: MakeSender,
    receiver: TestReceiver,
    clock: Clock,
    deliveries: Rows,
) -> None:
    clock.advance(minutes=1)
    make_sender().run()
    CHANGES["moving"](ada, path)
    make_sender().run()
    clock.advance(days=1)
    assert make_sender().run() == {"delivered": 1}
    assert len({message.id for message in receiver.messages}) == 2
    assert [row["state"] for row in deliveries()] == ["delivered", "delivered"]


def test_another_change_leaves_the_reminder_alone(
    ada: Api, path: str, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    ada.patch(path, {"title": "Renamed"})
    clock.advance(minutes=1)
    make_sender().run()
    ada.patch(path, {"title": "Renamed once more"})
    make_sender().run()
    assert receiver.titles == ["Renamed"]


def test_undone_before_the_time_it_is_sent_on_time(
    ada: Api, path: str, make_sender: MakeSender, clock: Clock
) -> None:
    ada.post(f"{path}/toggle")
    ada.post(f"{path}/toggle")
    assert make_sender().run() == {}
    clock.advance(minutes=1)
    assert make_sender().run() == {"delivered": 1}


def test_undone_after_the_time_it_is_sent_then_if_it_never_was(
    ada: Api, path: str, make_sender: MakeSender, clock: Clock
) -> None:
    ada.post(f"{path}/toggle")
    clock.advance(hours=3)
    assert make_sender().run() == {}
    ada.post(f"{path}/toggle")
    assert make_sender().run() == {"delivered": 1}


def test_undone_after_it_was_delivered_it_is_not_sent_again(
    ada: Api, path: str, make_sender: MakeSender, clock: Clock
) -> None:
    clock.advance(minutes=1)
    make_sender().run()
    ada.post(f"{path}/toggle")
    ada.post(f"{path}/toggle")
    assert make_sender().run() == {}


def test_undone_between_two_attempts_it_starts_anew_under_the_same_id(
    ada: Api, path: str, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    receiver.behave(lambda message, number: answer(500 if number == 1 else 200))
    clock.advance(minutes=1)
    make_sender().run()
    ada.post(f"{path}/toggle")
    clock.advance(minutes=1)
    make_sender().run()
    ada.post(f"{path}/toggle")
    assert make_sender().run() == {"delivered": 1}
    assert len({message.id for message in receiver.messages}) == 1


def test_a_successor_has_a_reminder_of_its_own(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    task = ada.make_task(
        due_date="2031-03-01T09:00:00Z",
        reminder_at="2031-03-01T08:00:00Z",
        recurrence_rule="FREQ=DAILY",
    )
    make_sender().run()
    done = ada.post(f"/tasks/{task['id']}/toggle").json["data"]
    clock.advance(hours=23)
    assert make_sender().run() == {}
    clock.advance(hours=1)
    assert make_sender().run() == {"delivered": 1}
    assert [message.data["task_id"] for message in receiver.messages] == [
        task["id"],
        done["next_task"]["id"],
    ]
    assert {message.data["series_id"] for message in receiver.messages} == {task["series_id"]}


def test_an_undone_completion_takes_the_successors_reminder_along(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    task = ada.make_task(
        due_date="2031-03-01T09:00:00Z",
        reminder_at="2031-03-01T08:00:00Z",
        recurrence_rule="FREQ=DAILY",
    )
    for _ in range(2):
        ada.post(f"/tasks/{task['id']}/toggle")
    clock.advance(days=2)
    assert make_sender().run() == {"delivered": 1}
    assert receiver.messages[0].data["task_id"] == task["id"]


def test_nobodys_request_waits_for_a_receiver_that_hangs(
    ada: Api, path: str, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    released = threading.Event()
    receiver.behave(hang(released))
    clock.advance(minutes=1)
    sending = threading.Thread(target=make_sender().run)
    sending.start()
    try:
        receiver.wait_for(1)
        began = time.monotonic()
        assert ada.patch(path, {"title": "Renamed", "tags": ["new"]}).status_code == 200
        assert ada.delete(path).status_code == 204
        assert time.monotonic() - began < 1
    finally:
        released.set()
        sending.join()


def test_a_task_that_is_being_changed_does_not_hold_up_the_others(
    ada: Api, path: str, make_sender: MakeSender, receiver: TestReceiver, clock: Clock
) -> None:
    from sqlalchemy import text

    from app.extensions import db

    ada.make_task(title="Free", reminder_at="2031-03-01T08:01:00Z")
    clock.advance(minutes=1)
    with db.engine.begin() as busy:
        busy.execute(text("SELECT FROM tasks WHERE title <> 'Free' FOR UPDATE"))
        assert make_sender().run() == {"delivered": 1}
    assert receiver.titles == ["Free"]
    assert make_sender().run() == {"delivered": 1}
