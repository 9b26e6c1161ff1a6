"""What an operator can set, what is refused, and how the refusal reads."""

from __future__ import annotations

import base64
import hashlib
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import NAMES, ConfigurationError, Settings, load_settings, normalise_database_url

ROOT = Path(__file__).parents[1]
STRONG = hashlib.sha256(b"a secret of these tests").hexdigest()
GOOD = {
    "DATABASE_URL": "postgresql://task:s3cret@db.example.com:5433/tasks",
    "JWT_SECRET": STRONG,
}


def settings(**changes: str) -> Settings:
    return load_settings(GOOD | changes)


def refusal(**changes: str) -> str:
    """The one line that a bad setting ends the start with."""
    with pytest.raises(ConfigurationError) as refused:
        settings(**changes)
    text = str(refused.value)
    assert text.startswith("Configuration error: ")
    assert "\n" not in text
    return text


def test_two_settings_are_enough_and_the_rest_suits_production() -> None:
    found = settings()
    assert (found.env, found.is_production, found.log_level) == ("production", True, "INFO")
    assert (found.host, found.port, found.workers, found.threads) == ("127.0.0.1", 8000, 2, 4)
    assert 1 <= found.db_pool_size <= found.threads
    assert found.db_max_overflow == 0
    assert found.jwt_algorithms == ("HS256",)
    assert (found.jwt_issuer, found.jwt_audience, found.cors_origins) == (None, None, ())


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("APP_ENV", "development", "env", "development"),
        ("APP_ENV", "Production", "env", "production"),
        ("HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("HOST", "::1", "host", "::1"),
        ("HOST", "api.internal", "host", "api.internal"),
        ("PORT", "8080", "port", 8080),
        ("PORT", " 8080 ", "port", 8080),
        ("WEB_CONCURRENCY", "4", "workers", 4),
        ("THREADS", "16", "threads", 16),
        ("DB_POOL_SIZE", "3", "db_pool_size", 3),
        ("DB_MAX_OVERFLOW", "2", "db_max_overflow", 2),
        ("LOG_LEVEL", "warning", "log_level", "WARNING"),
        ("JWT_ALGORITHMS", "HS512, HS256", "jwt_algorithms", ("HS512", "HS256")),
        ("JWT_ISSUER", "https://auth.example.com", "jwt_issuer", "https://auth.example.com"),
        ("JWT_AUDIENCE", "tasks", "jwt_audience", "tasks"),
        ("CORS_ORIGINS", "http://localhost:3000", "cors_origins", ("http://localhost:3000",)),
        (
            "CORS_ORIGINS",
            "https://a.example.com, https://b.example.com,",
            "cors_origins",
            ("https://a.example.com", "https://b.example.com"),
        ),
        ("CORS_ORIGINS", "http://[::1]:3000", "cors_origins", ("http://[::1]:3000",)),
    ],
)
def test_a_setting_is_read_from_its_variable(
    name: str, text: str, attribute: str, value: object
) -> None:
    assert getattr(settings(**{name: text}), attribute) == value


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"DATABASE_URL", "JWT_SECRET"}))
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    assert settings(**{name: ""}) == settings()
    assert settings(**{name: "  "}) == settings()


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("APP_ENV", "staging", "development, production"),
        ("LOG_LEVEL", "verbose", "DEBUG"),
        ("HOST", "http://0.0.0.0", "0.0.0.0"),
        ("HOST", "two words", "0.0.0.0"),
        ("HOST", "a" * 64, "0.0.0.0"),
        ("PORT", "http", "from 0 to 65535"),
        ("PORT", "65536", "from 0 to 65535"),
        ("PORT", "-1", "from 0 to 65535"),
        ("PORT", "8000.0", "from 0 to 65535"),
        ("PORT", "٨٠٠٠", "from 0 to 65535"),
        ("PORT", "9" * 5000, "from 0 to 65535"),
        ("WEB_CONCURRENCY", "0", "from 1"),
        ("WEB_CONCURRENCY", "auto", "from 1"),
        ("THREADS", "0", "from 1"),
        ("THREADS", "257", "to 256"),
        ("DB_POOL_SIZE", "0", "from 1"),
        ("DB_MAX_OVERFLOW", "-1", "from 0"),
        ("JWT_ALGORITHMS", "none", "HS256, HS384, HS512"),
        ("JWT_ALGORITHMS", "HS256,RS256", "HS256, HS384, HS512"),
        ("JWT_ALGORITHMS", "hs256", "HS256, HS384, HS512"),
        ("JWT_JWKS_URL", "https://auth.example.com/jwks", "use JWT_SECRET"),
        ("CORS_ORIGINS", "*", "each origin"),
        ("CORS_ORIGINS", "https://*.example.com", "each origin"),
        ("CORS_ORIGINS", "https://app.example.com/", "without a path"),
        ("CORS_ORIGINS", "https://app.example.com/app", "without a path"),
        ("CORS_ORIGINS", "https://App.example.com", "lower case"),
        ("CORS_ORIGINS", "https://user:word@app.example.com", "https://app.example.com"),
        ("CORS_ORIGINS", "app.example.com", "https://app.example.com"),
        ("CORS_ORIGINS", "null", "https://app.example.com"),
        ("JWT_ISSUER", "https://auth\x00", "UTF-8 text"),
        ("JWT_AUDIENCE", "two\nlines", "UTF-8 text"),
        ("JWT_SECRET", STRONG + "\udcff", "UTF-8 text"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name_and_with_what_to_set(
    name: str, text: str, advice: str
) -> None:
    line = refusal(**{name: text})
    assert name in line
    assert advice in line


@pytest.mark.parametrize("missing", ["DATABASE_URL", "JWT_SECRET"])
@pytest.mark.parametrize("kind", ["absent", "empty"])
def test_what_has_no_default_must_be_set(missing: str, kind: str) -> None:
    given = {name: value for name, value in GOOD.items() if name != missing}
    if kind == "empty":
        given[missing] = ""
    with pytest.raises(ConfigurationError, match=f"{missing} is not set: give"):
        load_settings(given)


@pytest.mark.parametrize("name", ["JWT_SECRET", "BETTER_AUTH_SECRET"])
@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("kT8#vQ2!mZ5@xR9$bN4&wL7*pJ1^dH6", "too short"),
        ("change-me-" * 5, "placeholder"),
        ("your_jwt_secret_goes_right_here_please", "placeholder"),
        ("your-super-secret-jwt-token-with-at-least-32-characters-long", "placeholder"),
        ("better-auth-secret-123456789-and-some-more", "placeholder"),
        ("a-string-secret-at-least-256-bits-long", "placeholder"),
        ("x" * 64, "placeholder"),
        ("abcabcabc" * 8, "placeholder"),
    ],
)
def test_a_weak_secret_is_refused_and_not_repeated(name: str, secret: str, problem: str) -> None:
    line = refusal(**{"JWT_SECRET": "", name: secret})
    assert f"{name} is" in line
    assert problem in line
    assert "openssl rand -base64 48" in line
    assert secret not in line


