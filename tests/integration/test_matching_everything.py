"""Matching everything anew goes step by step: what changes meanwhile is right in the end, and nobody waits for long."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from registry.accounts.actor import system
from registry.catalogue.models import Meta
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.matching import everything, needs, offers, refresh
from registry.matching.everything import refresh_all
from registry.matching.forms import NEED, OFFER
from registry.matching.models import Match
from tests.support.matching import FRANCE, KENYA, donor
from tests.support.matching_worlds import random_need, random_offer, table, truth, world

CLI = system("cli")


def filled(database: Database, seed: int, size: int = 8) -> random.Random:
    with database.transaction() as session:
        choice = world(session, seed, size)
        session.execute(update(Match).values(score=0.001))  # all of it is to be mended
    return choice


def between_steps(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> list[int]:
    """Something happens after the pairs of each step are computed and before they are written."""
    mend, steps = everything._moved, []

    def acting(session: Any, *given: Any) -> set[int]:
        steps.append(1)
        return mend(session, *given)

    whole = everything._mend

    def mended(database: Database, snapshot: Any, step: list[int], *given: Any) -> list[int]:
        act()
        return whole(database, snapshot, step, *given)

    monkeypatch.setattr(everything, "_moved", acting)
    monkeypatch.setattr(everything, "_mend", mended)
    return steps


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_what_changes_meanwhile_is_right_in_the_end(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(refresh, "TOP", 2)
    monkeypatch.setattr(everything, "STEP", 2)
    choice = filled(sqlite_database, seed)

    def somebody_changes_something() -> None:
        with sqlite_database.transaction() as session:
            open_needs = session.execute(select(NEED.c.id, NEED.c.state).where(NEED.c.status == "open")).all()
            open_offers = session.execute(
                select(OFFER.c.id, OFFER.c.organisation_id).where(OFFER.c.status == "open")
            ).all()
            if choice.random() < 0.5:
                need = choice.choice(open_needs)
                actor = KENYA if need.state == "KEN" else FRANCE
                needs.update_need(session, actor, need.id, random_need(choice, actor), None)
            else:
                offer = choice.choice(open_offers)
                actor = donor(offer.organisation_id)
                if choice.random() < 0.3 and len(open_offers) > 2:
                    offers.withdraw_offer(session, actor, offer.id, {}, None)
                else:
                    offers.update_offer(session, actor, offer.id, random_offer(choice), None)

    steps = between_steps(monkeypatch, somebody_changes_something)
    refresh_all(sqlite_database, CLI)
    assert len(steps) > 2
    with sqlite_database.reading() as session:
        assert table(session) == truth(session, 2)


def test_a_run_that_was_killed_tells_of_its_offers_with_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "STEP", 2)
    filled(database, 3, 5)
    with database.transaction() as session:
        changed = set(session.execute(select(Match.offer_id)).scalars())  # type: ignore[call-overload]
        begun = session.execute(select(func.max(Event.id))).scalar_one()
    with monkeypatch.context() as killed:
        killed.setattr(everything, "_tell_offers", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            refresh_all(database, CLI)
    refresh_all(database, CLI)
    refresh_all(database, CLI)
    with database.reading() as session:
        told = select(Event.record_id).where(Event.id > begun, Event.kind == "offer")  # type: ignore[call-overload,operator]
        assert sorted(session.execute(told).scalars()) == sorted(changed), "each once"
        assert session.get(Meta, everything.SINCE) is None


def test_stopped_on_the_way_it_leaves_the_rest_as_it_was(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "STEP", 1)
    filled(sqlite_database, 3, 6)
    answers = iter([False, True, True, True])
    refresh_all(sqlite_database, CLI, utcnow(), stop=lambda: next(answers, True))
    with sqlite_database.reading() as session:
        values = table(session).values()
    assert 0.001 in values and any(value != 0.001 for value in values)
