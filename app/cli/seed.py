"""`flask seed`: demo data for one user."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from random import Random

import click
from flask.cli import with_appcontext

from app.cli.bulk import add_tasks
from app.cli.demo import demo_tasks
from app.cli.output import counted
from app.cli.parameters import USER_ID
from app.cli.problems import database_problems_in_words
from app.cli.transactions import long_transaction

MOST_TASKS = 1_000_000


@click.command("seed")
@click.option("--user", "user_id", type=USER_ID, required=True, help="Whose tasks they will be.")
@click.option(
    "--tasks", "count", type=click.IntRange(1, MOST_TASKS), default=200, show_default=True,
    help="How many tasks to add.",
)  # fmt: skip
@click.option("--random-seed", type=int, help="Draw the same texts, tags and rules every time.")
@with_appcontext
@database_problems_in_words()
def seed_command(user_id: str, count: int, random_seed: int | None) -> None:
    """Add demo tasks to what a user has.

    All of them come at once or not at all. Until then other changes to this user's data wait.
    """
    now = datetime.now(UTC)
    random = Random(secrets.randbits(64) if random_seed is None else random_seed)
    with (
        long_transaction() as session,
        click.progressbar(length=count, label="Adding tasks", file=sys.stderr) as bar,
    ):
        tasks = demo_tasks(count, random=random, now=now)
        add_tasks(session, user_id, tasks, now=now, on_progress=bar.update)
        session.commit()
    click.echo(f"User {user_id!r} has {counted(count, 'more task')}.")
