"""Long work leaves room: low priority, short transactions with a pause behind each; demonstration data add no load."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from registry import cli, priority
from registry.cli import casa, importing
from registry.db import Database
from registry.settings import Settings
from registry.sync import passage
from registry.sync.models import Feed
from registry.sync.runner import import_file
from tests.support.iati import document, many, write

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command on a registry of its own."""
    environment = {"CASA_DATA_DIR": str(tmp_path), "CASA_SYNC_PAUSE_MS": "7", "CASA_SECRET_KEY": "not-for-use-" * 4}
    return lambda *arguments: CliRunner().invoke(casa, [str(a) for a in arguments], env=environment)


@pytest.mark.parametrize(
    ("arguments", "low"),
    [
        (["import", "needs", "needs.csv"], True),
        (["feed", "sync", "1"], True),
        (["scheduler"], True),
        (["worker"], True),
        (["serve"], False),
        (["feed", "list"], False),
    ],
)
def test_only_commands_that_work_in_the_background_lower_their_priority(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], low: bool
) -> None:
    done: list[str] = []
    monkeypatch.setattr(sys, "argv", ["casa", *arguments])
    monkeypatch.setattr(priority, "lower", lambda: done.append("lower"))
    monkeypatch.setattr(cli, "casa", lambda **_: done.append("run"))
    cli.main()
    assert done == (["lower", "run"] if low else ["run"])


def test_priority_is_lowered_to_the_same_level_however_often() -> None:
    code = "import os; from registry import priority; priority.lower(); priority.lower(); print(os.nice(0))"
    for before in (0, 3):
        command = ["nice", "-n", str(before), sys.executable, "-c", code]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        assert int(found.stdout) == max(priority.LOW, os.nice(0) + before)


def test_each_batch_of_a_document_is_followed_by_a_pause(
    sqlite_database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(passage.time, "sleep", pauses.append)
    path = write(tmp_path, document(*many(25)))
    chosen = {**vars(settings), "sync_batch_rows": 10, "sync_pause_ms": 7, "sync_processes": 1}
    import_file(sqlite_database, Settings(**chosen), path, "iati")
    assert pauses == [0.007] * 3


def test_each_batch_of_a_table_is_followed_by_a_pause(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("init").exit_code == 0
    pauses: list[float] = []
    monkeypatch.setattr(importing, "BATCH_ROWS", 2)
    monkeypatch.setattr(importing.time, "sleep", pauses.append)
    table = tmp_path / "needs.csv"
    table.write_text("reference,title,state\n" + "".join(f"R-{n},Need {n},KEN\n" for n in range(5)), encoding="utf-8")
    result = run("import", "needs", table)
    assert result.exit_code == 0 and "5 created" in result.output, result.output
    assert pauses == [0.007] * 3


def test_demonstration_data_alone_leave_no_feed_behind(run: Run, tmp_path: Path) -> None:
    result = run("seed")
    assert result.exit_code == 0, result.output
    database = Database(f"sqlite:///{tmp_path / 'casa.db'}")
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Feed)) == 0
    database.dispose()
