"""The tags slice; `blueprint` is what `mounts` mounts."""

from app.tags.routes import blueprint

__all__ = ["blueprint"]
