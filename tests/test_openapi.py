"""The OpenAPI document: current, valid, complete, and true of what the app really answers."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.http import openapi
from app.http.documentation import DOCUMENT
from app.mounts import BASES
from tests.conftest import Api

METHODS = {"get", "post", "put", "patch", "delete"}
UNKNOWN_ID = "01998f3a-6c00-7a52-9c41-ffffffffffff"

document = json.loads(DOCUMENT.read_text(encoding="utf-8"))


def closed_components() -> dict[str, Any]:
    """The document's components, but with no name allowed that the schemas do not have."""
    components = copy.deepcopy(document["components"])
    for schema in components["schemas"].values():
        schema.setdefault("additionalProperties", False)
    return components


COMPONENTS = closed_components()


def resolved(value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].removeprefix("#/components/").split("/")
    return COMPONENTS[kind][name]


def assert_matches(schema: dict[str, Any], value: Any) -> None:
    whole = {"components": COMPONENTS, **schema}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


class Operation:
    """One operation of the document."""

    def __init__(self, path: str, method: str):
        self.path, self.method = path, method
        self.item = document["paths"][path]
        self.spec = self.item[method]
        self.is_public = self.spec.get("security") == []
        self.success = next(status for status in self.responses if status < 400)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def responses(self) -> dict[int, dict[str, Any]]:
        return {int(status): resolved(r) for status, r in self.spec["responses"].items()}

    @property
    def request_examples(self) -> dict[str, Any]:
        body = self.spec.get("requestBody")
        if body is None:
            return {}
        examples = body["content"]["application/json"]["examples"]
        return {name: example["value"] for name, example in examples.items()}

    def assert_documents(self, answer: Any) -> None:
        """Is this answer one that the document promises?"""
        assert answer.status_code in self.responses, answer.get_data(as_text=True)
        promised = self.responses[answer.status_code]
        for name, reference in promised["headers"].items():
            header = resolved(reference)
            if header.get("required"):
                assert name in answer.headers
            if name in answer.headers:
                value: Any = answer.headers[name]
                is_number = header["schema"]["type"] == "integer"
                assert_matches(header["schema"], int(value) if is_number else value)
        content = promised.get("content")
        if content is None:
            assert answer.data == b""
        else:
            assert answer.mimetype in content
            if answer.is_json:
                assert_matches(content[answer.mimetype]["schema"], answer.json)


OPERATIONS = [
    Operation(path, method)
    for path, item in document["paths"].items()
    for method in item
    if method in METHODS
]
OWN = [operation for operation in OPERATIONS if not operation.is_public]
WITH_BODY = [operation for operation in OPERATIONS if operation.request_examples]
WITH_ID = [operation for operation in OWN if "{" in operation.path]


def every_operation(operations: list[Operation]) -> Any:
    return pytest.mark.parametrize("operation", operations, ids=str)


def request_examples() -> Iterator[Any]:
    for operation in WITH_BODY:
        for name in operation.request_examples:
            yield pytest.param(operation, name, id=f"{operation}: {name}")


def path_for(operation: Operation, api: Api) -> str:
    """The operation's path with the ids of things that exist."""
    if "_id}" not in operation.path:
        return operation.path
    create = Operation("/tasks", "post").request_examples["every Saturday at nine"]
    task = api.make_task(**create)
    path = operation.path.replace("{task_id}", task["id"])
    return path.replace("{tag_id}", api.tag_named("home")["id"])


# The file


def test_the_committed_document_is_what_the_routes_and_schemas_make(app: Flask):
    assert openapi.is_current(openapi.document_text(app), DOCUMENT)


def test_the_document_is_valid_openapi_3_1():
    assert document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_the_command_says_in_one_line_that_the_file_is_not_current(
    app: Flask, tmp_path, monkeypatch
):
    app.cli.add_command(openapi.openapi_command)
    monkeypatch.setattr(openapi, "DOCUMENT", tmp_path / "openapi.json")
    runner = app.test_cli_runner()

    missing = runner.invoke(args=["openapi", "--check"])
    assert (missing.exit_code, missing.output.count("\n")) == (1, 1)
    assert "run 'flask openapi'" in missing.output

    assert runner.invoke(args=["openapi"]).exit_code == 0
    assert (tmp_path / "openapi.json").read_bytes() == DOCUMENT.read_bytes()
    assert runner.invoke(args=["openapi", "--check"]).exit_code == 0


