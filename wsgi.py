"""The WSGI entry point: `gunicorn` by itself finds it, and so does `flask`."""

import click

from app import create_app

app = create_app(with_commands=click.get_current_context(silent=True) is not None)
