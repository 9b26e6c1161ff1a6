"""The migrations: up, down, up again, in step with the models, on PostgreSQL 18 and 15."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from app import create_app
from app.extensions import db
from config import load_settings

MIGRATIONS = Path(__file__).parents[1] / "migrations"
CATALOG = (
    # A dropped column leaves its number behind, so what counts is the columns' order.
    """SELECT table_name, column_name,
              rank() OVER (PARTITION BY table_name ORDER BY ordinal_position), data_type,
              is_nullable, column_default, collation_name, generation_expression
       FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable,
              condeferred FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
       WHERE NOT tgisinternal""",
    """SELECT proname, prosrc FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
       WHERE pronamespace = 'public'::regnamespace AND lanname IN ('plpgsql', 'sql')""",
    """SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
       AND typtype IN ('e', 'd')""",
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'",
)


@contextlib.contextmanager
def postgres_15() -> Iterator[str]:
    """The address of a PostgreSQL 15: the given one, or a throw-away one from the system's own."""
    given = os.environ.get("TEST_DATABASE_URL_15")
    if given:
        yield given
        return
    found = shutil.which("postgres", path=":".join(glob.glob("/usr/lib/postgresql/15/bin")))
    if found is None:
        pytest.skip("no PostgreSQL 15 here: set TEST_DATABASE_URL_15")
    programs = Path(found).parent
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(prefix="pg15-", ignore_cleanup_errors=True) as folder:
        if is_root:
            owner = pwd.getpwnam("nobody")
            os.chown(folder, owner.pw_uid, owner.pw_gid)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [programs / program, "-D", f"{folder}/data", *arguments],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                user="nobody" if is_root else None,
            )

        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", options)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")


@pytest.fixture(scope="module", params=["this run's", "15"])
def empty_database(request, make_database: Callable[[], str]) -> Iterator[str]:
    if request.param == "15":
        with postgres_15() as url:
            yield url
    else:
        yield make_database()


@pytest.fixture
def own_app(environment: dict[str, str], empty_database: str) -> Iterator[Flask]:
    """The app on a database that no migration has touched."""
    app = create_app(load_settings({**environment, "DATABASE_URL": empty_database}))
    with app.app_context():
        yield app
        downgrade(revision="base")
        db.engine.dispose()


def catalog(url: str) -> list[list[tuple]]:
    """All that a schema consists of, as the database itself describes it."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        found = []
        for query in CATALOG:
            cursor.execute(query)
            rows = [row for row in cursor.fetchall() if "alembic_version" not in str(row[0])]
            found.append(sorted(rows, key=repr))
        return found


def revisions() -> list[str]:
    """The ids of the migrations, first to last."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    return [step.revision for step in script.walk_revisions()][::-1]


def test_there_is_one_head_and_the_ids_are_numbered():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert [name[:5] for name in names] == [f"{revision}_" for revision in revisions()]


def test_up_down_and_up_again_leaves_the_same_schema(own_app, empty_database):
    before = catalog(empty_database)
    upgrade()
    first = catalog(empty_database)
    assert {row[0] for row in first[0]} == set(db.metadata.tables)
    downgrade(revision="base")
    assert catalog(empty_database) == before
    upgrade()
    assert catalog(empty_database) == first


def test_every_step_can_be_taken_back(own_app, empty_database):
    for revision in revisions():
        before = catalog(empty_database)
        upgrade(revision=revision)
        after = catalog(empty_database)
        downgrade(revision="-1")
        assert catalog(empty_database) == before
        upgrade(revision=revision)
        assert catalog(empty_database) == after


def test_a_second_upgrade_changes_nothing(own_app, empty_database):
    upgrade()
    before = catalog(empty_database)
    upgrade()
    assert catalog(empty_database) == before


def test_the_models_are_in_step(own_app, empty_database):
    upgrade()
    engine = create_engine(own_app.config["SETTINGS"].database_url, poolclass=NullPool)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []


def test_the_app_works_on_it(own_app, empty_database):
    from tests.conftest import Api

    upgrade()
    api = Api(own_app.test_client(), "ada")
    task = api.make_task(tags=["a", "b"], due_date="2026-03-01", recurrence_rule="FREQ=DAILY")
    done = api.post(f"/tasks/{task['id']}/toggle").json["data"]
    assert done["next_task"]["due_date"] == "2026-03-02"
    assert api.get("/tasks?q=task&tags=a&sort_by=due_date&limit=1").json["data"]["items"]
    assert (
        api.patch(f"/tags/{api.tag_named('a')['id']}", {"name": "b", "merge": True}).status_code
        == 200
    )
    assert api.delete(f"/tags/{api.tag_named('b')['id']}").status_code == 204
    assert api.delete(f"/tasks/{task['id']}").status_code == 204
