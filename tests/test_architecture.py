"""Who may import whom, read from the source with `ast`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Every module of the app, and what of the app it may import (a name stands for what is below it
# too). The first line that fits a module counts.
MAY_IMPORT = {
    "wsgi": {"app", "config"},
    "config": set(),
    # The domain: pure, nothing of the app but itself.
    "app.recurrence": {"app.recurrence"},
    "app.text": set(),
    # The ground: tables, connections, settings.
    "app.extensions": set(),
    "app.models": {"app.extensions"},
    "app.statements": set(),
    "app.waiting": set(),
    "app.pool": {"app.statements", "app.waiting", "config"},
    "app.database": {"app.extensions", "app.pool", "app.statements", "app.waiting"},
    # The HTTP kernel knows no slice and no model. Only the document's maker looks at all mounts,
    # which it is handed.
    "app.http": {"app.http", "app.database", "app.recurrence", "app.waiting"},
    "app.identity": {"app.http", "config"},
    "app.users": {"app.database", "app.identity", "app.models", "app.statements"},
    # The tag of a list, from the user's revision and the query.
    "app.freshness": {"app.database", "app.http", "app.identity", "app.users"},
    # The slices: routes → actions → queries → models, routes → schemas → recurrence.
    "app.health.routes": {
        "app.health.schemas", "app.http", "app.database", "app.statements", "app.waiting",
    },
    "app.health.schemas": {"app.http"},
    "app.health": {"app.health"},
    "app.tags.routes": {
        "app.tags", "app.http", "app.identity", "app.database", "app.text",
    },
    "app.tags.actions": {
        "app.database", "app.tags.queries", "app.http", "app.identity", "app.users", "app.text",
    },
    "app.tags.queries": {"app.database", "app.models", "app.statements", "app.text"},
    "app.tags.schemas": {"app.http", "app.text"},
    "app.tags.examples": {"app.http.errors"},
    "app.tags.listing": {
        "app.database", "app.tags.queries", "app.freshness", "app.http", "app.text",
    },
    "app.tags": {"app.tags"},
    "app.tasks.routes": {"app.tasks", "app.http", "app.identity", "app.database"},
    "app.tasks.schemas": {
        "app.tasks.fields", "app.tasks.contradictions", "app.tags.schemas", "app.http",
        "app.models", "app.recurrence", "app.text",
    },
    "app.tasks.fields": {
        "app.tasks.contradictions", "app.tags.schemas", "app.http", "app.recurrence", "app.text",
    },
    "app.tasks.values": {"app.recurrence", "app.text"},
    "app.tasks.contradictions": {"app.tasks.values", "app.http.errors", "app.recurrence"},
    "app.tasks.order": {"app.models", "app.tasks.schemas"},
    "app.tasks.pages": {
        "app.tasks.filters", "app.tasks.order", "app.models", "app.statements",
    },
    "app.tasks.filters": {
        "app.tasks.contradictions", "app.http.errors", "app.models", "app.recurrence", "app.text",
    },
    "app.tasks.edits": {
        "app.tasks.values", "app.tasks.contradictions", "app.http.errors", "app.recurrence",
    },
    "app.tasks.examples": {"app.tags.examples", "app.http.errors"},
    "app.tasks": {
        "app.tasks", "app.tags.queries", "app.tags.schemas", "app.http", "app.identity",
        "app.users", "app.freshness", "app.statements", "app.models", "app.recurrence", "app.text",
        "app.database",
    },
    "app.reminders.commands": {
        "app.reminders", "app.cli.output", "app.cli.parameters", "app.cli.problems",
        "app.cli.transactions", "app.extensions", "config",
    },
    # What is delivered of tasks later: it reads them as the tasks slice writes them.
    "app.reminders": {
        "app.reminders", "app.models", "app.database", "app.extensions",
        "app.text", "app.http.envelope", "config",
    },
    # The top: what puts it together.
    "app.mounts": {"app.health", "app.tags", "app.tasks", "app.http", "app.identity"},
    "app.cli": {"app", "config"},
    "app": {
        "app.cli", "app.reminders", "app.pool", "app.waiting", "app.mounts", "app.extensions",
        "app.http", "app.identity", "app.models", "config",
    },
}  # fmt: skip

# Inside a slice these look down only: what a module may not know, whatever its line above says.
NEVER = {
    "app.tasks.routes": {"sqlalchemy"},
    "app.tags.routes": {"sqlalchemy"},
    "app.tasks.queries": {"app.tasks.routes", "app.tasks.actions", "app.tasks.schemas", "flask"},
    "app.tags.queries": {"app.tasks", "app.http", "flask"},
    "app.tasks.actions": {"app.tasks.routes", "app.tasks.schemas", "flask", "app.extensions"},
    "app.tags": {"app.tasks"},
    "app.models": {"flask"},
    "app.recurrence": {"flask", "sqlalchemy", "marshmallow", "flask_sqlalchemy", "psycopg2"},
    "app.tasks.edits": {"flask", "sqlalchemy", "marshmallow"},
    "app.tasks.values": {"flask", "sqlalchemy", "marshmallow"},
    "app.tasks.contradictions": {"flask", "sqlalchemy", "marshmallow"},
    "app.text": {"flask", "sqlalchemy"},
}
THE_DOMAIN_USES = {"dateutil"}
THE_REQUEST_IS_SEEN_BY = (
    "app.http",
    "app.identity",
    "app.mounts",
    "app.freshness",
    "app.tasks.routes",
    "app.tags.routes",
    "app.health.routes",
)


def modules() -> dict[str, ast.Module]:
    found = {}
    for path in [ROOT / "wsgi.py", ROOT / "config.py", *sorted((ROOT / "app").rglob("*.py"))]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text(), str(path))
    return found


MODULES = modules()
PACKAGES = {name for name in MODULES if (ROOT / name.replace(".", "/") / "__init__.py").exists()}


def imports_of(name: str, tree: ast.Module) -> Iterator[str]:
    """The full names of what a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                parts = name.split(".")
                keep = len(parts) - node.level + (name in PACKAGES)
                start = ".".join([*parts[:keep], *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{start}.{alias.name}"
                yield inner if inner in MODULES else start


def is_below(name: str, top: str) -> bool:
    return name == top or name.startswith(f"{top}.")


def rule_for(name: str) -> str:
    return max((top for top in MAY_IMPORT if is_below(name, top)), key=len)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_what_the_table_allows(name):
    allowed = MAY_IMPORT[rule_for(name)]
    ours = {
        used
        for used in imports_of(name, MODULES[name])
        if is_below(used, "app") or used == "config"
    }
    stray = {
        used
        for used in ours
        if not any(
            is_below(used, top) if top != "app" or name.startswith("app.cli") else used == "app"
            for top in allowed
        )
    }
    assert stray == set()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_never_imports_what_lies_above_it(name):
    never = {bad for top, names in NEVER.items() if is_below(name, top) for bad in names}
    used = set(imports_of(name, MODULES[name]))
    assert {one for one in used if any(is_below(one, bad) for bad in never)} == set()


@pytest.mark.parametrize("name", sorted(n for n in MODULES if is_below(n, "app.recurrence")))
def test_the_domain_uses_the_standard_library_and_dateutil_only(name):
    tops = {used.partition(".")[0] for used in imports_of(name, MODULES[name])}
    assert tops - set(sys.stdlib_module_names) - THE_DOMAIN_USES <= {"app"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_the_http_side_sees_the_request(name):
    if any(is_below(name, top) for top in THE_REQUEST_IS_SEEN_BY):
        return
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ImportFrom) and node.module == "flask":
            assert {alias.name for alias in node.names} & {"request", "g", "session"} == set()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {("flask", "request"), ("flask", "g")}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_only_the_settings_read_the_environment(name):
    if name == "config":
        return
    text = ast.unparse(MODULES[name])
    assert "environ[" not in text.replace("request.environ[", "")
    assert "os.environ" not in text
    assert "getenv" not in text


def test_there_is_no_circle():
    seen: dict[str, int] = {}

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path, name])
        if name in seen:
            return
        for used in {one for one in imports_of(name, MODULES[name]) if one in MODULES}:
            if used != name and used not in PACKAGES:
                walk(used, (*path, name))
        seen[name] = 1

    for name in MODULES:
        walk(name, ())


def test_a_forbidden_import_would_be_found():
    tree = ast.parse("from app.tasks import actions\nfrom . import queries\nimport flask")
    assert set(imports_of("app.tags.schemas", tree)) == {
        "app.tasks.actions",
        "app.tags.queries",
        "flask",
    }
