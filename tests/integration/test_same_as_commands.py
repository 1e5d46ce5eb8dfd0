"""`casa same-as` and the scheduler's task: everything looked at once, and only what changed afterwards."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, system
from registry.catalogue import listing
from registry.catalogue.editing import archive_programme
from registry.catalogue.models import Programme
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.same_as.reading import stale
from registry.cli import Context, casa
from registry.db import Database
from registry.settings import Settings
from registry.sync import feeds
from registry.worker.tasks import TASKS
from tests.support import duplicates

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HERE = system("test")


@pytest.fixture
def run(database: Database) -> Any:
    context = Context()
    context._database = database

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(casa, ["same-as", *arguments], obj=context, catch_exceptions=False)

    return invoke


@pytest.fixture
def world(database: Database) -> duplicates.World:
    """Sixty programmes of two feeds, some of them twice."""
    world = duplicates.build(40, seed=5)
    with database.transaction() as session:
        for number in (1, 2):
            documents = [{**document, "countries": [{"code": row["countries"]}],
                          "dates": [{"type": "2", "date": row["start_date"]}],
                          "budgets": [{"value": {"amount": row["budget_usd"] or 0, "currency": "USD",
                                                 "value_date": row["start_date"]}}]}
                         for row, document in world.records if row["source"] == f"feed:{number}"]  # fmt: skip
            incoming = [Incoming(document, None, ["marking"], "scope all") for document in documents]
            store_batch(session, incoming, source=f"feed:{number}", run_id=1, actor=HERE, now=NOW)
    return world


def test_find_looks_at_everything_once_and_then_at_what_changed(
    run: Any, world: duplicates.World, database: Database
) -> None:
    with database.reading() as session:
        assert len(stale(session, "programme", 1000)) == len(world.records)
    found = json.loads(run("find", "--json").output)
    linked = len(world.shared_identifier)
    # Donor and implementer report: what one says of the other's identifier waits for a person.
    assert found["programme"]["pairs"]["same"] == 0 == found["programme"]["regrouped"]
    assert found["programme"]["found"] >= linked > 0
    assert found["programme"]["pairs"]["strong"] > 0 and found["organisation"]["records"] > 0
    again = json.loads(run("find", "--json").output)
    assert again["programme"]["records"] == 0 and again["programme"]["pairs"] == found["programme"]["pairs"]
    anew = json.loads(run("find", "--anew", "--kind", "programme", "--json").output)
    assert anew["programme"]["records"] == len(world.records) and "+" in anew["programme"]["model"]
    assert "pairs new" in run("find").output
    with database.transaction() as session:
        first = session.execute(select(Programme.id).where(Programme.lead_id.is_(None))).scalars().first()  # type: ignore
        archive_programme(session, HERE, first or 0, "gone", None)
        assert stale(session, "programme", 10) == [first]


def test_pairs_are_listed_with_both_records_and_judged(run: Any, world: duplicates.World) -> None:
    run("find")
    pair = json.loads(run("list", "--kind", "programme", "--top", "1", "--json").output)["programme"][0]
    shown = run("list").output
    assert pair["first"]["title"] in shown and pair["second"]["title"] in shown
    ids = [str(pair["first_id"]), str(pair["second_id"])]
    assert "2 records changed their place" in run("judge", "programme", *ids, "same", "--reason", "seen").output
    listed = json.loads(run("list", "--kind", "programme", "--verdict", "same", "--top", "500", "--json").output)
    assert pair["id"] in [item["id"] for item in listed["programme"]]


def test_the_scheduler_catches_up(world: duplicates.World, database: Database, settings: Settings) -> None:
    TASKS["catalogue.look_after"].work(database, settings, "", threading.Event())
    with database.reading() as session:
        assert not stale(session, "programme", 10) and not stale(session, "organisation", 10)
        count = listing.count_programmes(session, ANONYMOUS, listing.Filters())
    assert count == len(world.records)


def test_a_feeds_priority_decides_which_record_leads(database: Database) -> None:
    document = {"iati_identifier": "XM-1", "reporting_org": {"ref": "XM"}, "title": [{"text": "One"}]}
    with database.transaction() as session:
        made = [
            feeds.create_feed(session, HERE, {"name": name, "adapter": "iati", "url": None, "enabled": True}, NOW)
            for name in "ab"
        ]
        stored = [
            store_batch(
                session, [Incoming(document, None, [], "scope all")], source=f"feed:{feed.id}", run_id=1, actor=HERE,
                now=NOW,
            )[0].programme_id
            for feed in made
        ]  # fmt: skip
    TASKS["catalogue.look_after"].work(database, Settings(), "", threading.Event())
    for feed, leading in zip(reversed(made), reversed(stored), strict=True):
        with database.transaction() as session:
            feeds.update_feed(session, HERE, feed.id or 0, {"priority": 90 - stored.index(leading)}, None, NOW)
            rows = listing.list_programmes(session, ANONYMOUS, listing.Filters()).rows
        assert [row.id for row in rows] == [leading]
