"""The embedded PostgreSQL: where it runs, and what it says where it cannot."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from scripts.embedded import EmbeddedError, InUseError, running_postgres


def answer(url: str) -> int:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 42")
            return cursor.fetchone()[0]
    finally:
        connection.close()


def test_a_folder_with_a_long_path_will_do_and_one_server_runs_in_it(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "postgres"
    with running_postgres(folder) as url:
        assert answer(url) == 42
        with pytest.raises(InUseError, match="another run is using"), running_postgres(folder):
            pass
        with running_postgres(folder, share=True) as shared:
            assert shared == url
        assert answer(url) == 42
    assert not (folder / "postmaster.pid").exists()


def test_another_versions_data_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 9"), running_postgres(folder):
        pass
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "letter.txt").write_text("Dear Ann")
    with pytest.raises(EmbeddedError, match="holds no database"), running_postgres(folder):
        pass
    assert (folder / "letter.txt").read_text() == "Dear Ann"
