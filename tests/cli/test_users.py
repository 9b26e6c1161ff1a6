"""`flask users`."""

import json

import pytest
from sqlalchemy import text

from app.cli.transactions import short_transaction
from app.models import Tag, Task
from tests.conftest import Api

DERIVED = {"title_key", "search_text", "name_key", "json"}
TABLES = """
    SELECT table_name FROM information_schema.columns
    WHERE column_name = 'user_id' AND table_schema = current_schema() ORDER BY table_name
"""


@pytest.fixture
def make_users(app, user_id):
    """Makes users whose ids begin with `user_id`."""

    def make(*endings):
        for ending in endings:
            Api(app.test_client(), f"{user_id}{ending}").make_task()
        return [f"{user_id}{ending}" for ending in endings]

    return make


class TestList:
    def test_it_goes_by_id_and_shows_what_each_has(self, run, api, user_id):
        api.make_task()
        api.make_task(completed=True)
        api.make_task(completed=True)
        result = run("users", "list", "--after", user_id[:-1], "--limit", "1")
        heading, line = result.stdout.splitlines()
        assert heading.split() == ["id", "email", "open", "completed", "created"]
        assert line.split()[:4] == [user_id, "-", "1", "2"]

    def test_pages_join_without_gap_or_repeat(self, run, user_id, make_users):
        made = make_users("", "-B", "-a", "-é")
        pages, after = [], user_id[:-1]
        for _ in range(2):
            result = run("users", "list", "--json", "--limit", "2", "--after", after)
            pages += [json.loads(line)["id"] for line in result.stdout.splitlines()]
            after = pages[-1]
        assert pages == made

    def test_a_page_that_is_not_the_last_says_how_to_go_on(self, run, user_id, make_users):
        made = make_users("", "-a")
        result = run("users", "list", "--limit", "1", "--after", user_id[:-1])
        assert f"--after {made[0]}" in result.stderr
        assert made[0] in result.stdout

    def test_json_lines_hold_the_row(self, run, api, user_id):
        api.make_task()
        result = run("users", "list", "--json", "--limit", "1", "--after", user_id[:-1])
        row = json.loads(result.stdout)
        assert row["id"] == user_id
        assert (row["open_tasks"], row["completed_tasks"], row["revision"]) == (1, 0, 1)
        assert row["created_at"].endswith("Z")

    def test_an_id_cannot_command_the_terminal(self, run, user_id, make_users):
        make_users("\x1b[2J\n")
        result = run("users", "list", "--limit", "1", "--after", user_id)
        assert f"{user_id}\\x1b[2J\\n " in result.stdout
        assert "\x1b" not in result.output

    @pytest.mark.parametrize(
        "arguments", [["--limit", "0"], ["--limit", "x"], ["--after", "\udcff"]]
    )
    def test_a_page_that_makes_no_sense_is_refused(self, run, arguments):
        assert run("users", "list", *arguments).exit_code == 2


class TestShow:
    def test_it_counts_tasks_and_tags(self, run, app, user_id):
        api = Api(app.test_client(), user_id, email="ada@example.com")
        api.make_task(tags=["a", "b"])
        api.make_task(tags=["b"], completed=True)
        shown = dict(
            line.split(None, 1) for line in run("users", "show", user_id).stdout.splitlines()
        )
        assert shown["id"] == user_id
        assert shown["email"] == "ada@example.com"
        assert (shown["open_tasks"], shown["completed_tasks"], shown["tags"]) == ("1", "1", "2")
        assert shown["revision"] == "2"

    def test_json_says_the_same(self, run, api, user_id):
        api.make_task(tags=["a"])
        shown = json.loads(run("users", "show", user_id, "--json").stdout)
        assert (shown["id"], shown["tags"], shown["revision"]) == (user_id, 1, 1)


@pytest.mark.parametrize("command", [["show"], ["export"], ["delete", "--yes"], ["delete"]])
def test_an_unknown_user_is_an_error_and_makes_none(run, rows, user_id, command):
    result = run("users", *command, user_id)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: There is no user")
    assert rows("SELECT FROM users WHERE id = :id", id=user_id) == []


