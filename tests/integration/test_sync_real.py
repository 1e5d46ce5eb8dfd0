"""Partners' real files, where CASA_REAL_DATA names the folder that holds them (`iati/files/*.xml`)."""

import os
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from lxml import etree

from registry.accounts.actor import Actor
from registry.catalogue.flows import read_flows
from registry.catalogue.listing import Filters
from registry.db import Database
from registry.settings import Settings
from registry.sync.runner import import_file

FOLDER = os.environ.get("CASA_REAL_DATA")
FILES = sorted(Path(FOLDER, "iati/files").glob("*.xml")) if FOLDER else []
PUBLIC = Actor("anonymous", label="anonymous")
FUNDING = {
    "columns": {
        "id": "id", "title": "description", "funder": "srcOrganization", "implementer": "destOrganization",
        "countries": "destLocations", "commitment": "amountUSD", "start": "destUsageYearStart",
        "end": "destUsageYearEnd", "value_date": "date",
    },
    "currency": "USD",
}  # fmt: skip
OTHERS: list[tuple[str, str, dict[str, Any], int | str]] = [
    ("csv", "hxl/hxl_fts_incoming_funding_jor.csv", FUNDING, 440),
    ("csv", "hxl/whowhatwhere_afg_3w_data.csv", {}, 1),
    ("csv", "hxl/hxl_input-valid.json", {}, "not_table"),
    ("csv", "hxl/ukraine-who-does-what-where-3w.json", {}, "not_table"),
    ("fts", "fts/custom-search-locationid-1-year-2020.json", {}, 200),
    ("fts", "fts/custom-search-locationid-1-year-2020-page-2.json", {}, 200),
    ("fts", "fts/custom-search-locationid-1-year-2020-page-3.json", {}, 84),
    ("unsc", "unsc/UN_consolidated.xml", {}, 1003),
]
"""(adapter, file, settings, how many records it holds or why it is refused)"""
pytestmark = pytest.mark.real


@pytest.mark.parametrize("folder", [FOLDER] if FOLDER else [], ids=["fts"] if FOLDER else [])
def test_flows_of_fts_sum_to_the_source_s_own_total_of_what_came_in(
    database: Database, settings: Settings, folder: str
) -> None:
    announced = 0
    for path in sorted(Path(folder, "fts").glob("*.json")):
        flows = orjson.loads(path.read_bytes())["data"]["flows"]
        announced += sum(flow["amountUSD"] for flow in flows if flow["boundary"] == "incoming")
        import_file(database, settings, path, "fts", feed_name="FTS", scope="all")
    with database.reading() as session:
        sums = [read_flows(session, PUBLIC, Filters(), measure) for measure in ("commitment", "disbursement")]
    assert sum(found.total for found in sums) == announced * 100
    assert sum(found.left_out["passed_on"] for found in sums) > 100


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


@pytest.mark.parametrize(
    ("adapter", "name", "config", "expected"), OTHERS if FOLDER else [], ids=lambda value: str(value)[:40]
)
def test_a_real_file_of_another_format_is_read_whole_and_a_second_time_changes_nothing(
    database: Database, settings: Settings, adapter: str, name: str, config: dict[str, Any], expected: int | str
) -> None:
    path = Path(FOLDER or "", name)
    first = import_file(database, settings, path, adapter, feed_name="Real", scope="all", config=config).run
    if isinstance(expected, str):
        assert (first.status, first.reason_code, first.records) == ("failed", expected, 0)
        return
    assert (first.status, first.created, first.quarantined) == ("succeeded", expected, 0), first.reason
    second = import_file(database, settings, path, adapter, feed_name="Real", scope="all").run
    assert (second.unchanged, second.records) == (expected, expected)
