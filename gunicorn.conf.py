"""How gunicorn serves the app: threaded workers, sized from the environment."""

import gc
import os
import signal

import structlog
from gunicorn.glogging import Logger
from structlog.stdlib import ProcessorFormatter

from config import load_settings

STOPS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)

_settings = load_settings()

wsgi_app = "wsgi:app"
_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
workers = _settings.workers
worker_class = "app.worker.FairWorker"
threads = _settings.threads
worker_connections = 1000
backlog = 2048
keepalive = 75
timeout = 60
graceful_timeout = 25  # within the 30 s that Kubernetes leaves a process to stop
preload_app = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 heartbeats in memory
loglevel = _settings.log_level.lower()
accesslog = None
forwarder_headers = ""
control_socket_disable = True
limit_request_line = 8190
limit_request_field_size = 16_380


class JsonLogger(Logger):
    """Gunicorn's own lines in the shape of the app's: one JSON object each."""

    formatter = ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )

    def setup(self, cfg):
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(self.formatter)


if _settings.is_production:
    logger_class = JsonLogger


def pre_fork(server, worker):
    """What is loaded now is shared by all workers for good: keep the collector from touching it."""
    gc.freeze()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)


def post_fork(server, worker):
    """A connection must not be used by two processes: each worker opens its own."""
    from app.extensions import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)


def child_exit(server, worker):
    """New connections are left to the workers that hold fewer: this one holds none any more."""
    from app.worker import forget

    forget(worker)


def post_worker_init(worker):
    """From here on the worker answers to signals; one sent while it was made arrives now."""
    _let_signals_through()


def _let_signals_through():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


# A signal to a worker that has no handlers of its own yet would be lost otherwise, and the whole
# server would wait out its graceful timeout for it.
os.register_at_fork(after_in_parent=_let_signals_through)