class TestExport:
    def test_it_holds_what_the_api_answers(self, run, api, user_id):
        api.make_task(title='"Zoë"\n☃', tags=["x", "Y"], due_date="2030-01-01", priority="Low")
        api.make_task(due_date="0001-01-01", timezone="Asia/Tokyo")
        api.make_task(due_date="2030-01-01T09:00", recurrence_rule="FREQ=DAILY", completed=True)
        document = json.loads(run("users", "export", user_id).stdout)
        answered = api.get("/tasks?limit=100&sort_by=created_at").json["data"]["items"]
        assert document["user"]["id"] == user_id
        assert document["tags"] == api.get("/tags").json["data"]["items"]
        by_id = {task["id"]: task for task in document["tasks"]}
        assert len(document["tasks"]) == len(answered) == 3
        for task in answered:
            assert task.items() <= by_id[task["id"]].items()

    def test_it_leaves_out_only_what_is_derived(self, run, api, user_id):
        api.make_task(tags=["a"], due_date="2030-01-01", recurrence_rule="FREQ=DAILY")
        document = json.loads(run("users", "export", user_id).stdout)
        stored = {column.name for column in Task.__table__.columns} - DERIVED
        assert stored - set(document["tasks"][0]) == {"due_on", "due_at"}
        stored = {column.name for column in Tag.__table__.columns} - DERIVED
        assert stored - set(document["tags"][0]) == {"user_id"}

    def test_it_tells_where_a_task_stands_in_its_series(self, run, api, user_id):
        fields = {"due_date": "2030-01-01T09:00", "recurrence_rule": "FREQ=DAILY"}
        task = api.make_task(**fields, timezone="Europe/Berlin")
        api.patch(f"/tasks/{task['id']}/complete", {"completed": True})
        document = json.loads(run("users", "export", user_id).stdout)
        successor = next(item for item in document["tasks"] if item["predecessor_id"])
        assert successor["predecessor_id"] == task["id"]
        assert successor["series_anchor"] == "2030-01-01T09:00:00"
        assert successor["series_slot"] == "2030-01-02T09:00:00"
        assert successor["occurrence"] == 2

    def test_it_holds_nothing_of_others(self, run, api, user_id, make_users):
        api.make_task(tags=["mine"])
        other = Api(api.client, f"{user_id}-other")
        other.make_task(title="Secret", tags=["theirs"])
        output = run("users", "export", user_id).stdout
        assert "Secret" not in output
        assert "theirs" not in output

    def test_more_than_one_chunk_is_one_document(self, run, user_id, tmp_path):
        run("seed", "--user", user_id, "--tasks", "1500")
        path = tmp_path / "out.json"
        result = run("users", "export", user_id, "--output", str(path))
        assert result.stdout == ""
        assert "1500 tasks and 20 tags" in result.stderr
        document = json.loads(path.read_text("utf-8"))
        assert len({task["id"] for task in document["tasks"]}) == 1500
        assert path.stat().st_mode & 0o077 == 0

    def test_a_failure_leaves_the_file_as_it_was(self, run, user_id, tmp_path, monkeypatch):
        run("seed", "--user", user_id, "--tasks", "3")
        path = tmp_path / "out.json"
        path.write_text("before")
        monkeypatch.setattr("app.cli.queries.every_task_json", lambda *_: 1 / 0)
        assert run("users", "export", user_id, "--output", str(path)).exit_code == 1
        assert [file.name for file in tmp_path.iterdir()] == ["out.json"]
        assert path.read_text() == "before"

    def test_a_file_that_cannot_be_written_is_an_error(self, run, api, user_id, tmp_path):
        api.make_task()
        result = run("users", "export", user_id, "--output", str(tmp_path / "no" / "out.json"))
        assert result.exit_code == 1
        assert "No such file or directory" in result.stderr

    def test_a_device_is_written_to_in_place(self, run, api, user_id):
        api.make_task()
        assert run("users", "export", user_id, "--output", "/dev/null").exit_code == 0

    def test_the_connection_is_as_before_afterwards(self, run, app, api, user_id):
        api.make_task()
        run("users", "export", user_id)
        with app.app_context(), short_transaction() as session:
            shown = {
                name: session.execute(text(f"SHOW {name}")).scalar()
                for name in ("transaction_isolation", "transaction_read_only", "statement_timeout")
            }
        assert shown == {
            "transaction_isolation": "read committed",
            "transaction_read_only": "off",
            "statement_timeout": "5s",
        }


class TestDelete:
    def test_it_names_what_will_go_and_asks(self, run, api, user_id):
        api.make_task(tags=["a", "b", "c"])
        api.make_task(completed=True)
        result = run("users", "delete", user_id, input="n\n")
        assert result.exit_code == 1
        assert f"Delete user '{user_id}' with 2 tasks and 3 tags for good? [y/N]" in result.stdout
        assert api.get("/tasks").json["data"]["pagination"]["total"] == 2

    def test_no_answer_is_no(self, run, api, user_id):
        api.make_task()
        assert run("users", "delete", user_id).exit_code == 1
        assert api.get("/tasks").json["data"]["pagination"]["total"] == 1

    @pytest.mark.parametrize("how", [{"input": "y\n"}, {"yes": True}])
    def test_nothing_remains(self, run, rows, api, user_id, how):
        run("seed", "--user", user_id, "--tasks", "300")
        api.make_task(tags=["a"])
        options = ["--yes"] if how.pop("yes", False) else []
        result = run("users", "delete", user_id, *options, **how)
        assert result.exit_code == 0
        assert "with 301 tasks and 21 tags" in result.stdout
        for table in [row["table_name"] for row in rows(TABLES)]:
            assert rows(f"SELECT FROM {table} WHERE user_id = :id", id=user_id) == [], table
        assert rows("SELECT FROM users WHERE id = :id", id=user_id) == []

    def test_one_who_is_gone_before_the_answer_is_unknown(self, run, api, user_id, monkeypatch):
        api.make_task()
        confirm = lambda *_, **__: run("users", "delete", user_id, "--yes")  # noqa: E731
        monkeypatch.setattr("click.confirm", confirm)
        result = run("users", "delete", user_id)
        assert result.exit_code == 1
        assert "There is no user" in result.stderr

    def test_others_keep_theirs(self, run, app, api, user_id):
        api.make_task(tags=["a"])
        other = Api(app.test_client(), f"{user_id}-other")
        other.make_task(tags=["a"])
        run("users", "delete", user_id, "--yes")
        assert other.get("/tasks").json["data"]["pagination"]["total"] == 1
        assert other.tag_named("a")["usage_count"] == 1
