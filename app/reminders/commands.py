"""`flask reminders`: send what is due, once or as a service; see the queue; revive what is dead."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import AppGroup

from app.cli.output import counted, json_line
from app.cli.parameters import DURATION, USER_ID
from app.cli.problems import database_problems_in_words
from config import ConfigurationError, Settings

if TYPE_CHECKING:
    from app.reminders.sender import Sender

REVIVE_AT_ONCE = 1000

# What sends is imported by the commands, not here: the web server, too, registers them.

reminders_group = AppGroup("reminders", help="Send due reminders to REMINDER_WEBHOOK_URL.")


def _look_back_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--look-back", type=DURATION, default="7d", show_default=True,
        help="What came due longer ago is not sent any more; at most 30d.",
    )(command)  # fmt: skip


@reminders_group.command("send")
@click.option("--loop", "is_service", is_flag=True, help="Go on until SIGTERM or SIGINT.")
@click.option(
    "--interval", type=click.FloatRange(0.05, 3600), default=5, show_default=True,
    help="With --loop: how many seconds to wait before looking again.",
)  # fmt: skip
@click.option(
    "--batch-size", type=click.IntRange(1, 100), default=8, show_default=True,
    help="How many are claimed, and sent at the same time, at most.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), help="Without --loop: how many to send at most."
)  # fmt: skip
@_look_back_option
@database_problems_in_words()
def send_reminders(
    is_service: bool, interval: float, batch_size: int, limit: int | None, look_back: timedelta
) -> None:
    """Send the reminders that are due, of all users' open tasks.

    Several may run at once, on any number of machines: each reminder is sent by one of them. What
    fails is tried again later, so without --loop run it again and again (cron), or nothing is.
    """
    if is_service and limit is not None:
        raise click.UsageError("--limit is for a single run: leave out --loop.")
    sender = _sender(batch_size, look_back)
    with _stopped_by_signals(sender):
        states = sender.run(interval=interval if is_service else None, limit=limit)
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    click.echo(f"Sent {counted(states.total(), 'reminder')}{told and f': {told}'}.")


@reminders_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_look_back_option
@database_problems_in_words()
def show_status(as_json: bool, look_back: timedelta) -> None:
    """Show the queue: what is due, being sent, to be retried, dead, delivered today, scheduled.

    Days are those of UTC. `oldest_due_seconds` is for how long a reminder has been due at most.
    """
    from app.cli.transactions import long_transaction
    from app.reminders import queries

    _check_look_back(look_back)
    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with long_transaction(is_snapshot=True) as session:
        found = queries.count_queue(session, since=now - look_back, now=now, today=today)
    oldest = found.pop("oldest_due_at")
    found["oldest_due_seconds"] = None if oldest is None else int((now - oldest).total_seconds())
    if as_json:
        click.echo(json_line(found))
        return
    width = max(map(len, found))
    for name, value in found.items():
        click.echo(f"{name:<{width}}  {'-' if value is None else value}")


@reminders_group.command("retry")
@click.option("--user", "user_id", type=USER_ID, help="Only the reminders of this user.")
@database_problems_in_words()
def retry_dead(user_id: str | None) -> None:
    """Let dead reminders be tried anew, under the ids that they had.

    Those whose task is completed or has another reminder by now are dropped instead of sent.
    """
    from app.extensions import db
    from app.reminders import queries

    total, now = 0, datetime.now(UTC)
    while True:
        with db.engine.begin() as connection:
            revived = queries.revive(connection, user_id=user_id, now=now, most=REVIVE_AT_ONCE)
        total += revived
        if revived < REVIVE_AT_ONCE:
            break
    click.echo(f"{counted(total, 'reminder')} will be tried again.")


def _sender(batch_size: int, look_back: timedelta) -> Sender:
    from app.extensions import db
    from app.reminders.message import Signer
    from app.reminders.receiver import Receiver
    from app.reminders.sender import Sender

    settings: Settings = current_app.config["SETTINGS"]
    if settings.reminder_webhook_url is None:
        raise ConfigurationError(
            "REMINDER_WEBHOOK_URL is not set: give the address that reminders are posted to"
        )
    if not settings.reminder_webhook_secrets:
        raise ConfigurationError(
            "REMINDER_WEBHOOK_SECRET is not set: give the secret to sign with "
            '(make one with: echo "whsec_$(openssl rand -base64 32)")'
        )
    _check_look_back(look_back)
    return Sender(
        db.engine,
        Receiver(settings.reminder_webhook_url),
        Signer(settings.reminder_webhook_secrets),
        batch_size=batch_size,
        look_back=look_back,
    )


def _check_look_back(look_back: timedelta) -> None:
    from app.reminders.sender import LONGEST_LOOK_BACK

    if look_back > LONGEST_LOOK_BACK:
        raise click.BadParameter(
            f"must be at most {LONGEST_LOOK_BACK.days}d.", param_hint="'--look-back'"
        )


@contextmanager
def _stopped_by_signals(sender: Sender) -> Iterator[None]:
    signals = (signal.SIGTERM, signal.SIGINT)
    previous = [signal.signal(one, lambda *_: sender.stop()) for one in signals]
    try:
        yield
    finally:
        for one, handler in zip(signals, previous, strict=True):
            signal.signal(one, handler)
