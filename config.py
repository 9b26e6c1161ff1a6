"""Settings: read once from the environment, checked, typed and frozen; no other module reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

MIN_SECRET_BYTES = 32
HMAC_ALGORITHMS = frozenset({"HS256", "HS384", "HS512"})
LOG_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
PLACEHOLDER = re.compile(
    r"change[-_ ]?me|change[-_ ]?this|replace[-_ ]?(me|this|with)|your[-_ ](jwt[-_ ]|own[-_ ])?secret"
    r"|example[-_ ]?secret|better[-_ ]auth[-_ ]secret[-_ ]123456789|super[-_ ]?secret|secret[-_ ]?key"
    r"|placeholder|insecure|dev[-_ ]secret",
    re.IGNORECASE,
)


class ConfigurationError(Exception):
    """A setting that stops the start; its text is one line that says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set. Times are seconds."""

    env: str
    host: str
    port: int
    database_url: URL
    workers: int
    threads: int
    db_pool_size: int
    db_max_overflow: int
    jwt_secret: str
    jwt_algorithms: tuple[str, ...]
    jwt_issuer: str | None
    jwt_audience: str | None
    cors_origins: tuple[str, ...]
    log_level: str

    @property
    def is_production(self) -> bool:
        return self.env == "production"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that `environ` (by default the process's own) asks for.

    An empty variable counts as unset. Raises ConfigurationError naming the first variable that is
    missing or makes no sense.
    """
    given = {k: v.strip() for k, v in (os.environ if environ is None else environ).items()}
    threads = _whole(given, "THREADS", 8, 1, 256)
    return Settings(
        env=_one_of(given, "APP_ENV", "production", {"development", "production"}),
        host=given.get("HOST") or "127.0.0.1",
        port=_whole(given, "PORT", 8000, 1, 65535),
        database_url=_database_url(given),
        workers=_whole(given, "WEB_CONCURRENCY", 2, 1, 256),
        threads=threads,
        db_pool_size=_whole(given, "DB_POOL_SIZE", max(1, threads // 2), 1, 1000),
        db_max_overflow=_whole(given, "DB_MAX_OVERFLOW", 0, 0, 1000),
        jwt_secret=_jwt_secret(given),
        jwt_algorithms=_jwt_algorithms(given),
        jwt_issuer=given.get("JWT_ISSUER") or None,
        jwt_audience=given.get("JWT_AUDIENCE") or None,
        cors_origins=_cors_origins(given),
        log_level=_one_of(given, "LOG_LEVEL", "INFO", LOG_LEVELS, fold=str.upper),
    )


def normalise_database_url(text: str) -> URL:
    """`text` as an address for psycopg2, whichever of PostgreSQL's own spellings it uses.

    Raises ConfigurationError where it is no PostgreSQL address. Its password is never echoed.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in {
        "postgres",
        "postgresql",
        "postgresql+psycopg2",
    }:
        raise ConfigurationError(
            "DATABASE_URL must be a PostgreSQL address: postgresql://user:password@host:5432/name"
        )
    return url.set(drivername="postgresql+psycopg2")


def _database_url(given: Mapping[str, str]) -> URL:
    text = given.get("DATABASE_URL")
    if not text:
        raise ConfigurationError(
            "DATABASE_URL is not set: give a PostgreSQL address, "
            "postgresql://user:password@host:5432/name"
        )
    return normalise_database_url(text)


def _jwt_secret(given: Mapping[str, str]) -> str:
    name = "JWT_SECRET" if given.get("JWT_SECRET") else "BETTER_AUTH_SECRET"
    secret = given.get(name)
    if not secret:
        raise ConfigurationError(
            "JWT_SECRET is not set: give the secret that your issuer signs with, "
            f"at least {MIN_SECRET_BYTES} bytes (make one with: openssl rand -base64 48)"
        )
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigurationError(
            f"{name} is too short: it needs at least {MIN_SECRET_BYTES} bytes "
            "(make one with: openssl rand -base64 48)"
        )
    if PLACEHOLDER.search(secret) or len(set(secret)) < 8:
        raise ConfigurationError(
            f"{name} is a placeholder: give a random one (make one with: openssl rand -base64 48)"
        )
    return secret


def _jwt_algorithms(given: Mapping[str, str]) -> tuple[str, ...]:
    if given.get("JWT_JWKS_URL"):
        raise ConfigurationError("JWT_JWKS_URL is not supported yet: unset it and use JWT_SECRET")
    names = _listed(given, "JWT_ALGORITHMS") or ("HS256",)
    if unknown := sorted(set(names) - HMAC_ALGORITHMS):
        raise ConfigurationError(
            f"JWT_ALGORITHMS must be among {', '.join(sorted(HMAC_ALGORITHMS))} "
            f"with a shared secret; got {unknown[0]!r}"
        )
    return names


def _cors_origins(given: Mapping[str, str]) -> tuple[str, ...]:
    origins = _listed(given, "CORS_ORIGINS")
    for origin in origins:
        parts = urlsplit(origin)
        if "*" in origin:
            raise ConfigurationError(
                "CORS_ORIGINS must list each origin: '*' is refused, as credentials are allowed"
            )
        if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}":
            raise ConfigurationError(
                f"CORS_ORIGINS must hold origins such as https://app.example.com; got {origin!r}"
            )
    return origins


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part for raw in given.get(name, "").split(",") if (part := raw.strip()))


def _one_of(given: Mapping[str, str], name: str, default: str, allowed, fold=str.lower) -> str:
    value = fold(given.get(name) or default)
    if value not in allowed:
        raise ConfigurationError(
            f"{name} must be one of {', '.join(sorted(allowed))}; got {value!r}"
        )
    return value


def _whole(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text[:10]) <= high):
        raise ConfigurationError(
            f"{name} must be a whole number from {low} to {high}; got {text!r}"
        )
    return int(text)
