"""How gunicorn serves the app: threaded workers, sized from the environment."""

import gc
import os
import sys

from config import ConfigurationError, load_settings

try:
    _settings = load_settings()
except ConfigurationError as error:
    print(f"Configuration error: {error}", file=sys.stderr)
    os._exit(2)

wsgi_app = "wsgi:app"
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "gthread"
threads = _settings.threads
worker_connections = 1000
backlog = 2048
keepalive = 75
timeout = 60
graceful_timeout = 30
preload_app = True
loglevel = _settings.log_level.lower()
accesslog = None
forwarder_headers = ""
control_socket_disable = True
limit_request_line = 8190
limit_request_field_size = 16_380


def pre_fork(server, worker):
    """What is loaded now is shared by all workers for good: keep the collector from touching it."""
    gc.freeze()


def post_fork(server, worker):
    """A connection must not be used by two processes: each worker opens its own."""
    from app.extensions import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)
