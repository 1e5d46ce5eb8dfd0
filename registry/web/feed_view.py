"""Reads feeds, runs and remote records for their pages, as far as the reader may see them."""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Page, Sort, keyset
from registry.errors import N_, NotFound
from registry.sync.models import OUTCOMES, Feed, FeedRecord, Run

F: Any = Feed
R: Any = Run
RECORD: Any = FeedRecord


def all_feeds(session: Session, actor: Actor) -> list[Feed]:
    """Feeds by name."""
    return list(session.scalars(select(Feed).where(policy.visible(actor, Feed)).order_by(F.name)))


def last_runs(session: Session, actor: Actor) -> dict[int, Run]:
    """Feed id → its latest run."""
    latest = select(func.max(R.id)).where(policy.visible(actor, Run)).group_by(R.feed_id)
    return {run.feed_id: run for run in session.scalars(select(Run).where(R.id.in_(latest)))}


def runs_of(session: Session, actor: Actor, feed_id: int, cursor: str | None) -> Page:
    """Runs of a feed, latest first."""
    statement = select(Run).where(R.feed_id == feed_id, policy.visible(actor, Run))
    return keyset(session, statement, Sort((R.id,), descending=True, name="runs"), cursor, 20)


def run_with_feed(session: Session, actor: Actor, run_id: int) -> tuple[Run, Feed]:
    """Raises NotFound where there is none that the actor may see."""
    found = session.execute(
        select(Run, Feed).join(Feed, F.id == R.feed_id).where(R.id == run_id, policy.visible(actor, Run))
    ).first()
    if found is None:
        raise NotFound(N_("There is no such run."))
    return found[0], found[1]


def outcome_counts(session: Session, actor: Actor, feed_id: int) -> dict[str, int]:
    """Outcome → how many remote records."""
    rows = session.execute(
        select(RECORD.outcome, func.count())
        .where(RECORD.feed_id == feed_id, policy.visible(actor, FeedRecord))
        .group_by(RECORD.outcome)
    )
    return {**dict.fromkeys(OUTCOMES, 0), **{row[0]: row[1] for row in rows}}


def records_of(session: Session, actor: Actor, feed_id: int, outcome: str, cursor: str | None) -> Page:
    """Remote records with one outcome, the latest changed first."""
    statement = select(FeedRecord).where(
        RECORD.feed_id == feed_id, RECORD.outcome == outcome, policy.visible(actor, FeedRecord)
    )
    return keyset(session, statement, Sort((RECORD.id,), descending=True, name="records"), cursor, 50)
