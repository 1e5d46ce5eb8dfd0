"""The consumer `rematch`: who saves a need sees its pairs at once; what came by another way ends matched as well."""

from typing import Any

import pytest
from sqlalchemy import select, update

from registry.db import Database
from registry.events.consumers import CONSUMER
from registry.events.models import Event
from registry.events.outbox import Change, emit
from registry.matching.forms import NEED, OFFER
from registry.matching.refresh import MATCH
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.matching import open_need, open_offer, organisation

REMATCH = {"rematch": CONSUMERS["rematch"]}


def rows(database: Database, what: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(what).all())


PAIRS = select(MATCH.c.id, MATCH.c.need_id, MATCH.c.offer_id, MATCH.c.computed_at).order_by(MATCH.c.id)
TOLD = select(Event.type, Event.kind, Event.record_id).order_by(Event.id)  # type: ignore[call-overload]


def consume(database: Database, settings: Settings) -> None:
    consume_all(database, settings, REMATCH, "test")


@pytest.fixture
def pair(database: Database, settings: Settings) -> tuple[int, int]:
    """A need and an offer that fit, matched as they were entered."""
    with database.transaction() as session:
        need, offer = open_need(session), open_offer(session, organisation(session))
        return need.id or 0, offer.id or 0


def test_what_was_matched_as_it_was_saved_is_not_matched_again(
    database: Database, settings: Settings, pair: tuple[int, int]
) -> None:
    before, told = rows(database, PAIRS), rows(database, TOLD)
    assert [tuple(row[1:3]) for row in before] == [pair]
    consume(database, settings)
    assert rows(database, PAIRS) == before
    assert rows(database, TOLD) == told
    assert rows(database, select(NEED.c.id).where(NEED.c.matched_version != NEED.c.version)) == []


def change_elsewhere(database: Database, table: Any, kind: str, record_id: int, **values: Any) -> None:
    """As a feed or another registry would: the row and its event, without matching."""
    with database.transaction() as session:
        session.execute(update(table).where(table.c.id == record_id).values(version=table.c.version + 1, **values))
        version = session.execute(select(table.c.version).where(table.c.id == record_id)).scalar_one()
        emit(session, Change(f"{kind}.updated", kind, record_id, version, {"title": "From elsewhere"}))


@pytest.mark.parametrize("kind", ["need", "offer"])
def test_a_change_from_elsewhere_ends_matched(
    database: Database, settings: Settings, pair: tuple[int, int], kind: str
) -> None:
    consume(database, settings)
    table, record_id = (NEED, pair[0]) if kind == "need" else (OFFER, pair[1])
    change_elsewhere(database, table, kind, record_id, status="withdrawn")
    consume(database, settings)
    assert rows(database, PAIRS) == []
    change_elsewhere(database, table, kind, record_id, status="open")
    consume(database, settings)
    assert [tuple(row[1:3]) for row in rows(database, PAIRS)] == [pair]
    assert rows(database, TOLD)[-1] == ("match.refreshed", kind, record_id)


def test_taking_all_events_again_changes_nothing(database: Database, settings: Settings, pair: tuple[int, int]) -> None:
    change_elsewhere(database, NEED, "need", pair[0], priority="high")
    consume(database, settings)
    consume(database, settings)
    before, told = rows(database, PAIRS), rows(database, TOLD)
    with database.transaction() as session:
        session.execute(update(CONSUMER).values(position=0))
    consume(database, settings)
    assert (rows(database, PAIRS), rows(database, TOLD)) == (before, told)
    assert rows(database, select(CONSUMER.c.position)) == [(len(told),)]


def test_an_error_between_matching_and_cursor_leaves_the_need_waiting(
    database: Database, settings: Settings, pair: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    consume(database, settings)
    change_elsewhere(database, NEED, "need", pair[0], status="withdrawn")
    with monkeypatch.context() as broken:
        broken.setattr("registry.matching.refresh.announce", lambda *_: 1 / 0)
        consume(database, settings)
    assert [tuple(row[1:3]) for row in rows(database, PAIRS)] == [pair]
    assert rows(database, select(NEED.c.id).where(NEED.c.matched_version != NEED.c.version)) == [(pair[0],)]
    with database.transaction() as session:
        session.execute(update(CONSUMER).values(next_at=None))
    consume(database, settings)
    assert rows(database, PAIRS) == []
