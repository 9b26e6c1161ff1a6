"""The admin commands: thin, they call what the routes call."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import select

from app.cli.seed import seed_command
from app.cli.tokens import token_group
from app.cli.users import users_group
from app.extensions import db
from app.http.openapi import openapi_command

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def register(app: Flask) -> None:
    """Gives `flask` our commands, and its shell what one asks the database with."""
    Migrate(app, db, directory=str(MIGRATIONS))
    app.cli.add_command(openapi_command)
    app.cli.add_command(seed_command)
    app.cli.add_command(token_group)
    app.cli.add_command(users_group)
    app.shell_context_processor(lambda: {"select": select})  # beside db and models, which it has
