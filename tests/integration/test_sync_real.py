"""Partners' real files, where CASA_REAL_DATA names the folder that holds them (`iati/files/*.xml`)."""

import os
import re
from pathlib import Path

import pytest
from lxml import etree

from registry.db import Database
from registry.settings import Settings
from registry.sync.runner import import_file

FOLDER = os.environ.get("CASA_REAL_DATA")
FILES = sorted(Path(FOLDER, "iati/files").glob("*.xml")) if FOLDER else []
pytestmark = pytest.mark.real


def activities_in(path: Path) -> int | None:
    """How many there are, counted by another way than ours; None where the file is not well-formed."""
    try:
        return sum(1 for _ in etree.parse(path).iter("iati-activity"))
    except etree.XMLSyntaxError:
        return None


@pytest.mark.parametrize("path", FILES, ids=[re.sub(r"\W+", "-", path.stem)[:60] for path in FILES])
def test_counts_add_up_to_the_activities_of_a_real_file_and_a_second_import_changes_nothing(
    database: Database, settings: Settings, path: Path
) -> None:
    expected = activities_in(path)
    first = import_file(database, settings, path, "iati", scope="all").run
    if expected is None:
        assert first.status == "failed" and first.reason_code and first.records == 0
        return
    assert first.status == "succeeded", first.reason
    assert first.created + first.updated + first.unchanged + first.ignored + first.quarantined == expected
    assert first.created == expected - first.quarantined
    assert first.quarantined <= expected * 0.2, "almost nothing of a real file is unusable"
    second = import_file(database, settings, path, "iati", scope="all").run
    assert (second.unchanged, second.quarantined) == (first.created, first.quarantined)
    assert second.created == second.updated == second.archived == second.revived == 0
