"""The tasks slice; `blueprint` is what `mounts` mounts."""

from app.tasks.routes import blueprint

__all__ = ["blueprint"]