@pytest.mark.parametrize(
    "secret",
    [
        STRONG[:32],
        STRONG,
        base64.b64encode(secrets.token_bytes(32)).decode(),
        "ключ от квартиры, где деньги лежат",
    ],
    ids=["hex", "url-safe", "base64", "words"],
)
def test_any_long_random_text_is_a_secret(secret: str) -> None:
    assert settings(JWT_SECRET=secret).jwt_secret == secret


def test_better_auth_secret_is_another_name_for_jwt_secret() -> None:
    secret = STRONG
    assert settings(JWT_SECRET="", BETTER_AUTH_SECRET=secret).jwt_secret == secret
    assert settings(BETTER_AUTH_SECRET=secret).jwt_secret == GOOD["JWT_SECRET"]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_spelling_of_a_postgresql_address_leads_to_psycopg2(scheme: str) -> None:
    url = normalise_database_url(f"{scheme}://task:s3cret@db.example.com:5433/tasks")
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg2://task:s3cret@db.example.com:5433/tasks"
    )


def test_an_address_as_neon_gives_it_keeps_its_parameters() -> None:
    url = normalise_database_url(
        "postgres://owner:npg_Ab1@ep-cool-1-pooler.eu-central-1.aws.neon.tech/neondb"
        "?sslmode=require&channel_binding=require"
    )
    assert url.host == "ep-cool-1-pooler.eu-central-1.aws.neon.tech"
    assert dict(url.query) == {"sslmode": "require", "channel_binding": "require"}


@pytest.mark.parametrize(
    "text",
    [
        "mysql://task:s3cret@db/tasks",
        "postgresql+asyncpg://task:s3cret@db/tasks",
        "sqlite:///tasks.db",
        "postgresql://task:s3cret@db:port/tasks",
        "db.example.com",
        "postgresql://task:s3cret@[::1/tasks",
        "https://task:s3cret@db/tasks",
        "postgresql://task:s3cret@db/tasks?pgbouncer=true",
        "postgresql://task:s3cret@db/tasks?sslmode=require&schema=public",
    ],
)
def test_what_is_no_postgresql_address_is_refused_without_telling_the_password(text: str) -> None:
    line = refusal(DATABASE_URL=text)
    assert "DATABASE_URL" in line
    assert "s3cret" not in line


def test_a_parameter_that_postgresql_does_not_know_is_named() -> None:
    assert "remove 'pgbouncer'" in refusal(
        DATABASE_URL="postgresql://task@db/tasks?sslmode=require&pgbouncer=true"
    )


def test_the_settings_do_not_change() -> None:
    found: Any = settings()
    with pytest.raises(AttributeError):
        found.port = 1


@pytest.mark.parametrize(
    "command",
    [
        ["gunicorn"],
        ["gunicorn", "wsgi:app"],
        ["flask", "routes"],
        ["flask", "--app", "wsgi", "db", "upgrade"],
        ["python", "-c", "import wsgi"],
    ],
    ids=" ".join,
)
def test_every_way_to_start_ends_with_that_one_line(command: list[str]) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / command[0], *command[1:]],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATABASE_URL": GOOD["DATABASE_URL"], "JWT_SECRET": "short"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Configuration error: JWT_SECRET is too short")
    assert done.stderr.count("\n") == 1
