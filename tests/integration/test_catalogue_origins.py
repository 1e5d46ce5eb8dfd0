"""Programmes of another registry: once each, the later version wins, withdrawals are the origin's, edits stay here."""

import json

from registry.accounts.actor import system
from registry.accounts.users import actor_of_user
from registry.catalogue import editing, identity
from registry.catalogue.models import Programme
from registry.catalogue.origins import withdrawn_since
from registry.catalogue.programmes import Incoming, Stored, archive, store_batch
from registry.db import Database, utcnow
from registry.events import feed
from registry.events.cloudevents import to_json
from registry.events.origin import Origin
from registry.events.sequencer import catch_up
from registry.http import RegistryFlask
from tests.support.people import make_user, token_headers

THERE = "8a3f0c5e-0000-4000-8000-000000000001"
TEST = system("test")
FOR_PEERS = "/api/v1/snapshot/for-peers"


def store(database: Database, title: str, version: int, source: str = "feed:1", generation: int = 0) -> Stored:
    document = {"iati_identifier": "XX-1", "title": [{"text": title}], "language": "en"}
    origin = Origin(THERE, 12, generation, version)
    with database.transaction() as session:
        item = Incoming(document, None, [], "scope all", origin=origin)
        (stored,) = store_batch(session, [item], source=source, run_id=None, actor=TEST, now=utcnow())
    return stored


def row(database: Database, id_: int) -> Programme:
    with database.reading() as session:
        return session.get_one(Programme, id_)


def test_it_is_here_once_and_a_later_version_wins_whichever_way_it_came(database: Database) -> None:
    first = store(database, "Safer stockpiles", 3)
    assert first.outcome == "created"
    assert store(database, "Other words of version 3", 3, "feed:2") == Stored(first.programme_id, "unchanged")
    assert store(database, "Words of before", 2, "feed:2").outcome == "unchanged"
    assert store(database, "Safest stockpiles", 5, "feed:2") == Stored(first.programme_id, "updated", ("title",))
    assert store(database, "Safer stockpiles", 4).outcome == "unchanged", "the nearer source was the slower one"
    found = row(database, first.programme_id)
    assert (found.title, found.origin_version, found.version) == ("Safest stockpiles", 5, 2)


def test_a_version_that_says_the_same_changes_nothing_but_counts_as_taken(database: Database) -> None:
    id_ = store(database, "Safer stockpiles", 3).programme_id
    assert store(database, "Safer stockpiles", 6).outcome == "unchanged"
    assert store(database, "What was lost", 5, "feed:2").outcome == "unchanged"
    found = row(database, id_)
    assert (found.title, found.version, found.origin_version) == ("Safer stockpiles", 1, 6)


def test_what_a_restored_origin_says_is_later_than_all_before(database: Database) -> None:
    id_ = store(database, "Lost with the backup", 9).programme_id
    assert store(database, "As restored", 4, generation=77).outcome == "updated"
    assert store(database, "Lost with the backup", 9, "feed:2").outcome == "unchanged"
    assert row(database, id_).title == "As restored"


def test_a_withdrawal_holds_against_what_was_said_before_it(database: Database) -> None:
    id_ = store(database, "Safer stockpiles", 3).programme_id
    gone = Origin(THERE, 12, 0, 4)
    with database.transaction() as session:
        assert withdrawn_since(session, {id_: Origin(THERE, 12, 0, 3)}) == {}, "a version that is here already"
        assert withdrawn_since(session, {id_: Origin("another", 12, 0, 9)}) == {}
        assert withdrawn_since(session, {id_: gone}) == {id_: gone}
        archive(session, [id_], "withdrawn at its origin", TEST, utcnow(), {id_: gone})
    assert store(database, "Safer stockpiles", 3, "feed:2").outcome == "unchanged"
    assert row(database, id_).archived_at
    assert store(database, "Back again", 5, "feed:2").outcome == "revived"
    with database.reading() as session:
        epoch = identity.epoch(session)
    catch_up(database)
    with database.reading() as session:
        events = json.loads(to_json(feed.read_changes(session, feed.EVERYTHING, None, 50, epoch=epoch).rows, "x"))
    said = [(e["type"].split(".")[2], e["data"]["origin"]["version"]) for e in events if "origin" in e["data"]]
    assert said == [("created", 3), ("archived", 4), ("revived", 5)]


def test_peers_are_handed_the_origins_word_and_people_here_see_their_own(app: RegistryFlask) -> None:
    database = app.database
    coordinator = make_user(database, "coordinator")
    id_ = store(database, "Safer stockpiles", 3).programme_id
    someone = actor_of_user(coordinator)
    with database.transaction() as session:
        data = {"document": {"title": [{"text": "What a person here says", "lang": "en"}]}}
        editing.update_programme(session, someone, id_, data, None)
        own = editing.create_programme(session, someone, {"document": {"title": [{"text": "Entered here"}]}})
        hidden = {"document": {"title": [{"text": "Members only"}]}, "visibility": "members"}
        editing.create_programme(session, someone, hidden)
    client = app.test_client()
    headers = token_headers(database, coordinator, ["changes:read", "catalogue:read"])
    for address in (FOR_PEERS, f"{FOR_PEERS}?id={id_}&id={own}&id=999"):
        lines = [json.loads(line) for line in client.get(address, headers=headers).get_data().splitlines()]
        assert [line["data"]["document"]["title"][0]["text"] for line in lines[1:-1]] == [
            "Safer stockpiles", "Entered here",
        ]  # fmt: skip
        assert lines[1]["data"]["origin"] == {"registry": THERE, "id": 12, "generation": 0, "version": 3}
        assert "origin" not in lines[2]["data"]
        assert lines[-1]["end"]["records"] == 2
    who = client.get("/api/v1/registry").get_json()
    assert lines[0]["snapshot"]["registry"] == who["id"] and lines[0]["snapshot"]["generation"] == who["generation"]
    assert store(database, "Safest stockpiles", 4).outcome == "updated"
    assert row(database, id_).title == "What a person here says", "until it is released"


def test_a_restored_backup_begins_a_later_generation_of_the_same_registry(database: Database) -> None:
    with database.transaction() as session:
        name, before = identity.registry_id(session), identity.generation(session)
        identity.begin_epoch(session)
        second = identity.generation(session)
        identity.begin_epoch(session)
        assert before < second < identity.generation(session)
        assert identity.registry_id(session) == name
