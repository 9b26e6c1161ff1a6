"""What a failing receiver leads to: tried again, later and later, and given up in the end."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from app.reminders.outcome import (
    FIRST_DELAY,
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    MAX_REFUSED_ATTEMPTS,
    Outcome,
    State,
    outcome_of,
)
from app.reminders.receiver import Answer
from app.reminders.sender import Sender
from tests.conftest import Api
from tests.reminders.conftest import NOW, Clock
from tests.reminders.receiver import (
    KEY,
    TestReceiver,
    answer,
    babble,
    dribble,
    dribble_body,
    flood,
    hang,
    reset,
)

MakeSender = Callable[..., Sender]
Rows = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def due_task(ada: Api) -> dict[str, Any]:
    return ada.make_task(title="Due", reminder_at="2031-03-01T08:00:00Z")


def test_a_failing_receiver_is_tried_again_with_growing_delays_and_then_given_up(
    due_task: Any,
    make_sender: MakeSender,
    receiver: TestReceiver,
    clock: Clock,
    deliveries: Rows,
) -> None:
    receiver.behave(answer(503))
    moments = []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        moments.append(clock.now)
        make_sender().run()
        [row] = deliveries()
        assert row["attempts"] == attempt
        if attempt < MAX_ATTEMPTS:
            assert row["state"] == "waiting"
            clock.now = row["next_attempt_at"] - timedelta(microseconds=1)
            assert make_sender().run() == {}
            clock.now = row["next_attempt_at"]
    assert (row["state"], row["last_status"]) == ("dead", 503)
    delays = [later - earlier for earlier, later in pairwise(moments)]
    assert delays[:7] == sorted(delays[:7])
    assert FIRST_DELAY * 0.8 <= delays[0] <= FIRST_DELAY * 1.2
    assert max(delays) <= LONGEST_DELAY * 1.2
    clock.advance(days=1)
    assert make_sender().run() == {}
    assert len({message.id for message in receiver.messages}) == 1
    assert len({message.headers["webhook-timestamp"] for message in receiver.messages}) == 10
    assert all(message.is_signed_with(KEY) for message in receiver.messages)


def test_a_receiver_that_recovers_gets_the_reminder(
    due_task: Any,
    make_sender: MakeSender,
    receiver: TestReceiver,
    clock: Clock,
    deliveries: Rows,
) -> None:
    receiver.behave(lambda message, number: answer(500 if number == 1 else 200))
    assert make_sender().run() == {"waiting": 1}
    clock.advance(seconds=13)
    assert make_sender().run() == {"delivered": 1}
    [row] = deliveries()
    assert (row["state"], row["attempts"], row["last_error"]) == ("delivered", 2, None)


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [(dribble, "timeout"), (reset, "connection"), (babble, "protocol")],
)
def test_what_is_no_answer_is_a_failure_and_named(
    due_task: Any,
    make_sender: MakeSender,
    receiver: TestReceiver,
    deliveries: Rows,
    behaviour: Any,
    problem: str,
) -> None:
    receiver.behave(behaviour)
    assert make_sender(total_timeout=0.3).run() == {"waiting": 1}
    [row] = deliveries()
    assert (row["last_status"], row["last_error"]) == (None, problem)


@pytest.mark.parametrize("behaviour", [dribble_body, flood])
def test_a_yes_counts_even_if_its_body_does_not_end(
    due_task: Any, make_sender: MakeSender, receiver: TestReceiver, behaviour: Any
) -> None:
    receiver.behave(behaviour)
    began = time.monotonic()
    assert make_sender(total_timeout=0.3).run() == {"delivered": 1}
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:9/", "connection"),
        ("http://receiver.invalid/", "name"),
        ("https://{address}/", "tls"),
    ],
)
def test_a_receiver_that_cannot_be_reached_is_tried_again(
    due_task: Any,
    make_sender: MakeSender,
    receiver: TestReceiver,
    deliveries: Rows,
    url: str,
    problem: str,
) -> None:
    address = f"127.0.0.1:{receiver.server.server_port}"
    assert make_sender(url=url.format(address=address)).run() == {"waiting": 1}
    assert deliveries()[0]["last_error"] == problem


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_a_receiver_with_a_certificate_is_reached_over_tls(
    due_task: Any,
    make_sender: MakeSender,
    receiver: TestReceiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-keyout", key, "-out", certificate, "-subj", "/CN=receiver"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain = receiver.server.socket
    receiver.server.socket = context.wrap_socket(plain, server_side=True)
    url = receiver.url.replace("http:", "https:")
    assert make_sender(url=url).run() == {"waiting": 1}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    later = make_sender(url=url, clock=lambda: NOW + timedelta(minutes=1))
    assert later.run() == {"delivered": 1}
    assert receiver.messages[0].is_signed_with(KEY)


def test_a_receiver_that_hangs_does_not_hold_up_the_other_reminders(
    ada: Api, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    for title in ("slow", *"abcdef"):
        ada.make_task(title=title, reminder_at="2031-03-01T07:00:00Z")
    released = threading.Event()
    receiver.behave(
        lambda message, number: hang(released) if message.title == "slow" else answer(200)
    )
    began = time.monotonic()
    assert make_sender(batch_size=2, total_timeout=0.7).run() == {"waiting": 1, "delivered": 6}
    assert 0.6 < time.monotonic() - began < 3
    released.set()
    assert sorted(row["last_error"] or "" for row in deliveries()) == [""] * 6 + ["timeout"]


def test_a_redirect_is_not_followed(
    due_task: Any, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    receiver.behave(answer(307, Location=f"{receiver.url}&elsewhere"))
    assert make_sender().run() == {"waiting": 1}
    assert len(receiver.messages) == 1
    assert deliveries()[0]["last_status"] == 307


def test_gone_is_the_end_at_once(
    due_task: Any, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    receiver.behave(answer(410))
    assert make_sender().run() == {"dead": 1}
    assert deliveries()[0]["attempts"] == 1


def test_the_receiver_may_ask_to_be_left_alone_for_a_while(
    due_task: Any, make_sender: MakeSender, receiver: TestReceiver, deliveries: Rows
) -> None:
    receiver.behave(answer(429, Retry_After="600"))
    make_sender().run()
    assert deliveries()[0]["next_attempt_at"] == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("retry_after", "earliest"),
    [
        (None, FIRST_DELAY * 0.8),
        ("", FIRST_DELAY * 0.8),
        ("1", FIRST_DELAY * 0.8),
        ("120", timedelta(minutes=2)),
        ("Sat, 01 Mar 2031 08:05:00 GMT", timedelta(minutes=5)),
        ("Sat, 01 Mar 2031 07:00:00 GMT", FIRST_DELAY * 0.8),
        ("9" * 400, LONGEST_DELAY),
        ("Sat, 01 Mar 9999 08:05:00 GMT", LONGEST_DELAY),
        ("soon", FIRST_DELAY * 0.8),
        ("-5", FIRST_DELAY * 0.8),
        ("٣", FIRST_DELAY * 0.8),
    ],
)
def test_retry_after_is_heeded_within_reason(retry_after: str | None, earliest: timedelta) -> None:
    found = outcome_of(Answer(status=503, retry_after=retry_after), 1, NOW, Random(3))
    assert found.next_attempt_at is not None
    assert earliest <= found.next_attempt_at - NOW <= max(earliest, FIRST_DELAY * 1.2)


@pytest.mark.parametrize(
    ("given", "most"),
    [
        (Answer(status=500), MAX_ATTEMPTS),
        (Answer(status=429), MAX_ATTEMPTS),
        (Answer(status=408), MAX_ATTEMPTS),
        (Answer(problem="timeout"), MAX_ATTEMPTS),
        (Answer(status=401), MAX_REFUSED_ATTEMPTS),
        (Answer(status=302), MAX_REFUSED_ATTEMPTS),
        (Answer(status=410), 1),
    ],
)
def test_a_refusal_is_given_up_sooner_than_a_failure(given: Answer, most: int) -> None:
    states = [outcome_of(given, n, NOW, Random(1)).state for n in range(1, most + 1)]
    assert states == [State.WAITING] * (most - 1) + [State.DEAD]
    assert outcome_of(Answer(status=299), 99, NOW, Random(1)) == Outcome(State.DELIVERED)


def test_a_receiver_that_said_yes_twice_changes_nothing(
    due_task: Any, make_sender: MakeSender, receiver: TestReceiver, clock: Clock, deliveries: Rows
) -> None:
    """The first answer takes longer than the lease, and a second sender gets one in between."""
    slow, quick = make_sender(batch_size=1), make_sender(batch_size=1)
    released = threading.Event()

    def late(handler: Any) -> None:
        released.wait(5)
        answer(200)(handler)

    receiver.behave(lambda message, number: late if number == 1 else answer(200))
    first = threading.Thread(target=slow.run)
    first.start()
    receiver.wait_for(1)
    clock.advance(seconds=61)
    assert quick.run() == {"delivered": 1}
    [row] = deliveries()
    released.set()
    first.join()
    assert deliveries() == [row]
    assert len({message.id for message in receiver.messages}) == 1


def test_each_attempt_is_one_line_without_secret_or_title(
    due_task: Any,
    make_sender: MakeSender,
    receiver: TestReceiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver.behave(answer(500, b"private words"))
    # A logger that has been used goes on writing where it wrote first.
    monkeypatch.setattr("app.reminders.sender._log", structlog.get_logger())
    with capture_logs() as lines:
        make_sender().run()
    [line] = lines
    assert line["event"] == "reminder_attempt"
    assert (line["state"], line["status"], line["attempt"]) == ("waiting", 500, 1)
    assert (line["user"], line["webhook_id"]) == ("ada", receiver.messages[0].id)
    for secret in ("whsec", "v1,", "Due", "private", "127.0.0.1"):
        assert secret not in str(line)
