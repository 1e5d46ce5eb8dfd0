"""What every adapter must hold to, and that the documentation names every reason and task."""

import re
from pathlib import Path

import pytest

from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import Adapter, DocumentRefused, RecordFault
from registry.sync.reasons import RECORD_REASONS, RUN_REASONS
from registry.worker.tasks import TASKS
from tests.support.iati import activity, document, many, no_tick, write

ROOT = Path(__file__).parents[2]
GOOD = {"iati": document(*many(7), activity("XX-TEST-1"))}
"""Adapter → a document of 8 records, the last of them with an identifier that stands there already"""

adapters = pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=list(ADAPTERS))


@adapters
def test_a_whole_document_is_split_into_all_of_its_records(adapter: Adapter, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD[adapter.name])
    seen: list[int] = []
    reader = adapter.bind({})
    reader.verify(path, seen.append)
    assert seen[-1] == path.stat().st_size and seen == sorted(seen)
    pieces = []
    for batch in reader.split(path, 3, seen.append):
        assert 1 <= len(batch) <= 3
        for piece in batch:
            pieces.append((piece.remote_id, piece.sha256, bool(piece.fault)))
            assert reader.fragment(piece) and len(reader.fragment(piece)) <= 4000
            if piece.fault is None:
                record = reader.read(piece)
                assert record.document["title"] and record.title and record.warnings == []
    assert len(pieces) == 8 and len({remote for remote, _, _ in pieces}) == 8
    assert [fault for _, _, fault in pieces] == [False] * 7 + [True]
    again = [(p.remote_id, p.sha256, bool(p.fault)) for batch in reader.split(path, 500, no_tick) for p in batch]
    assert again == pieces, "identity and hash do not depend on batches or time"


@adapters
@pytest.mark.parametrize("content", [b"", b"nonsense", b"<html></html>", b"{}"])
def test_a_document_that_is_none_is_refused_before_it_is_split(
    adapter: Adapter, content: bytes, tmp_path: Path
) -> None:
    with pytest.raises(DocumentRefused) as caught:
        adapter.bind({}).verify(write(tmp_path, content), no_tick)
    assert caught.value.code in RUN_REASONS


def test_reason_codes_in_the_code_are_the_ones_that_are_documented() -> None:
    sources = [*(ROOT / "registry/sync").rglob("*.py"), *(ROOT / "registry/outbound").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    run_codes = set(re.findall(r'(?:DocumentRefused|FetchFailed)\(\s*"(\w+)"', text))
    record_codes = set(re.findall(r'RecordFault\(\s*"(\w+)"', text)) | set(re.findall(r'\.quarantine\("(\w+)"', text))
    assert run_codes and run_codes <= RUN_REASONS.keys()
    assert record_codes and record_codes <= RECORD_REASONS.keys()
    assert RecordFault("x", "y").code == "x"


@pytest.mark.parametrize(("table", "heading"), [(RUN_REASONS, "Why a run"), (RECORD_REASONS, "Why a record")])
def test_the_tables_of_reasons_are_documented_word_for_word(table: dict[str, str], heading: str) -> None:
    page = (ROOT / "docs/sync.md").read_text(encoding="utf-8")
    section = page.split(f"## {heading}", 1)[1].split("\n## ")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.M))
    assert documented == table


def test_every_task_of_the_scheduler_is_documented() -> None:
    page = (ROOT / "docs/scheduler.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([\w.]+)` \| .* \| (.*) \|$", page, re.M))
    assert documented == {name: task.meaning for name, task in TASKS.items()}
