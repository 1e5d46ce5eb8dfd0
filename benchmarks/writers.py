"""Many who write at once, some giving up, and a sequencer that is killed: a reader of the change feed misses nothing."""

import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from benchmarks.workers import until
from registry import migrate
from registry.catalogue import identity
from registry.db import Database
from registry.events import feed
from registry.events.outbox import Change, emit
from registry.events.sequencer import catch_up, unsequenced

WRITERS, ROUNDS = 8, 1_000
KILLS = 30
ABORTED = 0.25
SEQUENCE = """
import sys, time
from registry.db import Database
from registry.events.sequencer import sequence
database = Database(sys.argv[1])
while True:
    sequence(database)
    time.sleep(0.001)
"""
Written = set[tuple[int, int]]
Read = list[tuple[str, int, int]]


def many_writers(database: Database) -> tuple[str, bool]:
    """Eight writers, a quarter of whose transactions is rolled back; a sequencer killed again and again; one reader."""
    migrate.upgrade(database)
    written: Written = set()
    done = threading.Event()
    with ThreadPoolExecutor(WRITERS + 2) as pool:
        reader = pool.submit(_follow, database, done)
        killer = pool.submit(_kill_sequencers, database.url, done)
        for part in pool.map(lambda writer: _write(database, writer), range(WRITERS)):
            written |= part
        done.set()
        read, kills = reader.result(300), killer.result(300)
    aborted = WRITERS * ROUNDS - len(written)
    missed = written - {(record, version) for _, record, version in read}
    twice = len(read) - len({uid for uid, _, _ in read})
    invented = {(record, version) for _, record, version in read} - written
    orders: dict[int, list[int]] = defaultdict(list)
    for _, record, version in read:
        orders[record].append(version)
    mixed = [record for record, versions in orders.items() if versions != sorted(versions)]
    result = f"{len(written)} events, {aborted} aborts, {kills} kills; {len(missed)} missed, {twice} twice, {len(mixed)} mixed"
    return result, not missed and not twice and not invented and not mixed


def _write(database: Database, writer: int) -> Written:
    chance = random.Random(writer)
    written: Written = set()
    for version in range(1, ROUNDS + 1):
        aborts = chance.random() < ABORTED
        with database.transaction() as session:
            emit(session, Change("need.updated", "need", writer + 1, version, {"title": f"Need {writer}"}))
            if not database.is_sqlite:
                time.sleep(chance.random() / 20)  # ids are taken in one order and committed in another
            if aborts:
                session.rollback()
        if not aborts:
            written.add((writer + 1, version))
        if database.is_sqlite:
            time.sleep(chance.random() / 20)  # one writes at a time: the others get their turn
    return written


def _follow(database: Database, done: threading.Event) -> Read:
    """Page on and on, as a partner does."""
    read: Read = []
    cursor: str | None = None
    while True:
        last = done.is_set()
        if last:
            until(lambda: _all_sequenced(database), 60)
        while True:
            with database.reading() as session:
                page = feed.read_changes(session, feed.EVERYTHING, cursor, 50, epoch=identity.epoch(session))
            read += [(row.uid, row.record_id, row.record_version) for row in page.rows]
            cursor = page.next
            if not page.has_more:
                break
        if last:
            return read
        time.sleep(0.005)


def _all_sequenced(database: Database) -> bool:
    catch_up(database)  # gives way to a sequencer that was killed, until its connection is gone
    with database.reading() as session:
        return not unsequenced(session)


def _kill_sequencers(url: str, done: threading.Event) -> int:
    chance, kills = random.Random(3), 0
    while kills < KILLS and not done.is_set():
        process = subprocess.Popen([sys.executable, "-c", SEQUENCE, url], stderr=subprocess.DEVNULL)
        done.wait(0.7 + chance.random() / 2)  # it takes half a second to begin
        process.kill()
        process.wait(30)
        kills += 1
    return kills
