"""Due work under leases: each due row goes to one claimer, a lost lease cannot be settled, nothing is lost."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from registry.db import Database
from registry.sync.models import Schedule
from registry.worker import schedule
from registry.worker.schedule import DONE, LATER, Claim, Outcome, Patience
from registry.worker.tasks import WITH_PARTNERS

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TASKS = ("a", "b", "feed.sync")
FAILED = Outcome(failed=True, error="no such luck")


def add(database: Database, task: str, key: str = "", every: int | None = 60, due: datetime = NOW) -> None:
    with database.transaction() as session:
        session.add(Schedule(task=task, key=key, every_seconds=every, next_at=due))


def claim(database: Database, now: datetime = NOW, limit: int = 100, owner: str = "me") -> list[Claim]:
    with database.transaction() as session:
        return schedule.claim_due(session, now, owner, limit, TASKS)


def settle(database: Database, claimed: Claim, now: datetime = NOW, outcome: Outcome = DONE, **options: Any) -> bool:
    with database.transaction() as session:
        return schedule.settle(session, claimed, now, outcome, **{"chance": 1.0, **options})


def rows(database: Database) -> list[Schedule]:
    with database.reading() as session:
        return list(session.execute(select(Schedule).order_by(Schedule.id)).scalars())


def test_what_is_due_is_claimed_once_and_comes_again_after_its_interval(database: Database) -> None:
    add(database, "a")
    add(database, "b", due=NOW + timedelta(seconds=1))
    (claimed,) = claim(database)
    assert claimed.task == "a" and claim(database) == []
    assert settle(database, claimed, NOW + timedelta(seconds=5))
    later = [c.task for c in claim(database, NOW + timedelta(seconds=64))]
    assert later == ["b"]
    assert [c.task for c in claim(database, NOW + timedelta(seconds=65))] == ["a"]


def test_the_longest_due_come_first_and_no_more_than_asked_for(database: Database) -> None:
    for number in range(5):
        add(database, "a", str(number), due=NOW - timedelta(minutes=number))
    assert [c.key for c in claim(database, limit=2)] == ["4", "3"]


def test_other_tasks_are_left_to_others(database: Database) -> None:
    add(database, "unknown")
    assert claim(database) == []
    with database.reading() as session:
        assert not schedule.is_due(session, NOW, TASKS) and schedule.is_due(session, NOW, ["unknown"])


def test_many_claimers_at_once_get_each_due_row_exactly_once(database: Database) -> None:
    for number in range(60):
        add(database, "feed.sync", str(number))
    got: Counter[str] = Counter()
    lock, barrier = threading.Lock(), threading.Barrier(6)

    def claimer(name: str) -> None:
        barrier.wait()
        while claims := claim(database, limit=3, owner=name):
            with lock:
                got.update(c.key for c in claims)

    threads = [threading.Thread(target=claimer, args=(f"worker-{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # A claimer may find nothing while others hold the rest, so all are asked for once more at the end.
    got.update(c.key for c in claim(database))
    assert len(got) == 60 and set(got.values()) == {1}


def test_a_dead_workers_row_is_claimed_again_after_its_lease_and_the_dead_cannot_settle_it(database: Database) -> None:
    add(database, "a")
    (first,) = claim(database, owner="dead")
    assert claim(database, NOW + timedelta(seconds=59)) == []
    (second,) = claim(database, NOW + timedelta(seconds=60), owner="alive")
    assert second.fence == first.fence + 1
    assert not settle(database, first)
    assert rows(database)[0].lease_owner == "alive"
    assert settle(database, second, NOW + timedelta(seconds=61))


def test_a_renewed_lease_lasts_and_a_lost_one_is_not_renewed(database: Database) -> None:
    add(database, "a")
    (first,) = claim(database)
    with database.transaction() as session:
        schedule.renew(session, [first], NOW + timedelta(seconds=50))
    assert claim(database, NOW + timedelta(seconds=100)) == []
    (second,) = claim(database, NOW + timedelta(seconds=111))
    with database.transaction() as session:
        schedule.renew(session, [first], NOW + timedelta(seconds=500))
    assert claim(database, NOW + timedelta(seconds=172)) != [], second


def test_what_was_missed_while_nothing_ran_is_made_up_for_once(database: Database) -> None:
    add(database, "a", due=NOW - timedelta(days=3))
    (claimed,) = claim(database)
    settle(database, claimed)
    assert claim(database) == [] and rows(database)[0].next_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(("failures", "seconds"), [(0, 30), (1, 60), (3, 240), (50, 3600)])
def test_after_a_failure_it_comes_again_sooner_at_first_and_ever_later(
    database: Database, failures: int, seconds: int
) -> None:
    add(database, "a", every=86_400)
    with database.transaction() as session:
        session.execute(update(Schedule).values(failures=failures))
    (claimed,) = claim(database)
    settle(database, claimed, outcome=FAILED)
    (row,) = rows(database)
    assert row.next_at == NOW + timedelta(seconds=seconds) and row.failures == failures + 1
    (again,) = claim(database, row.next_at)
    settle(database, again, row.next_at)
    assert rows(database)[0].failures == 0


def test_a_failure_of_frequent_work_does_not_slow_it_down(database: Database) -> None:
    add(database, "a", every=2)
    (claimed,) = claim(database)
    settle(database, claimed, outcome=FAILED)
    assert rows(database)[0].next_at == NOW + timedelta(seconds=2)


def test_work_with_partners_backs_off_beyond_its_usual_interval(database: Database) -> None:
    add(database, "a", every=300)
    with database.transaction() as session:
        session.execute(update(Schedule).values(failures=20))
    (claimed,) = claim(database)
    settle(database, claimed, outcome=FAILED, patience=Patience(longest_seconds=21_600, beyond_usual=True))
    assert rows(database)[0].next_at == NOW + timedelta(hours=6)


def test_a_server_that_asks_for_patience_gets_it(database: Database) -> None:
    add(database, "a", every=300)
    (claimed,) = claim(database)
    settle(database, claimed, outcome=Outcome(failed=True, retry_after=900))
    assert rows(database)[0].next_at == NOW + timedelta(seconds=900)


def test_work_that_somebody_else_is_at_comes_again_and_has_not_failed(database: Database) -> None:
    add(database, "a", every=None)
    (claimed,) = claim(database)
    settle(database, claimed, outcome=LATER)
    (row,) = rows(database)
    assert row.failures == 0 and row.next_at == NOW + timedelta(seconds=30) and row.lease_owner is None


@pytest.mark.parametrize("every", [60, None])
def test_a_time_that_was_set_while_the_row_was_claimed_is_kept(database: Database, every: int | None) -> None:
    add(database, "a", every=every, due=NOW - timedelta(seconds=5))
    (claimed,) = claim(database)
    with database.transaction() as session:
        session.execute(update(Schedule).values(next_at=NOW))
    assert settle(database, claimed, NOW + timedelta(seconds=1))
    (again,) = claim(database, NOW + timedelta(seconds=1))
    assert settle(database, again, NOW + timedelta(seconds=2))
    assert claim(database, NOW + timedelta(seconds=3)) == []


def test_feeds_that_began_together_do_not_stay_together(database: Database) -> None:
    for number in range(40):
        add(database, "feed.sync", str(number), every=600)
    for claimed in claim(database):
        settle(database, claimed, patience=WITH_PARTNERS, chance=None)
    found = [(row.next_at - NOW).total_seconds() for row in rows(database)]
    assert 570 <= min(found) < max(found) <= 630 and len({int(seconds) for seconds in found}) > 10


def test_one_off_work_goes_when_it_is_done_and_stays_when_it_failed(database: Database) -> None:
    add(database, "a", every=None)
    (claimed,) = claim(database)
    settle(database, claimed, outcome=FAILED)
    assert len(rows(database)) == 1
    (again,) = claim(database, NOW + timedelta(hours=1))
    settle(database, again)
    assert rows(database) == []


def test_the_registrys_own_tasks_are_put_on_the_schedule_once_and_follow_their_interval(database: Database) -> None:
    for _ in range(2):
        with database.transaction() as session:
            schedule.ensure(session, {"a": 2, "b": 3600}, NOW)
    assert [(row.task, row.every_seconds) for row in rows(database)] == [("a", 2), ("b", 3600)]
    with database.transaction() as session:
        schedule.ensure(session, {"a": 5}, NOW)
    assert [(row.task, row.every_seconds) for row in rows(database)] == [("a", 5)], "what is no longer needed goes"
