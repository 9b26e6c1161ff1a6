"""The health slice; `blueprint` is what `mounts` mounts."""

from app.health.routes import blueprint

__all__ = ["blueprint"]
