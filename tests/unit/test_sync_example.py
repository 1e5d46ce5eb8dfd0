"""The adapter that the documentation shows is one: taken from the page, run as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

from registry.db import Database
from registry.settings import Settings
from registry.sync import adapters, course
from registry.sync.adapters.contract import Adapter, DocumentRefused
from registry.sync.runner import import_file
from tests.support.iati import no_tick, write

PAGE = Path(__file__).parents[2] / "docs/adapters.md"
LIST = b"A-1 | Small arms one | KE | 100\nA-2 | Water | ML | 5\nA-3 | Weapons | KE | many\nA-1 | Twice | KE | 1\nEND\n"


@pytest.fixture
def source() -> str:
    found = re.search(r"<!-- example: (\S+) runs it -->\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert found and (PAGE.parents[1] / found[1]).is_file()
    return found[2]


@pytest.fixture
def adapter(source: str, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    names: dict[str, Any] = {"__name__": "lines"}
    exec(compile(source, str(PAGE), "exec"), names)  # noqa: S102  (our own page)
    made: Adapter = names["ADAPTER"]
    monkeypatch.setitem(adapters.ADAPTERS, made.name, made)
    return made


def test_it_fits_on_a_page(source: str) -> None:
    assert len(source.splitlines()) <= 60 and max(map(len, source.splitlines())) <= 130


def test_it_works_as_every_adapter_does(
    adapter: Adapter, sqlite_database: Database, settings: Settings, tmp_path: Path
) -> None:
    reader = adapter.bind({"language": "fr"})
    with pytest.raises(DocumentRefused):
        reader.verify(write(tmp_path, LIST[:-4]), no_tick)
    path = write(tmp_path, LIST)
    reader.verify(path, no_tick)
    pieces = [piece for batch in reader.split(path, 2, no_tick) for piece in batch]
    assert reader.read(pieces[0]).document["title"] == [{"text": "Small arms one", "lang": "fr"}]
    report = import_file(sqlite_database, settings, path, "lines", feed_name="Lines")
    run = report.run
    assert (run.created, run.ignored, run.quarantined) == (1, 1, 2), run.reason
    assert [(r.remote_id, r.code) for r in report.refusals] == [
        ("A-3", "amount"), ("A-1 [line 4]", "duplicate_identifier"),
    ]  # fmt: skip
    assert course.ADAPTERS is adapters.ADAPTERS
