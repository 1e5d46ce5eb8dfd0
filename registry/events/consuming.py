"""One consumer's turn: claim it, take what happened batch by batch, let go.

A batch that fails is taken event by event, so that one bad event holds up no other for long: it is tried again a few
times, ever later, then set aside with its reason (a dead letter), and the cursor goes on.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from registry.db import Database, utcnow
from registry.events import consumers, dead_letters
from registry.events.consumers import WAITS, Claim, Consumer, Happening, LeaseLost

log = logging.getLogger(__name__)


def take_turn(
    database: Database,
    name: str,
    consumer: Consumer,
    owner: str,
    stop: threading.Event | None = None,
    pause_seconds: float = 0.0,
) -> int:
    """Consume all there is, and the dead letters somebody wants tried again. Returns how many events had their effect.

    0 also where another process is at it. `pause_seconds` between two batches, so that other writers get their turn.
    Raises what the database raises when it is away.
    """
    stop = stop or threading.Event()
    with database.reading() as session:
        if not consumers.has_work(session, name, utcnow()):
            return 0
    with database.transaction() as session:
        held = consumers.claim(session, name, owner, utcnow())
    if held is None:
        return 0
    try:
        return _work(database, consumer, held, stop, pause_seconds)
    except LeaseLost:
        log.warning("consumer %s: the lease was lost meanwhile", name)
        return 0


def _work(database: Database, consumer: Consumer, held: Claim, stop: threading.Event, pause: float) -> int:
    done = _try_letters(database, consumer, held)
    current: Claim | None = held
    while current is not None and not stop.is_set():
        with database.reading() as session:
            limit = 1 if current.failures else consumers.BATCH
            happenings, reached = consumers.read(session, consumer, current.position, limit)
        if reached == current.position:
            break
        before, current = current, _take(database, consumer, current, happenings, reached)
        done += sum(before.position < each.position <= current.position for each in happenings) if current else 0
        stop.wait(pause)
    if current is not None:
        with database.transaction() as session:
            consumers.release(session, current)
    return done


def _take(
    database: Database, consumer: Consumer, held: Claim, happenings: Sequence[Happening], reached: int
) -> Claim | None:
    """Let these events have their effect and move to `reached`. None: one of them failed and waits for its next try."""
    try:
        found = _look(database, consumer, happenings)
        with database.transaction() as session:
            consumers.advance(session, held, reached, utcnow())
            _act(session, consumer, found)
        return replace(held, position=reached, failures=0)
    except LeaseLost:
        raise
    except Exception as error:  # one event's trouble must not end the others; its reason is kept in the row
        if len(happenings) != 1:
            log.warning("consumer %s: a batch failed, its events are taken one by one: %s", held.name, error)
        else:
            log.exception("consumer %s: event %s failed", held.name, happenings[0].uid)
        said = consumers.words_of(error)
    if not happenings:
        raise RuntimeError(f"the cursor of {held.name} could not be moved: {said}")
    if len(happenings) == 1:
        return _fail(database, held, happenings[0], reached, said)
    for happening in happenings:
        still = _take(database, consumer, held, [happening], happening.position)
        if still is None:
            return None
        held = still
    return held


def _fail(database: Database, held: Claim, happening: Happening, reached: int, said: str) -> Claim | None:
    with database.transaction() as session:
        if held.failures < len(WAITS):
            consumers.postpone(session, held, said, utcnow())
            return None
        consumers.set_aside(session, held, happening, said, utcnow())
    log.error("consumer %s: event %s is set aside: %s", held.name, happening.uid, said)
    return replace(held, position=happening.position, failures=0)


def _look(database: Database, consumer: Consumer, happenings: Sequence[Happening]) -> object:
    if not happenings:
        return None
    with database.reading() as session:
        return consumer.look(session, happenings)


def _act(session: Session, consumer: Consumer, found: object) -> None:
    if found:
        consumer.act(session, found)


def _try_letters(database: Database, consumer: Consumer, held: Claim) -> int:
    """Try what was set aside once more, where somebody asked for it. Returns how many had their effect."""
    done = 0
    with database.reading() as session:
        asked = dead_letters.asked_for(session, held.name, utcnow())
    for letter_id, happening in asked:
        try:
            found = _look(database, consumer, [happening])
            with database.transaction() as session:
                consumers.hold(session, held, utcnow())
                _act(session, consumer, found)
                dead_letters.delivered(session, letter_id)
            done += 1
        except LeaseLost:
            raise
        except Exception as error:  # it stays set aside, with the newest reason
            log.exception("consumer %s: event %s failed again", held.name, happening.uid)
            with database.transaction() as session:
                consumers.hold(session, held, utcnow())
                dead_letters.failed_again(session, letter_id, consumers.words_of(error), utcnow())
    return done
