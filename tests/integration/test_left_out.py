"""Money counts once: parts of a whole, what is passed on, records that are the same; in whatever order they come."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.catalogue import editing, reindexing
from registry.catalogue.flows import Flows, read_flows
from registry.catalogue.left_out import LEFT_OUT
from registry.catalogue.listing import Filters, list_programmes
from registry.catalogue.programmes import Incoming, archive, store_batch
from registry.catalogue.writing import FLOW, KIN
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.sync.runner import import_file
from tests.support.adapters.of_fts import flow, page
from tests.support.iati import write
from tests.support.people import client_for

TEST = system("test")
PUBLIC = Actor("anonymous", label="anonymous")
MEMBER = Actor("state", state="UGA", label="a State")


def document(
    name: str, budget: int | None = None, committed: int | None = None, related: Sequence[tuple[str, str]] = (),
    reporter: str = "XX-REP",
) -> dict[str, Any]:  # fmt: skip
    """A programme in Kenya. `related`: (identifier, type)."""
    said: dict[str, Any] = {
        "iati_identifier": name, "title": [{"text": f"Stores {name}"}], "countries": [{"code": "KE"}],
        "reporting_org": {"ref": reporter, "narratives": [{"text": reporter}]},
        "related_activities": [{"ref": ref, "type": kind} for ref, kind in related],
    }  # fmt: skip
    if budget:
        value = {"amount": budget, "currency": "USD", "value_date": "2024-01-01"}
        said["budgets"] = [{"type": "1", "period_start": "2024-01-01", "period_end": "2024-12-31", "value": value}]
    if committed:
        value = {"amount": committed, "currency": "USD", "value_date": "2024-02-01"}
        said["transactions"] = [{"type": "2", "date": "2024-02-01", "value": value}]
    return said


def store(database: Database, *documents: dict[str, Any], source: str = "feed:1") -> list[int]:
    """Each in a transaction of its own, as if they came one after the other."""
    found = []
    for item in documents:
        with database.transaction() as session:
            incoming = [Incoming(item, None, ["stockpile_mgmt"], "scope all")]
            stored = store_batch(session, incoming, source=source, run_id=1, actor=TEST, now=utcnow())
            found.append(stored[0].programme_id)
    return found


def flows(database: Database, measure: str = "budget", actor: Actor = PUBLIC) -> Flows:
    with database.reading() as session:
        return read_flows(session, actor, Filters(), measure)


WHOLE = document("W", 1_000, 700, [("P1", "2")])
SAYS_SO = document("P1", 600, None, [("W", "1")])
IS_SAID = document("P2", 400, 700)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_whole_is_counted_and_its_parts_are_not_in_whatever_order_they_come(
    database: Database, order: tuple[int, ...]
) -> None:
    whole = document("W", 1_000, None, [("P1", "2"), ("P2", "2")])
    store(database, *[(whole, SAYS_SO, IS_SAID)[place] for place in order])
    budget, commitment = flows(database), flows(database, "commitment")
    assert (budget.total, budget.left_out, budget.programmes) == (1_000, {"part": 2}, 1)
    assert commitment.total == 700 and commitment.left_out == {}, "only a part states it: the part is counted"


def test_grandchildren_circles_and_strangers(database: Database) -> None:
    store(database, document("A", 100), document("B", None, None, [("A", "1")]), document("C", 90, None, [("B", "1")]))
    assert flows(database).total == 100, "what stands between states no amount"
    store(database, document("D", 7, None, [("E", "1")]), document("E", 5, None, [("D", "1")]))
    assert flows(database).total == 112, "two that each call the other the whole are both counted"
    store(database, document("F", 1, None, [("A", "2")], reporter="YY-OTHER"))
    assert flows(database).total == 113, "nobody declares another organisation's programme a part of its own"


def test_archiving_editing_and_hiding_are_followed(database: Database) -> None:
    whole, part = store(database, document("W", 1_000), document("P", 600, None, [("W", "1")]))
    with database.transaction() as session:
        editing.update_programme(session, TEST, whole, {"visibility": "members"}, None)
    for actor in (PUBLIC, MEMBER):
        assert flows(database, actor=actor).total == 600, "the same sum whoever reads it: the part that more may see"
    with database.transaction() as session:
        editing.update_programme(session, TEST, part, {"document": {"related_activities": None}}, None)
    assert (flows(database).total, flows(database, actor=MEMBER).total) == (600, 1_600)
    with database.transaction() as session:
        editing.release_fields(session, TEST, part, ["related_activities"], None)
        editing.update_programme(session, TEST, whole, {"visibility": "public"}, None)
    assert flows(database).total == 1_000
    with database.transaction() as session:
        archive(session, [whole], "ended", TEST, utcnow())
    assert flows(database).total == 600 and flows(database).left_out == {}


def test_a_link_that_is_taken_away_in_the_middle_is_felt_below(database: Database) -> None:
    _top, middle, _low = store(
        database, document("T", 100), document("M", None, None, [("T", "1"), ("L", "2")]), document("L", 30)
    )
    assert flows(database).total == 100
    with database.transaction() as session:
        editing.update_programme(
            session, TEST, middle, {"document": {"related_activities": [{"ref": "T", "type": "1"}]}}, None
        )
    assert flows(database).total == 130
    with database.transaction() as session:
        editing.release_fields(session, TEST, middle, ["related_activities"], None)
    assert flows(database).total == 100


def test_fts_counts_what_comes_in_and_not_what_is_passed_on(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    incoming = flow(1, boundary="incoming", amountUSD=1_000, status="commitment", childFlowIds=["2", "3"])
    passed_on = flow(2, boundary="internal", amountUSD=400, status="commitment", childFlowIds=None, parentFlowId="1")
    own_money = flow(3, boundary="incoming", amountUSD=50, status="commitment", childFlowIds=None, parentFlowId="1")
    path = write(tmp_path, page(incoming, passed_on, own_money))
    import_file(database, settings, path, "fts", feed_name="FTS", scope="all")
    with database.reading() as session:
        plan = list_programmes(session, PUBLIC, Filters("Test Plan")).rows
        assert len(plan) == 3, "the plan's name is kept, and found"
    found = flows(database, "commitment")
    assert (found.total, found.left_out) == (1_050_00, {"passed_on": 1})
    import_file(database, settings, write(tmp_path, page(incoming, own_money)), "fts", feed_name="FTS", scope="all")
    moved = flow(2, boundary="incoming", amountUSD=400, status="commitment", childFlowIds=None, parentFlowId="1")
    import_file(database, settings, write(tmp_path, page(moved)), "fts", feed_name="FTS", scope="all")
    assert flows(database, "commitment").total == 1_450_00, "the source says that it came in after all"


def test_page_and_api_say_the_rule_and_lead_to_what_was_left_out(app: RegistryFlask, database: Database) -> None:
    whole, part = store(database, document("W", 100_000), document("P", 60_000, None, [("W", "1")]))
    client = client_for(app)
    answer = client.get("/api/v1/flows?country=KEN").json
    assert (answer["total_usd_cents"], answer["left_out"]) == (100_000, {"part": 1})
    listed = client.get(answer["links"]["left_out"]).json["items"]
    assert [item["id"] for item in listed] == [part]
    shown = client.get(f"/api/v1/programmes/{part}").json
    assert shown["left_out"] == [{"measure": "budget", "reason": "part", "counted_id": whole}]
    assert client.get("/api/v1/programmes?left_out=profit").status_code == 422
    page = client.get("/en/flows").text
    assert "Money counts once" in page and "left_out=budget" in page
    page = client.get("/en/programmes?left_out=budget").text
    assert "Stores P" in page and "Stores W" not in page and "Not counted in sums" in page
    assert "in no sum" in client.get(f"/en/programmes/{part}").text


def _rows(session: Session) -> list[Any]:
    return [sorted(session.execute(select(table)).all(), key=repr) for table in (FLOW, KIN, LEFT_OUT)]


def test_what_a_migration_fills_in_is_what_the_writer_keeps(database: Database) -> None:
    store(database, WHOLE, SAYS_SO, IS_SAID, document("I", 9) | {"boundary": "internal"})
    with database.transaction() as session:
        before = _rows(session)
        assert all(before)
        for table in (FLOW, KIN, LEFT_OUT):
            session.execute(delete(table))
        reindexing.refill_money(session)
        assert _rows(session) == before
        page = list_programmes(session, PUBLIC, Filters(left_out="budget"))
        assert [row.iati_identifier for row in page.rows] == ["I", "P1"]
