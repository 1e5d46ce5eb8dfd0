"""Events are kept for a while; a consumer that comes back too late ends with what one has that never stopped."""

import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from registry.accounts.actor import system
from registry.catalogue.editing import archive_programme, create_programme, update_programme
from registry.catalogue.organisations import create_organisation, update_organisation
from registry.db import Database, utcnow
from registry.errors import Conflict
from registry.events.outbox import Change, emit_all
from registry.events.sequencer import EVENT, sequence
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.worker import tasks
from tests.support.follower import Follower

TEST = system("test")
STOP = threading.Event()


def prune(database: Database, settings: Settings) -> None:
    tasks.TASKS["events.prune"].work(database, settings, "", STOP)


def change_something(
    database: Database, chance: random.Random, programmes: list[int], organisations: list[int]
) -> None:
    """One of what people do to a catalogue, at random."""
    with database.transaction() as session:
        act = chance.randrange(6)
        if act == 0 or not programmes:
            document = {"title": [{"text": f"Programme {len(programmes)}"}], "iati_identifier": f"XX-{len(programmes)}"}
            programmes.append(create_programme(session, TEST, {"document": document}))
        elif act == 1:
            organisations.append(create_organisation(session, TEST, {"name": f"Body {len(organisations)}"}).id or 0)
        elif act == 2 and organisations:
            data = {"acronym": f"B{chance.randrange(99)}"}
            update_organisation(session, TEST, chance.choice(organisations), data, None)
        else:
            change: dict = {"visibility": chance.choice(["public", "members", "private"])}
            try:
                if act == 3:
                    archive_programme(session, TEST, chance.choice(programmes), "over", None)
                else:
                    update_programme(session, TEST, chance.choice(programmes), change, None)
            except Conflict:
                session.rollback()  # it was withdrawn before


def age(database: Database, days: int) -> None:
    """Let the events written so far have happened so long ago."""
    sequence(database)
    with database.transaction() as session:
        session.execute(
            update(EVENT).where(EVENT.c.at > utcnow() - timedelta(days=1)).values(at=utcnow() - timedelta(days))
        )


@pytest.mark.parametrize("seed", [1, 2])
def test_who_comes_back_too_late_ends_with_what_one_has_that_never_stopped(
    app: RegistryFlask, settings: Settings, seed: int
) -> None:
    database, chance = app.database, random.Random(seed)
    programmes: list[int] = []
    organisations: list[int] = []
    steady, late = Follower(app.test_client()), Follower(app.test_client())
    for follower in (steady, late):
        follower.snapshot()
    for _ in range(12):
        change_something(database, chance, programmes, organisations)
    assert (steady.follow(), late.follow()) == (200, 200) and steady.held == late.held
    for days in (40, 20):
        for _ in range(12):
            change_something(database, chance, programmes, organisations)
        assert steady.follow() == 200
        age(database, days)
    prune(database, replace(settings, event_retention_days=30))
    for _ in range(6):
        change_something(database, chance, programmes, organisations)
    assert late.follow() == 410
    late.snapshot()
    for _ in range(6):
        change_something(database, chance, programmes, organisations)
    assert (late.follow(), steady.follow()) == (200, 200)
    assert late.held == steady.held and late.held


def test_what_is_old_is_forgotten_in_small_transactions_and_the_rest_stays(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PRUNE_BATCH", 10)
    old = utcnow() - timedelta(days=31)
    with database.transaction() as session:
        emit_all(session, [Change("need.updated", "need", 1, n, {}) for n in range(1, 36)], at=old)
        emit_all(session, [Change("need.updated", "need", 1, 36, {})])
        emit_all(session, [Change("need.updated", "need", 1, 37, {})], at=old)  # by a clock that went wrong
    sequence(database)

    def positions() -> tuple[int, int]:
        with database.reading() as session:
            first, last = session.execute(select(func.min(EVENT.c.position), func.max(EVENT.c.position))).one()
            return first, last

    prune(database, replace(settings, event_retention_days=0))
    assert positions() == (1, 37), "0: for ever"
    prune(database, replace(settings, event_retention_days=30))
    assert positions() == (36, 37), "without a gap"
    with database.transaction() as session:
        session.execute(update(EVENT).values(at=old))
    prune(database, replace(settings, event_retention_days=30))
    assert positions() == (37, 37), "the newest holds the place where positions go on"


def test_events_that_have_no_position_yet_are_not_forgotten(database: Database, settings: Settings) -> None:
    with database.transaction() as session:
        emit_all(session, [Change("need.updated", "need", 1, 1, {})], at=utcnow() - timedelta(days=31))
    prune(database, replace(settings, event_retention_days=30))
    assert sequence(database) == 1
