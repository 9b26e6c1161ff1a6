"""What all commands share: their help, and what they say when the database cannot serve them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError

from app import create_app
from app.extensions import db
from app.models import Tag, Task, User
from config import load_settings

ROOT = Path(__file__).parents[2]
COMMANDS = [
    ["users", "list"],
    ["users", "show", "ada"],
    ["users", "export", "ada"],
    ["users", "delete", "ada", "--yes"],
    ["seed", "--user", "ada"],
]


@pytest.fixture
def run_on(environment):
    """Runs `flask` on another database."""
    apps = []

    def run(url, *arguments):
        app = create_app(load_settings({**environment, "DATABASE_URL": url}))
        apps.append(app)
        return app.test_cli_runner().invoke(args=arguments)

    yield run
    for app in apps:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def empty_database(make_database):
    return make_database()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_unreachable_database_is_one_line(run_on, command):
    result = run_on("postgresql://ada:secret@127.0.0.1:1/tasks", *command)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: The database of DATABASE_URL")
    assert "secret" not in result.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_missing_tables_are_one_line_that_says_what_to_run(run_on, empty_database, command):
    result = run_on(empty_database, *command)
    assert result.exit_code == 1
    assert "flask db upgrade" in result.stderr.splitlines()[-1]


def test_a_role_that_may_not_is_told_so(run_on, app, environment):
    url = make_url(environment["DATABASE_URL"])
    url = url.update_query_dict({"options": "-c role=pg_monitor"})
    result = run_on(url.render_as_string(hide_password=False), "users", "show", "ada")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: The role of DATABASE_URL may not do this: permission denied for table users"
    )


def test_what_the_database_should_never_object_to_is_no_ordinary_error(run, monkeypatch):
    monkeypatch.setattr(
        "app.cli.queries.get_user", lambda connection, _: connection.execute(text("SELECT 1 / 0"))
    )
    assert isinstance(run("users", "show", "ada").exception, DataError)


def test_a_token_needs_no_database(run_on):
    result = run_on("postgresql://127.0.0.1:1/tasks", "token", "issue", "--user", "ada")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ([], ["seed", "token", "users"]),
        (["users"], ["list", "show", "export", "delete"]),
        (["token"], ["issue"]),
    ],
)
def test_help_names_each_command_with_a_sentence(run, group, names):
    lines = run(*group, "--help").stdout.partition("Commands:")[2].splitlines()
    helps = dict(line.split(None, 1) for line in lines if line.strip())
    for name in names:
        assert helps[name].endswith(".")


def test_flask_finds_the_commands_by_itself(environment):
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--help"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    for name in ("db", "routes", "seed", "shell", "token", "users"):
        assert f"\n  {name} " in done.stdout


def test_the_shell_has_the_models_at_hand(app):
    with app.app_context():
        names = app.make_shell_context()
    assert (names["db"], names["User"], names["Task"], names["Tag"]) == (db, User, Task, Tag)
    assert callable(names["select"])
