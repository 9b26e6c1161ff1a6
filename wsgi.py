"""The WSGI entry point: `gunicorn` by itself finds it, and so does `flask`."""

from app import create_app

app = create_app()
