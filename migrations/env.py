"""Runs the migrations: one at a time per database, and never long in the way of the app."""

import math

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.extensions import db
from app.waiting import at_most

MIGRATION_LOCK = 7_246_110_531  # any number that nobody else locks
LOCK_TIMEOUT = "5s"

config = context.config


def run_migrations_offline() -> None:
    """Prints the SQL for a database that an administrator migrates by hand."""
    context.configure(
        url=current_app.config["SETTINGS"].database_url.render_as_string(hide_password=False),
        target_metadata=db.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online() -> None:
    engine = create_engine(current_app.config["SETTINGS"].database_url, poolclass=NullPool)
    with at_most(math.inf), engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": MIGRATION_LOCK})
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
