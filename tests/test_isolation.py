"""The fixtures themselves: a test's data is gone with the test."""

import pytest
from sqlalchemy import Connection, text

from tests.conftest import Api

USER = "the-same-user-in-each-test"


@pytest.mark.parametrize("_round", [1, 2])
def test_a_test_finds_nothing_of_the_one_before(make_api, connection: Connection, _round: int):
    api: Api = make_api(USER)
    assert api.get("/tasks").json["data"]["items"] == []
    api.make_task(title="Left behind?")
    assert len(api.get("/tasks").json["data"]["items"]) == 1
    count = text("SELECT count(*) FROM tasks WHERE user_id = :id")
    assert connection.execute(count, {"id": USER}).scalar() == 1


def test_a_failed_request_leaves_earlier_data_of_the_test(api: Api):
    task = api.make_task()
    assert api.patch(f"/tasks/{task['id']}", {"title": ""}).status_code == 422
    assert api.get(f"/tasks/{task['id']}").status_code == 200
