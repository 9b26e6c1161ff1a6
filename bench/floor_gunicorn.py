"""How gunicorn serves the floor: with the app's worker settings, without its log and its hooks."""

from config import load_settings

_settings = load_settings()

wsgi_app = "bench.floor:application"
bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "gthread"
threads = _settings.threads
worker_connections = 1000
backlog = 2048
keepalive = 75
preload_app = True
control_socket_disable = True
loglevel = "warning"
