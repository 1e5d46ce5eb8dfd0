"""The daily work on matches: what a need's waiting adds reaches the stored scores, and nothing else moves."""

import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from registry.accounts.models import AuditEntry
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.matching.forms import NEED
from registry.matching.refresh import MATCH
from registry.settings import Settings
from registry.worker.tasks import TASKS
from tests.support.matching import open_need, open_offer, organisation


def rows(database: Database, what: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(what).all())


def test_waiting_reaches_the_stored_scores_once_a_day(database: Database, settings: Settings) -> None:
    with database.transaction() as session:
        waits, fresh = open_need(session), open_need(session)
        for _ in range(2):
            open_offer(session, organisation(session))
        waiting, other = waits.id or 0, fresh.id or 0
    task = TASKS["matching.refresh"]
    assert task.every_seconds == 24 * 3600

    def daily() -> None:
        task.work(database, settings, "", threading.Event())

    scores = select(MATCH.c.id, MATCH.c.need_id, MATCH.c.score, MATCH.c.computed_at).order_by(MATCH.c.id)
    before = rows(database, scores)
    daily()
    assert rows(database, scores) == before, "nothing has changed since, so nothing is written"
    with database.transaction() as session:
        old = utcnow() - timedelta(days=300)
        session.execute(update(NEED).where(NEED.c.id == waiting).values(opened_at=old))
    events = rows(database, select(func.count()).select_from(Event))[0][0]
    daily()
    after = rows(database, scores)
    assert [row for row in after if row.need_id == other] == [row for row in before if row.need_id == other]
    grown = [(b.score, a.score) for b, a in zip(before, after, strict=True) if a.need_id == waiting]
    assert len(grown) == 2 and all(now > then for then, now in grown)
    told = rows(database, select(Event.type, Event.kind).order_by(Event.id).offset(events))
    assert sorted(told) == [("match.refreshed", "need"), ("match.refreshed", "offer"), ("match.refreshed", "offer")]
    with database.reading() as session:
        acts = session.execute(select(AuditEntry.actor).where(AuditEntry.action == "match.refresh_all"))
        assert set(acts.scalars()) == {"scheduler"}
