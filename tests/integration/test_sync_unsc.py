"""The Consolidated List from its address to those who screen: listed, changed, taken off, listed again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.catalogue.history import versions
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound
from registry.events.models import Event
from registry.http import RegistryFlask
from registry.matching import listed
from registry.matching.models import ListedParty
from registry.settings import Settings
from registry.sync import course, feeds
from registry.sync.adapters import ADAPTERS
from registry.sync.report import Report
from registry.sync.runner import run_feed
from tests.support.adapters.of_unsc import OVERSIZE, consolidated, entity, person, persons
from tests.support.fault_server import FaultServer, body
from tests.support.iati import no_tick, write
from tests.support.people import make_user, token_headers

STAFF = system("test")


@pytest.fixture
def sync(database: Database, settings: Settings, server: FaultServer) -> Callable[..., Report]:
    """Publish a list and synchronise."""
    allowing = replace(settings, outbound_allow=server.allow, sync_pause_ms=0)
    with database.transaction() as session:
        form = {"name": "Consolidated List", "adapter": "unsc", "url": server.url("/list.xml"), "scope": "relevant"}
        feed = feeds.create_feed(session, STAFF, form).id or 0

    def publish(content: bytes) -> Report:
        server.serve("/list.xml", body(content))
        return run_feed(database, allowing, feed)

    return publish


def numbers(report: Report) -> dict[str, int]:
    names = ("created", "updated", "unchanged", "ignored", "quarantined", "archived", "revived")
    return {name: getattr(report.run, name) for name in names if getattr(report.run, name)}


def found(database: Database, **filters: object) -> list[str]:
    with database.reading() as session:
        page = listed.list_parties(session, STAFF, listed.Filters(**filters))  # type: ignore[arg-type]
        return [row.reference for row in page.rows]


def test_a_list_is_kept_as_it_says_and_searched_by_every_name(database: Database, sync: Callable[..., Report]) -> None:
    report = sync(consolidated(*persons(2), person(3, name=""), entities=(entity(),)))
    assert numbers(report) == {"created": 3, "quarantined": 1} and report.refusals[0].remote_id == "XXi.3"
    with database.reading() as session:
        assert not session.execute(select(Programme)).all(), "who is listed is no programme"
        party, document = listed.get_party(session, STAFF, 3)
        assert (party.reference, party.kind, party.regime, str(party.listed_on), party.states) == (
            "XXe.1", "entity", "Al-Qaida", "2020-02-03", "MLI",
        )  # fmt: skip
        assert document["aliases"] == [{"name": "Aero Test", "quality": "fka"}] and document["original_name"] == "طيران"
        assert document["addresses"] == [{"text": "Bamako, Mali", "country": "Mali", "note": "former"}]
        events = [(e.type, e.visibility) for e in session.execute(select(Event)).scalars() if e.kind == "listed_party"]
        assert events == [("listed_party.created", "private")] * 3
    assert found(database, q="smith") == ["XXi.1", "XXi.2"] and found(database, q="AERO") == ["XXe.1"]
    assert found(database, q="طيران") == found(database, state="MLI") == found(database, kind="entity") == ["XXe.1"]
    assert found(database, regime="DRC", q="xxi.2") == ["XXi.2"] and found(database, q="nobody") == []


def test_who_is_taken_off_is_archived_after_grace_and_can_be_listed_again(
    database: Database, sync: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utcnow()
    monkeypatch.setattr(course, "utcnow", lambda: now)
    sync(consolidated(*persons(3)))
    assert numbers(sync(consolidated(person(1), person(2, extra="<COMMENTS1>New</COMMENTS1>"), generated="b"))) == {
        "unchanged": 1, "updated": 1,
    }  # fmt: skip
    assert found(database) == ["XXi.1", "XXi.2", "XXi.3"]
    now += timedelta(days=8)
    report = sync(consolidated(*persons(2), generated="c"))
    assert numbers(report) == {"unchanged": 1, "updated": 1, "archived": 1}
    assert found(database) == ["XXi.1", "XXi.2"] and found(database, delisted=True, q="small arms") == ["XXi.3"]
    assert numbers(sync(consolidated(*persons(3), generated="d"))) == {"unchanged": 2, "updated": 1, "revived": 1}
    assert found(database) == ["XXi.1", "XXi.2", "XXi.3"] and found(database, delisted=True) == []
    with database.reading() as session:
        assert [step.version for step in versions(session, listed.KIND, 3)] == [3, 2]
        types = session.execute(select(Event.type).where(Event.record_id == 3, Event.kind == "listed_party")).scalars()  # type: ignore[call-overload]
        assert list(types) == ["listed_party.created", "listed_party.archived", "listed_party.revived"]
    assert sync(consolidated(generated="e")).run.reason_code == "brake"
    assert found(database) == ["XXi.1", "XXi.2", "XXi.3"]


def test_a_person_can_take_a_record_out_and_it_stays_out(database: Database, sync: Callable[..., Report]) -> None:
    sync(consolidated(*persons(2)))
    with database.transaction() as session:
        feeds.set_verdict(session, STAFF, 1, "ignore")
    assert numbers(sync(consolidated(*persons(2), generated="b"))) == {"ignored": 1, "unchanged": 1, "archived": 1}
    assert found(database) == ["XXi.2"]


@pytest.mark.parametrize("content", OVERSIZE, ids=["parts", "deep", "large"])
def test_a_monstrous_entry_stays_out_alone(content: bytes, tmp_path: Path) -> None:
    reader = ADAPTERS["unsc"].bind({})
    path = write(tmp_path, content)
    reader.verify(path, no_tick)
    pieces = [piece for batch in reader.split(path, 2, no_tick) for piece in batch]
    assert [piece.fault and piece.fault.code for piece in pieces] == [None, None, "oversize", *[None] * 4]
    assert pieces[2].remote_id == "XXi.3" and len(pieces[2].raw) <= 1_000_000


def test_only_those_who_screen_read_the_list(database: Database, app: RegistryFlask) -> None:
    text = '{"reference":"XXi.1","kind":"person","name":"Ron Smith","regime":"DRC","states":["KEN"]}'
    with database.transaction() as session:
        listed.store_batch(
            session, [(text, None)], source="feed:1", actor=STAFF, now=datetime.fromisoformat("2026-01-01T00:00Z")
        )
        with pytest.raises(NotFound):
            listed.store_batch(session, [(text, 99)], source="feed:1", actor=STAFF, now=utcnow())
    client = app.test_client()
    coordinator = token_headers(database, make_user(database, "coordinator"), ["feeds:read"])
    state = token_headers(database, make_user(database, "state"), ["feeds:read"])
    answer = client.get("/api/v1/listed?q=SMITH&state=Kenya&kind=person", headers=coordinator)
    assert answer.status_code == 200 and answer.json["total"] == 1
    assert answer.json["items"][0]["reference"] == "XXi.1" and "sort_name" not in answer.json["items"][0]
    whole = client.get("/api/v1/listed/1", headers=coordinator)
    assert whole.json["document"]["regime"] == "DRC" and whole.headers["ETag"] == '"1"'
    for path, status in (("?state=Atlantis", 422), ("?kind=ship", 422), ("?sort=age", 422), ("/9", 404)):
        assert client.get(f"/api/v1/listed{path}", headers=coordinator).status_code == status
    assert client.get("/api/v1/listed", headers=state).status_code == 403
    assert client.get("/api/v1/listed/1").status_code == 401
    with database.reading() as session:
        for actor, error in ((Actor("state"), NotAllowed), (ANONYMOUS, NotAuthenticated)):
            with pytest.raises(error):
                listed.list_parties(session, actor, listed.Filters())
            with pytest.raises(NotFound):
                listed.get_party(session, actor, 1)
        with pytest.raises(InvalidInput):
            listed.list_parties(session, STAFF, listed.Filters(), sort="age")
        assert session.get_one(ListedParty, 1).version == 1