def test_serving_does_not_load_what_only_the_document_needs():
    loaded = "import sys, app.http.openapi; sys.exit('apispec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], cwd=DOCUMENT.parent).returncode == 0


# Completeness


def rules_under(app: Flask, base: str) -> set[tuple[str, str]]:
    """(method, path) of the routes under a base; for the bare base, all that name no user."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{base}/") and ("user_id" in rule.arguments) == bool(base):
            path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule.removeprefix(base))
            found |= {(m.lower(), path) for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return found


@pytest.mark.parametrize("base", [base for _, base, _ in BASES])
def test_every_route_is_documented_and_nothing_else(app: Flask, base: str):
    documented = {(o.method, o.path) for o in (OWN if base else OPERATIONS)}
    assert rules_under(app, base) == documented


def test_the_servers_are_the_bases():
    urls = [server["url"] for server in document["servers"]]
    assert urls == [base.replace("<", "{").replace(">", "}") or "/" for _, base, _ in BASES]


def test_only_what_is_at_the_root_is_public():
    for operation in OPERATIONS:
        assert (operation.item.get("servers") == [{"url": "/"}]) == operation.is_public, operation


def test_every_operation_has_its_own_id_and_a_summary():
    assert len({o.spec["operationId"] for o in OPERATIONS}) == len(OPERATIONS)
    assert all(o.spec["summary"] and o.spec["tags"] for o in OPERATIONS)


@every_operation(OPERATIONS)
def test_every_answer_has_an_example_that_matches_its_schema(operation: Operation):
    for status, response in operation.responses.items():
        for content in response.get("content", {}).values():
            examples = content.get("examples", {"only": {"value": content.get("example")}})
            assert examples, status
            for example in examples.values():
                assert_matches(content["schema"], example["value"])


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_every_request_example_matches_its_schema(operation: Operation):
    schema = operation.spec["requestBody"]["content"]["application/json"]["schema"]
    for value in operation.request_examples.values():
        assert_matches(schema, value)


# Truth


@pytest.mark.parametrize(("operation", "name"), list(request_examples()))
def test_every_example_of_a_request_is_accepted(operation: Operation, name: str, api: Api):
    path = path_for(operation, api)
    answer = api.request(operation.method, path, json=operation.request_examples[name])
    assert answer.status_code == operation.success, answer.get_data(as_text=True)
    operation.assert_documents(answer)


@every_operation([o for o in OWN if o not in WITH_BODY])
def test_every_request_without_a_body_is_answered_as_documented(operation: Operation, api: Api):
    answer = api.request(operation.method, path_for(operation, api))
    assert answer.status_code == operation.success
    operation.assert_documents(answer)


@every_operation([o for o in OPERATIONS if o.is_public])
def test_every_public_path_is_answered_as_documented(operation: Operation, client: FlaskClient):
    names = [p["schema"].get("enum", []) for p in operation.spec["parameters"]]
    for name in [name for values in names for name in values] or [""]:
        answer = client.get(operation.path.replace("{name}", name))
        assert answer.status_code == operation.success
        operation.assert_documents(answer)


@every_operation(OWN)
def test_a_request_without_a_token_is_answered_as_documented(
    operation: Operation, client: FlaskClient
):
    path = re.sub(r"{\w+}", UNKNOWN_ID, operation.path)
    answer = client.open(f"/api/me{path}", method=operation.method.upper())
    assert answer.status_code == 401
    operation.assert_documents(answer)
    assert client.open("/api/someone-else/tasks").status_code == 401


@every_operation(OWN)
def test_another_users_path_is_answered_as_documented(operation: Operation, make_api):
    stranger: Api = make_api(base="/api/someone-else")
    answer = stranger.request(operation.method, re.sub(r"{\w+}", UNKNOWN_ID, operation.path))
    assert answer.status_code == 403
    operation.assert_documents(answer)


@every_operation(WITH_ID)
def test_an_unknown_id_is_answered_as_documented(operation: Operation, api: Api):
    examples = operation.request_examples
    body = {"json": next(iter(examples.values()))} if examples else {}
    path = re.sub(r"{\w+}", UNKNOWN_ID, operation.path)
    answer = api.request(operation.method, path, **body)
    assert answer.status_code == 404
    operation.assert_documents(answer)
    [example] = operation.responses[404]["content"]["application/json"]["examples"].values()
    assert answer.json["error"]["message"] == example["value"]["error"]["message"]


@every_operation(OWN)
def test_an_unknown_parameter_is_answered_as_documented(operation: Operation, api: Api):
    examples = operation.request_examples
    body = {"json": next(iter(examples.values()))} if examples else {}
    answer = api.request(operation.method, f"{path_for(operation, api)}?colour=red", **body)
    assert answer.status_code == 422
    operation.assert_documents(answer)


@every_operation(WITH_BODY)
@pytest.mark.parametrize(
    ("status", "options"),
    [
        (400, {"data": '{"title": ', "content_type": "application/json"}),
        (413, {"data": "x" * 65_537, "content_type": "application/json"}),
        (415, {"data": "title=Milk", "content_type": "application/x-www-form-urlencoded"}),
        (422, {"json": {"colour": "red"}}),
    ],
)
def test_a_bad_body_is_answered_as_documented(
    operation: Operation, status: int, options: dict[str, Any], api: Api
):
    answer = api.request(operation.method, path_for(operation, api), **options)
    assert answer.status_code == status
    operation.assert_documents(answer)


@every_operation([o for o in OWN if 412 in o.responses])
def test_a_condition_that_does_not_hold_is_answered_as_documented(operation: Operation, api: Api):
    examples = operation.request_examples
    body = {"json": next(iter(examples.values()))} if examples else {}
    path = path_for(operation, api)
    for status, tag in ((412, '"7"'), (400, "7")):
        answer = api.request(operation.method, path, headers={"If-Match": tag}, **body)
        assert answer.status_code == status
        operation.assert_documents(answer)


@every_operation([o for o in OWN if 304 in o.responses])
def test_a_read_of_what_the_client_has_is_answered_as_documented(operation: Operation, api: Api):
    path = path_for(operation, api)
    etag = api.get(path).headers["ETag"]
    answer = api.get(path, headers={"If-None-Match": etag})
    assert answer.status_code == 304
    operation.assert_documents(answer)


def test_a_taken_name_is_answered_as_documented(api: Api):
    rename = Operation("/tags/{tag_id}", "patch")
    answer = api.patch(path_for(rename, api), {"name": "GARDEN"})
    assert answer.status_code == 409
    rename.assert_documents(answer)


@pytest.mark.parametrize(
    "body",
    [
        {"title": "Both", "completed": True, "is_completed": True},
        {"title": " "},
        {"title": "A comma", "tags": ["a,b"]},
        {"title": "Too long", "description": "x" * 2001},
        {"title": "No such day", "due_date": "2031-13-01"},
        {"title": "No time", "reminder_at": "2031-01-01"},
        {"title": "A number", "timezone": "1"},
        {"title": "No rule", "recurrence_rule": "weekly", "due_date": "2031-01-01"},
        {"title": "Unknown", "colour": "red"},
        {"title": "Null", "completed": None},
    ],
    ids=lambda body: str(body)[:50],
)
def test_what_the_schema_of_a_task_refuses_the_app_refuses(body: dict[str, Any], api: Api):
    schema = {"components": COMPONENTS, "$ref": "#/components/schemas/NewTask"}
    assert not Draft202012Validator(schema).is_valid(body)
    assert api.post("/tasks", body).status_code == 422


def test_what_was_answered_may_be_sent_back_as_the_schema_says(api: Api):
    task = api.make_task(title="There and back", due_date="2031-01-01T10:00", priority="low")
    assert_matches({"$ref": "#/components/schemas/TaskBody"}, task)
    assert api.put(f"/tasks/{task['id']}", task).status_code == 200


def test_every_time_zone_and_rule_that_the_app_knows_fits_its_pattern():
    from zoneinfo import available_timezones

    properties = COMPONENTS["schemas"]["NewTask"]["properties"]
    for zone in available_timezones():
        assert re.search(properties["timezone"]["pattern"], zone), zone
    for rule in ("RRULE:FREQ=DAILY", " freq=monthly;byday=+1mo,-1fr; ", "FREQ=DAILY;COUNT=3"):
        assert re.search(properties["recurrence_rule"]["pattern"], rule), rule
