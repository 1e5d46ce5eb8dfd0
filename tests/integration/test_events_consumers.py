"""Inner consumers: effect and cursor together or not at all, one process at a time, a bad event held apart."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from registry.catalogue.models import Meta
from registry.db import Database, utcnow
from registry.events import consumers, dead_letters
from registry.events.consumers import CONSUMER, WAITS, Consumer, Happening, LeaseLost
from registry.events.consuming import take_turn
from registry.events.outbox import Change, emit
from registry.events.sequencer import sequence

NAME = "tally"


class Tally:
    """A consumer that counts, per need, what it saw: in a row of the database, so that a rollback takes it back."""

    def __init__(self) -> None:
        self.poison: set[int] = set()
        self.batches: list[int] = []
        self.consumer = Consumer(frozenset({"need"}), self.look, self.act, "Counts.")

    def look(self, _session: Session, happenings: Sequence[Happening]) -> list[int]:
        self.batches.append(len(happenings))
        return [happening.record_id for happening in happenings]

    def act(self, session: Session, found: list[int]) -> None:
        for record_id in found:
            row = session.get(Meta, f"tally:{record_id}") or Meta(key=f"tally:{record_id}", value="0")
            row.value = str(int(row.value) + 1)
            session.add(row)
        session.flush()
        if self.poison & set(found):
            raise ZeroDivisionError(f"poison {min(self.poison & set(found))}")


@pytest.fixture
def tally(database: Database) -> Tally:
    with database.transaction() as session:
        consumers.ensure(session, [NAME], utcnow())
        consumers.ensure(session, [NAME], utcnow())  # a second scheduler starts
    return Tally()


def happen(database: Database, *records: int, kind: str = "need") -> None:
    with database.transaction() as session:
        emit(session, *[Change(f"{kind}.updated", kind, record, 1, {"title": f"{record}"}) for record in records])
    sequence(database)


def counted(database: Database) -> dict[int, int]:
    with database.reading() as session:
        rows = session.execute(select(Meta).where(Meta.key.like("tally:%"))).scalars()  # type: ignore[attr-defined]
        return {int(row.key.removeprefix("tally:")): int(row.value) for row in rows}


def standing(database: Database) -> dead_letters.Standing:
    with database.reading() as session:
        return dead_letters.standings(session)[0]


def turn(database: Database, tally: Tally, owner: str = "one") -> int:
    return take_turn(database, NAME, tally.consumer, owner)


def let_time_pass(database: Database) -> None:
    """As if the wait after a failure were over."""
    with database.transaction() as session:
        session.execute(update(CONSUMER).values(next_at=utcnow() - timedelta(seconds=1)))


def test_each_event_has_its_effect_once_and_other_kinds_are_passed_over(database: Database, tally: Tally) -> None:
    happen(database, 1, 2, 3)
    happen(database, 9, kind="offer")
    assert turn(database, tally) == 3
    assert counted(database) == {1: 1, 2: 1, 3: 1}
    assert (standing(database).position, standing(database).lag) == (4, 0)
    assert turn(database, tally) == 0
    happen(database, 1)
    assert turn(database, tally) == 1
    assert counted(database) == {1: 2, 2: 1, 3: 1}


def test_more_events_than_a_batch_come_in_order(
    database: Database, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "BATCH", 4)
    happen(database, *range(1, 11))
    assert turn(database, tally) == 10
    assert tally.batches == [4, 4, 2]
    assert counted(database) == dict.fromkeys(range(1, 11), 1)


def test_an_error_between_effect_and_cursor_changes_neither(database: Database, tally: Tally) -> None:
    happen(database, 1)
    tally.poison = {1}
    assert turn(database, tally) == 0
    assert counted(database) == {}
    found = standing(database)
    assert (found.position, found.failures, found.last_error) == (0, 1, "ZeroDivisionError: poison 1")
    assert turn(database, tally) == 0 and len(tally.batches) == 1, "it waits before the next try"
    tally.poison = set()
    let_time_pass(database)
    assert turn(database, tally) == 1
    assert counted(database) == {1: 1}
    assert (standing(database).failures, standing(database).next_at) == (0, None)


def test_a_bad_event_is_tried_again_then_set_aside_and_holds_up_no_other(database: Database, tally: Tally) -> None:
    happen(database, 1, 2, 13, 4)
    tally.poison = {13}
    assert turn(database, tally) == 0
    assert counted(database) == {1: 1, 2: 1}, "those before it had their effect"
    waits = []
    for _ in WAITS:
        found = standing(database)
        assert found.next_at and found.failed_at
        waits.append((found.next_at - found.failed_at).total_seconds())
        assert not found.dead_letters
        let_time_pass(database)
        turn(database, tally)
    assert waits == pytest.approx(list(WAITS))
    assert counted(database) == {1: 1, 2: 1, 4: 1}
    found = standing(database)
    assert (found.lag, found.failures, found.dead_letters) == (0, 0, 1)
    with database.reading() as session:
        letter = dead_letters.letters(session)[0]
    assert (letter.consumer, letter.event.record_id, letter.event.position) == (NAME, 13, 3)
    assert (letter.reason, letter.tries) == ("ZeroDivisionError: poison 13", len(WAITS) + 1)


@pytest.fixture
def letter(database: Database, tally: Tally, monkeypatch: pytest.MonkeyPatch) -> Iterator[dead_letters.Letter]:
    monkeypatch.setattr("registry.events.consuming.WAITS", ())
    happen(database, 13)
    tally.poison = {13}
    turn(database, tally)
    with database.reading() as session:
        yield dead_letters.letters(session)[0]


def test_a_dead_letter_is_tried_again_when_somebody_asks(
    database: Database, tally: Tally, letter: dead_letters.Letter
) -> None:
    assert turn(database, tally) == 0, "not by itself"
    with database.transaction() as session:
        dead_letters.ask_again(session, [letter], utcnow())
    assert turn(database, tally) == 0
    with database.reading() as session:
        again = dead_letters.letters(session)[0]
    assert (again.id, again.tries, again.retry_at) == (letter.id, 2, None)
    assert counted(database) == {}
    tally.poison = set()
    with database.transaction() as session:
        dead_letters.ask_again(session, dead_letters.letters(session), utcnow())
    assert turn(database, tally) == 1
    assert counted(database) == {13: 1}
    assert standing(database).dead_letters == 0


def test_a_dead_letter_outlives_the_feeds_memory(database: Database, tally: Tally, letter: dead_letters.Letter) -> None:
    happen(database, 14)
    with database.transaction() as session:
        session.execute(consumers.EVENT.delete().where(consumers.EVENT.c.position == letter.event.position))
        dead_letters.ask_again(session, [letter], utcnow())
    tally.poison = set()
    assert turn(database, tally) == 2
    assert counted(database) == {13: 1, 14: 1}


def test_two_processes_never_take_the_same_event(database: Database, tally: Tally) -> None:
    happen(database, *range(1, 41))
    start = threading.Barrier(4)

    def run(number: int) -> int:
        start.wait()
        return sum(turn(database, tally, f"owner {number}") for _ in range(3))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 40
    assert counted(database) == dict.fromkeys(range(1, 41), 1)


def test_who_lost_the_lease_moves_nothing(database: Database, tally: Tally) -> None:
    happen(database, 1, 2)
    with database.transaction() as session:
        slow = consumers.claim(session, NAME, "slow", utcnow())
        assert slow and consumers.claim(session, NAME, "other", utcnow()) is None
    assert turn(database, tally) == 0, "the lease keeps others out"
    with database.transaction() as session:  # it slept too long
        session.execute(update(CONSUMER).values(lease_until=utcnow() - timedelta(seconds=1)))
    assert turn(database, tally) == 2
    with pytest.raises(LeaseLost), database.transaction() as session:
        consumers.advance(session, slow, 1, utcnow())
        tally.consumer.act(session, [1])
    assert counted(database) == {1: 1, 2: 1}
    assert standing(database).position == 2


def test_the_lease_is_lost_in_the_middle_and_the_effect_is_taken_back(database: Database, tally: Tally) -> None:
    happen(database, 1)
    look = tally.look

    def slow_look(session: Session, happenings: Sequence[Happening]) -> Any:
        found = look(session, happenings)
        with database.transaction() as other:
            other.execute(update(CONSUMER).values(fence=CONSUMER.c.fence + 1))  # somebody else claimed it
        return found

    slow = Consumer(frozenset({"need"}), slow_look, tally.act, "Slow.")
    assert take_turn(database, NAME, slow, "slow") == 0
    assert counted(database) == {}
    assert standing(database).failures == 0


def test_looking_cannot_write(database: Database, tally: Tally) -> None:
    happen(database, 1)

    def write(session: Session, _happenings: Sequence[Happening]) -> None:
        session.add(Meta(key="x", value="y"))
        session.flush()

    take_turn(database, NAME, Consumer(frozenset({"need"}), write, tally.act, "Writes."), "one")
    assert standing(database).failures == 1


def test_events_not_yet_consumed_are_kept(database: Database, tally: Tally) -> None:
    happen(database, 1, 2)
    with database.reading() as session:
        assert consumers.held_position(session, [NAME]) == 0
    turn(database, tally)
    with database.reading() as session:
        assert consumers.held_position(session, [NAME]) == 2
        assert consumers.held_position(session, ["unknown"]) is None
