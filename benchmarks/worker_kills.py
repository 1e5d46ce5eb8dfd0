"""kill -9 of what works in the background, while feeds are synchronised and events delivered: nothing is lost."""

import random
import re
import time
from collections import defaultdict
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.receivers import Receivers
from benchmarks.slow_source import Source, slow_source
from benchmarks.workers import ask, make_feeds, start, stop, until
from registry import migrate
from registry.catalogue.models import Programme
from registry.db import Database
from registry.events.models import Event
from registry.settings import EMBEDDED, PROCRASTINATE, Settings
from registry.sync import timetable
from registry.sync.models import Run, Schedule
from registry.webhooks.models import WAITING, Delivery
from registry.worker import ticket_tables, tickets
from tests.support.webhooks import subscribe

KILLS = 20
FEEDS = 30
AT_ONCE = 2
RECOVERY = 400
"""Seconds in which all leases have ended and all is done"""
EDITION = re.compile(r"arms (\d+), edition (\d+)$")


def kill_workers(database: Database, folder: Path) -> tuple[str, bool]:
    """What was done, and whether every wish was fulfilled, every event told, in order, and no feed asked twice at once."""
    migrate.upgrade(database)
    if not database.is_sqlite:
        ticket_tables.upgrade(database)
        database.tell = tickets.issue
    chance = random.Random(11)
    with slow_source(news=True) as source, Receivers(1, 0) as receivers:
        ports = [f"127.0.0.1:{source.port}", receivers.healthy[0].removeprefix("http://").strip("/")]
        settings = Settings(
            data_dir=folder, secret_key="experiment-secret-0001", outbound_allow=",".join(ports), host_gap_ms=0,
            background=EMBEDDED if database.is_sqlite else PROCRASTINATE,
        )  # fmt: skip
        subscribe(database, settings, receivers.healthy[0])
        known = make_feeds(database, source.port, FEEDS)
        processes = [start(database, settings) for _ in range(AT_ONCE)]
        try:
            for _ in range(KILLS):
                ask(database, known)
                _ran_on(database, chance.uniform(0.0, 2.0))
                victim = processes.pop(0)
                victim.kill()
                victim.wait(30)
                processes.append(start(database, settings))
            ask(database, known)
            until(lambda: _settled(database), RECOVERY)
        finally:
            for process in processes:
                stop(process)
        received = [uid for _, uid, _ in receivers.received()]
        holds = _all_told(database, received) and _in_order(database) and _is_newest(database, source)
    with database.reading() as session:
        resumed = session.execute(select(func.sum(Run.fence - 1))).scalar_one()
        count = session.execute(select(func.count()).select_from(Run)).scalar_one()
    told = f"{len(set(received))} events, {len(received) - len(set(received))} of them twice"
    return f"{KILLS} kills in {count} runs ({resumed} resumed); {told}", holds


def _ran_on(database: Database, seconds: float) -> None:
    """So long behind the beginning of the next run: some die early in it, some late, some idle."""
    before = _begun(database)
    until(lambda: _begun(database) != before, RECOVERY)
    time.sleep(seconds)


def _begun(database: Database) -> tuple[int, int]:
    """Runs, and how often one was begun or taken over."""
    with database.reading() as session:
        return tuple(session.execute(select(func.count(), func.sum(Run.fence)).select_from(Run)).one())


def _settled(database: Database) -> bool:
    with database.reading() as session:
        asked = session.scalars(select(Schedule.key).where(Schedule.task == timetable.SYNC_NOW)).all()
        going = session.scalars(select(Run.id).where(Run.status == "running")).all()
        unsequenced = session.scalars(select(Event.id).where(Event.position.is_(None))).first()  # type: ignore[union-attr]
        waiting = session.scalars(select(Delivery.id).where(Delivery.status == WAITING)).first()
        told = session.execute(select(func.count()).select_from(Delivery)).scalar_one()
        happened = session.execute(select(func.count()).select_from(Event)).scalar_one()
    return not (asked or going or unsequenced or waiting) and told == happened


def _all_told(database: Database, received: list[str]) -> bool:
    with database.reading() as session:
        return set(session.scalars(select(Event.uid))) == set(received)


def _in_order(database: Database) -> bool:
    """Each version of each record has its one event, and later versions stand later."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    with database.reading() as session:
        statement = select(Event.kind, Event.record_id, Event.record_version).where(Event.kind == "programme")
        for kind, number, version in session.execute(statement.order_by(Event.position)):
            found[kind, number].append(version)
    return len(found) == FEEDS and all(versions == list(range(1, len(versions) + 1)) for versions in found.values())


def _is_newest(database: Database, source: Source) -> bool:
    """The catalogue says what the partner said last, and no feed was asked twice at once."""
    editions, overlaps = source.told()
    with database.reading() as session:
        titles = session.scalars(select(Programme.title)).all()
    stored = {found[1]: int(found[2]) for title in titles if (found := EDITION.search(title))}
    return stored == editions and not overlaps
