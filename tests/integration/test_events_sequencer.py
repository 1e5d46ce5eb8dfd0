"""The sequencer under concurrent writers and aborts: a reader by position misses nothing and repeats nothing."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import false, select

from registry.catalogue import identity
from registry.catalogue.models import Organisation
from registry.db import Database, touch, utcnow
from registry.errors import InvalidInput
from registry.events import feed
from registry.events.outbox import Change, emit, emit_all
from registry.events.sequencer import EVENT, last_position, sequence, sequence_batch, unsequenced
from registry.schemas import encode_opaque

WRITERS, ROUNDS = 8, 15
PUBLIC = feed.Reader(EVENT.c.visibility == "public", false(), "public")


def change(record: int, version: int, **more: object) -> Change:
    return Change("need.updated", "need", record, version, {"title": f"Need {record}"}, **more)  # type: ignore[arg-type]


def read(database: Database, after: str | None, limit: int = 1000) -> feed.Changes:
    with database.reading() as session:
        return feed.read_changes(session, feed.EVERYTHING, after, limit, epoch=identity.epoch(session))


def versions(page: feed.Changes) -> list[int]:
    return [row.record_version for row in page.rows]


def rows(database: Database) -> list[tuple[int, int, int]]:
    """(position, record, version) in the order of positions."""
    columns = (EVENT.c.position, EVENT.c.record_id, EVENT.c.record_version)
    with database.reading() as session:
        return [(p, r, v) for p, r, v in session.execute(select(*columns).order_by(EVENT.c.position))]


def test_concurrent_writers_and_aborts_leave_no_gap_and_a_reader_misses_nothing(database: Database) -> None:
    written: set[tuple[int, int]] = set()
    writing = threading.Event()
    lock = threading.Lock()

    def write(writer: int) -> None:
        chance = random.Random(writer)
        for version in range(1, ROUNDS + 1):
            try:
                with database.transaction() as session:
                    emit(session, change(writer, version))
                    if not database.is_sqlite:
                        time.sleep(chance.random() / 200)  # so that ids commit in another order than they were taken
                    if chance.random() < 0.25:
                        raise ZeroDivisionError
                with lock:
                    written.add((writer, version))
            except ZeroDivisionError:
                continue

    def run_sequencer() -> int:
        total = 0
        while not writing.is_set():
            total += sequence(database)
            time.sleep(0.002)
        return total + sequence(database)

    def follow() -> list[tuple[int, int, int]]:
        seen, cursor, last_round = [], None, False
        while True:
            page = read(database, cursor, limit=7)
            cursor = page.next
            seen += [(row.record_id, row.record_version, row.position) for row in page.rows]
            if not page.has_more:
                if last_round:
                    return seen
                last_round = done.is_set()
                time.sleep(0.001)

    done = threading.Event()
    with ThreadPoolExecutor(WRITERS + 3) as pool:
        reader = pool.submit(follow)
        sequencers = [pool.submit(run_sequencer) for _ in range(2)]
        for future in [pool.submit(write, n) for n in range(1, WRITERS + 1)]:
            future.result()
        writing.set()
        sequenced = sum(s.result() for s in sequencers)
        done.set()
        seen = reader.result()

    assert 0 < len(written) < WRITERS * ROUNDS, "some were written and some were given up"
    assert [(record, version) for record, version, _ in seen].count((1, 1)) <= 1
    assert {(record, version) for record, version, _ in seen} == written and len(seen) == len(written) == sequenced
    assert [p for _, _, p in seen] == list(range(1, len(written) + 1)), "dense, in order"
    for record in range(1, WRITERS + 1):
        versions = [v for r, v, _ in seen if r == record]
        assert versions == sorted(versions), "each record's events keep their order"


def test_what_commits_late_comes_later_whatever_its_id(database: Database) -> None:
    with database.transaction() as late:
        if not database.is_sqlite:  # there one writes at a time, and ids commit in order by nature
            emit(late, change(1, 1))
            with database.transaction() as session:
                emit(session, change(2, 1))
            assert sequence(database) == 1
        else:
            emit(late, change(2, 1))
            emit(late, change(1, 1))
    sequence(database)
    assert rows(database) == [(1, 2, 1), (2, 1, 1)]


def test_writers_of_one_record_leave_its_events_in_order(database: Database) -> None:
    with database.transaction() as session:
        session.add(Organisation(name="shared"))

    def write(_: int) -> None:
        for _round in range(8):
            with database.transaction() as session:
                record = session.execute(select(Organisation).with_for_update()).scalar_one()
                touch(record, None, utcnow())
                emit(session, change(1, record.version))
            sequence(database)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    sequence(database)
    assert rows(database) == [(n, 1, n + 1) for n in range(1, 33)]


def test_events_are_read_once_they_have_a_position(database: Database) -> None:
    with database.transaction() as session:
        emit(session, change(1, 1))
    sequence(database)
    before = read(database, None)
    with database.transaction() as session:
        emit_all(session, [change(2, n) for n in range(1, 4)])
    assert read(database, before.next).rows == []
    with database.reading() as session:
        assert unsequenced(session)
    assert sequence(database) == 3 and sequence(database) == 0
    assert versions(read(database, before.next)) == [1, 2, 3]


def test_many_events_are_sequenced_in_several_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.events.sequencer.BATCH", 10)
    with database.transaction() as session:
        emit_all(session, [change(1, n) for n in range(1, 26)])
    assert sequence(database) == 25
    assert [(p, v) for p, _, v in rows(database)] == [(n, n) for n in range(1, 26)]


def test_paging_over_what_one_may_not_see_goes_on_behind_it(database: Database) -> None:
    with database.transaction() as session:
        emit_all(session, [change(n, 1, visibility="private" if n % 3 else "public") for n in range(1, 11)])
    sequence(database)
    seen, cursor = [], None
    with database.reading() as session:
        while True:
            page = feed.read_changes(session, PUBLIC, cursor, 2, epoch=identity.epoch(session))
            seen += [row.record_id for row in page.rows]
            cursor = page.next
            if not page.has_more:
                break
        assert seen == [3, 6, 9]
        assert feed.decode_cursor(cursor, identity.epoch(session), "public") == 10, "what is hidden is not read again"


def test_a_cursor_leads_nowhere_once_what_it_points_to_is_pruned(database: Database) -> None:
    old = utcnow() - timedelta(days=400)
    with database.transaction() as session:
        emit_all(session, [change(1, n) for n in range(1, 6)], at=old)
        emit_all(session, [change(2, n) for n in range(1, 4)])
    sequence(database)
    start, third, fifth = read(database, None, 1), read(database, None, 3), read(database, None, 5)
    empty = read(database, feed.NOW)
    with database.transaction() as session:
        assert feed.prune_events(session, utcnow() - timedelta(days=100)) == 5
        assert feed.prune_events(session, utcnow() - timedelta(days=100)) == 0
    for expired in (start.next, third.next):
        with pytest.raises(feed.Expired):
            read(database, expired)
    assert versions(read(database, fifth.next)) == [1, 2, 3]
    assert versions(read(database, None)) == [1, 2, 3], "without cursor: the oldest kept"
    assert read(database, empty.next).rows == []


def test_positions_go_on_where_they_were_however_much_is_pruned(database: Database) -> None:
    with database.transaction() as session:
        emit_all(session, [change(1, n) for n in range(1, 4)])
    sequence(database)
    with database.transaction() as session:
        assert feed.prune_events(session, utcnow() + timedelta(days=1)) == 2, "the newest stays"
    with database.transaction() as session:
        emit(session, change(1, 4))
    sequence(database)
    assert [p for p, *_ in rows(database)] == [3, 4]


def test_another_epochs_cursor_and_one_from_the_future_lead_nowhere(database: Database) -> None:
    with database.transaction() as session:
        emit(session, change(1, 1))
        epoch = identity.epoch(session)
    sequence(database)
    mine = feed.EVERYTHING.audience
    for cursor in (
        feed.encode_cursor("another", mine, 1),
        feed.encode_cursor(epoch, mine, 2),
        feed.encode_cursor(epoch, "public", 1),
    ):
        with pytest.raises(feed.Expired):
            read(database, cursor)
    for garbage in ("x", encode_opaque([epoch]), encode_opaque([epoch, mine, "1"]), encode_opaque([epoch, mine, -1]),
                    encode_opaque([epoch, mine, True]), encode_opaque([epoch, 1]), encode_opaque([epoch, mine, 1, 1]),
                    encode_opaque([epoch, mine, 2**63])):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            read(database, garbage)
        assert list(caught.value.fields) == ["after"]


def test_a_followers_first_look_can_start_now(database: Database) -> None:
    with database.transaction() as session:
        emit(session, change(1, 1))
    sequence(database)
    now = read(database, feed.NOW)
    assert now.rows == [] and not now.has_more
    with database.transaction() as session:
        emit(session, change(1, 2))
        assert last_position(session) == 1
    sequence(database)
    assert versions(read(database, now.next)) == [2]


def test_a_sequencer_leaves_the_work_to_one_already_at_it(database: Database) -> None:
    with database.transaction() as session:
        emit_all(session, [change(1, 1), change(1, 2)])
    at_work, go_on = threading.Event(), threading.Event()

    def first() -> int:
        with database.transaction() as session:
            count = sequence_batch(session, 10)
            at_work.set()
            go_on.wait(5)
        return count

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        at_work.wait(5)
        two = pool.submit(sequence, database)
        if not database.is_sqlite:  # there the second waits for the write lock instead, and then finds nothing to do
            assert two.result(5) == 0
        go_on.set()
        assert (one.result(), two.result()) == (2, 0)
    assert [p for p, *_ in rows(database)] == [1, 2]
