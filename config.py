"""Settings: read from the environment here and nowhere else; checked, typed and frozen."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg2
import psycopg2.extensions
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

MIN_SECRET_BYTES = 32
WEBHOOK_SECRET_PREFIX = "whsec_"  # noqa: S105, what the secret begins with
WEBHOOK_SECRET_BYTES = (24, 64)  # what Standard Webhooks asks for
HMAC_ALGORITHMS = frozenset({"HS256", "HS384", "HS512"})
LOG_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})
NAMES = (
    *("APP_ENV", "HOST", "PORT", "LOG_LEVEL", "WEB_CONCURRENCY", "THREADS"),
    *("DATABASE_URL", "DB_POOL_SIZE", "DB_MAX_OVERFLOW", "CORS_ORIGINS"),
    *("JWT_SECRET", "BETTER_AUTH_SECRET", "JWT_ALGORITHMS", "JWT_ISSUER", "JWT_AUDIENCE"),
    *("JWT_JWKS_URL", "REMINDER_WEBHOOK_URL", "REMINDER_WEBHOOK_SECRET"),
)
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
ORIGIN = re.compile(r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
PLACEHOLDER = re.compile(
    r"change[-_ ]?(me|this)|replace[-_ ]?(me|this|with)|(super|example|dev)[-_ ]?secret"
    r"|your[-_ ](jwt[-_ ]|own[-_ ])?secret|secret[-_ ]?key|placeholder|insecure"
    r"|better[-_ ]auth[-_ ]secret[-_ ]123456789|at[-_ ]least[-_ ](256|384|512)[-_ ]bits",
    re.IGNORECASE,
)


class ConfigurationError(SystemExit):
    """A setting that stops the start; its text is one line that says what to set.

    Being a SystemExit, it ends whatever reads the settings, be it gunicorn, flask or a script, with
    that line on standard error and status 1, and nothing has to catch it.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"Configuration error: {problem}")


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
    reminder_webhook_url: str | None
    reminder_webhook_secrets: tuple[str, ...]

    @property
    def is_production(self) -> bool:
        return self.env == "production"


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that `environ` (by default the process's own) asks for.

    An empty variable counts as unset. Raises ConfigurationError naming the first variable that is
    missing or makes no sense.
    """
    given = _printable(os.environ if environ is None else environ)
    threads = _whole(given, "THREADS", 4, 1, 256)
    return Settings(
        env=_one_of(given, "APP_ENV", "production", {"development", "production"}),
        host=_host(given),
        port=_whole(given, "PORT", 8000, 0, 65535),
        database_url=_database_url(given),
        workers=_whole(given, "WEB_CONCURRENCY", 2, 1, 256),
        threads=threads,
        db_pool_size=_whole(given, "DB_POOL_SIZE", threads, 1, 1000),
        db_max_overflow=_whole(given, "DB_MAX_OVERFLOW", 0, 0, 1000),
        jwt_secret=_jwt_secret(given),
        jwt_algorithms=_jwt_algorithms(given),
        jwt_issuer=given.get("JWT_ISSUER") or None,
        jwt_audience=given.get("JWT_AUDIENCE") or None,
        cors_origins=_cors_origins(given),
        log_level=_one_of(given, "LOG_LEVEL", "INFO", LOG_LEVELS, fold=str.upper),
        reminder_webhook_url=_webhook_url(given),
        reminder_webhook_secrets=_webhook_secrets(given),
    )


def normalise_database_url(text: str) -> URL:
    """`text` as an address for psycopg2, whichever of PostgreSQL's own spellings it uses.

    Raises ConfigurationError where it is no PostgreSQL address. Its password is never echoed.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in {"postgres", "postgresql", "postgresql+psycopg2"}:
        raise ConfigurationError(
            "DATABASE_URL must be a PostgreSQL address: postgresql://user:password@host:5432/name"
        )
    if unknown := [name for name in url.query if not _is_connection_parameter(name)]:
        raise ConfigurationError(
            f"DATABASE_URL has a parameter that PostgreSQL does not know: remove {unknown[0]!r}"
        )
    return url.set(drivername="postgresql+psycopg2")


def _is_connection_parameter(name: str) -> bool:
    try:
        psycopg2.extensions.parse_dsn(f"{name}=''")
    except psycopg2.ProgrammingError:
        return False
    return True


def _printable(environ: Mapping[str, str]) -> dict[str, str]:
    given = {name: environ[name].strip() for name in NAMES if name in environ}
    for name, value in given.items():
        if not value.isprintable():
            raise ConfigurationError(f"{name} must be one line of UTF-8 text without control codes")
    return given


def _host(given: Mapping[str, str]) -> str:
    host = given.get("HOST") or "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        if not HOST_NAME.fullmatch(host):
            raise ConfigurationError(
                f"HOST must be an address or a name to listen on, such as 0.0.0.0; got {host!r}"
            ) from None
    return host


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
        if "*" in origin:
            raise ConfigurationError(
                "CORS_ORIGINS must list each origin: '*' is refused, as credentials are allowed"
            )
        if not ORIGIN.fullmatch(origin):
            raise ConfigurationError(
                "CORS_ORIGINS must hold origins as browsers send them, in lower case and without "
                f"a path, such as https://app.example.com; got {origin!r}"
            )
    return origins


def _webhook_url(given: Mapping[str, str]) -> str | None:
    url = given.get("REMINDER_WEBHOOK_URL")
    if not url:
        return None
    if not _is_address_to_post_to(url):
        raise ConfigurationError(
            "REMINDER_WEBHOOK_URL must be an http or https address without user, password or "
            "fragment, such as https://app.example.com/hooks/reminders"
        )
    return url


def _is_address_to_post_to(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if ":" in host:
            ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and (":" in host or HOST_NAME.fullmatch(host) is not None)
        and port != 0
        and "@" not in parts.netloc
        and "#" not in url
        and url.isascii()
        and " " not in url
    )


def _webhook_secrets(given: Mapping[str, str]) -> tuple[str, ...]:
    secrets = _listed(given, "REMINDER_WEBHOOK_SECRET")
    low, high = WEBHOOK_SECRET_BYTES
    for secret in secrets:
        key = _webhook_key(secret)
        if key is None or not low <= len(key) <= high:
            raise ConfigurationError(
                f"REMINDER_WEBHOOK_SECRET must be {WEBHOOK_SECRET_PREFIX} and the base64 of {low} "
                f'to {high} bytes (make one with: echo "whsec_$(openssl rand -base64 32)")'
            )
        if len(set(key)) < 8:
            raise ConfigurationError(
                "REMINDER_WEBHOOK_SECRET is a placeholder: give a random one "
                '(make one with: echo "whsec_$(openssl rand -base64 32)")'
            )
    return secrets


def _webhook_key(secret: str) -> bytes | None:
    if not secret.startswith(WEBHOOK_SECRET_PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part for raw in given.get(name, "").split(",") if (part := raw.strip()))


def _one_of(
    given: Mapping[str, str],
    name: str,
    default: str,
    allowed: Set[str],
    fold: Callable[[str], str] = str.lower,
) -> str:
    value = fold(given.get(name) or default)
    if value not in allowed:
        raise ConfigurationError(
            f"{name} must be one of {', '.join(sorted(allowed))}; got {given[name]!r}"
        )
    return value


def _whole(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = given.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text[:10]) <= high):
        raise ConfigurationError(
            f"{name} must be a whole number from {low} to {high}; got {text!r}"
        )
    return int(text)
