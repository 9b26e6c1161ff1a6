"""`flask token issue`."""

import time
from dataclasses import replace

import jwt
import pytest

from app.cli.parameters import USER_ID
from app.http.errors import TokenInvalid
from app.identity import verifier_for
from tests.conftest import SECRET, token_for


def claims_of(token, **options):
    return jwt.decode(token, SECRET, algorithms=["HS256"], **options)


@pytest.fixture
def settings(app, monkeypatch):
    """Makes the app run with other settings."""

    def change(**changes):
        changed = replace(app.config["SETTINGS"], **changes)
        monkeypatch.setitem(app.config, "SETTINGS", changed)
        return changed

    return change


def test_the_token_is_all_that_is_printed(run):
    result = run("token", "issue", "--user", "ada")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert claims_of(result.stdout.removesuffix("\n"))["sub"] == "ada"


def test_the_api_lets_its_bearer_in(run, app):
    token = run("token", "issue", "--user", "ada lovelace/1").stdout.strip()
    answer = app.test_client().get("/api/me/tasks", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1),
        ("3600", 3600),
        ("90s", 90),
        ("30m", 1800),
        ("12h", 43_200),
        ("7d", 604_800),
        ("3650d", 315_360_000),
    ],
)
def test_it_expires_when_asked(run, text, seconds):
    claims = claims_of(run("token", "issue", "--user", "ada", "--expires-in", text).stdout.strip())
    assert claims["exp"] - claims["iat"] == seconds
    assert abs(claims["iat"] - time.time()) < 5


def test_it_expires_after_a_week_where_nothing_is_asked(run):
    claims = claims_of(run("token", "issue", "--user", "ada").stdout.strip())
    assert claims["exp"] - claims["iat"] == 7 * 86_400


@pytest.mark.parametrize(
    "text",
    ["", "0", "0d", "-1", "7w", "7 d", "d", "1.5h", "1e3", "soon", "3651d", "99999999999999999999"],
)
def test_a_duration_that_makes_no_sense_is_refused(run, text):
    result = run("token", "issue", "--user", "ada", f"--expires-in={text}")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--expires-in" in result.stderr


@pytest.mark.parametrize("user_id", ["", " ", "\u2003\t", "x" * 256, "a\x00b", "a\udcff"])
def test_an_id_that_no_token_may_name_is_refused(run, user_id):
    result = run("token", "issue", "--user", user_id)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--user" in result.stderr


@pytest.mark.parametrize(
    "user_id",
    ["a", " a ", "ä" * 255, "é", "e\u0301", "\n1", "x" * 256, "", "\t", "\x00", "\ud800", "🦉"],
)
def test_the_commands_and_the_api_take_the_same_ids(app, user_id):
    token = token_for(user_id)
    try:
        accepted = verifier_for(app.config["SETTINGS"]).identify(token, time.time()).user_id
    except TokenInvalid:
        accepted = None
    try:
        taken = USER_ID(user_id)
    except Exception:
        taken = None
    assert taken == accepted


def test_profile_issuer_and_audience_are_in_the_token_only_where_they_are_given(run, settings):
    plain = claims_of(run("token", "issue", "--user", "ada").stdout.strip())
    assert set(plain) == {"sub", "iat", "exp"}
    settings(jwt_issuer="https://issuer.example", jwt_audience="tasks")
    result = run("token", "issue", "--user", "ada", "--email", "ada@example.com", "--name", "Ada")
    claims = claims_of(result.stdout.strip(), audience="tasks", issuer="https://issuer.example")
    assert (claims["email"], claims["name"]) == ("ada@example.com", "Ada")


def test_the_first_algorithm_signs(run, settings):
    settings(jwt_secret=SECRET * 2, jwt_algorithms=("HS512", "HS256"))
    token = run("token", "issue", "--user", "ada").stdout.strip()
    assert jwt.get_unverified_header(token)["alg"] == "HS512"


@pytest.mark.parametrize(("option", "value"), [("--email", "x" * 321), ("--name", "a\x00b")])
def test_a_profile_that_the_api_would_drop_is_refused(run, option, value):
    result = run("token", "issue", "--user", "ada", option, value)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert option in result.stderr


def test_a_token_that_is_too_long_for_the_api_is_not_issued(run):
    result = run("token", "issue", "--user", "ada", "--name", "x" * 20_000)
    assert result.exit_code == 1
    assert result.stdout == ""
