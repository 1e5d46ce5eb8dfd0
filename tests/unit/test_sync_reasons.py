"""The documentation names every reason why something did not go through, and every task."""

import re
from pathlib import Path

import pytest

from registry.sync.adapters.contract import RecordFault
from registry.sync.reasons import RECORD_REASONS, RUN_REASONS
from registry.worker.tasks import TASKS

ROOT = Path(__file__).parents[2]


def test_reason_codes_in_the_code_are_the_ones_that_are_documented() -> None:
    folders = ("registry/sync", "registry/outbound", "registry/catalogue")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    run_codes = set(re.findall(r'(?:DocumentRefused|FetchFailed|Unreadable)\(\s*"(\w+)"', text))
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
