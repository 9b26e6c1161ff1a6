"""The task API: `create_app` is its table of contents."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask

from app import mounts, pool
from app.extensions import cors, db
from app.http import errors, headers, request_log
from app.identity import verifier_for
from config import Settings, load_settings


class SynchronousFlask(Flask):
    """Flask without asking at every call whether a function is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, *, with_commands: bool = True) -> Flask:
    """The WSGI application; raises ConfigurationError where a setting is missing or weak.

    A server does without the admin commands, and so without Alembic in its memory.
    """
    settings = settings or load_settings()
    app = SynchronousFlask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.config.update(
        SETTINGS=settings,
        CURSOR_KEY=settings.jwt_secret,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=pool.engine_options(settings),
    )
    request_log.configure(settings.log_level, as_json=settings.is_production)

    db.init_app(app)
    with app.app_context():
        pool.prepare_engine(db.engine, settings)

    request_log.register(app)
    headers.register(app, in_production=settings.is_production)
    cors.init_app(
        app,
        origins=[re.compile(rf"{re.escape(origin)}\Z") for origin in settings.cors_origins],
        supports_credentials=True,
        methods=headers.CORS_METHODS,
        allow_headers=headers.CORS_ALLOWED,
        expose_headers=headers.CORS_EXPOSED,
        max_age=headers.PREFLIGHT_SECONDS,
    )
    errors.register(app)
    mounts.register(app, verifier_for(settings))
    if with_commands:
        from app import cli
        from app.reminders.commands import reminders_group

        cli.register(app)
        app.cli.add_command(reminders_group)
    return app
