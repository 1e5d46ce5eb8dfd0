"""Feeds, runs and remote records as lists show them: Core rows, paged by keyset, only what the actor may see."""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset
from registry.errors import N_, NotFound
from registry.sync import holds, records, timetable
from registry.sync.feeds import get_feed
from registry.sync.models import Feed, FeedRecord, Hold, Run
from registry.sync.timetable import Outlook

FEED: Any = Feed
R: Any = Run
RECORD: Any = FeedRecord
FEED_FIELDS = (
    "id", "name", "adapter", "config", "url", "organisation_id", "priority", "scope", "every_minutes", "enabled",
    "full_fetch_at", "version", "created_at", "updated_at",
)  # fmt: skip
RUN_FIELDS = (
    "id", "feed_id", "trigger", "status", "stage", "reason_code", "reason", "started_at", "heartbeat_at", "finished_at",
    "bytes", "records", "created", "updated", "unchanged", "ignored", "quarantined", "archived", "revived",
    "cancel_requested", "http_status",
)  # fmt: skip
RECORD_FIELDS = (
    "id", "feed_id", "remote_id", "outcome", "programme_id", "listed_id", "title", "reason_code", "reason", "line",
    "fragment", "run_id", "missing_since", "missing_snapshots", "verdict",
)  # fmt: skip
HOLD_FIELDS = (
    "id", "feed_id", "run_id", "status", "missing", "live", "version", "begun_at", "changed_at", "decided_at",
    "decided_by", "reason",
)  # fmt: skip
Row = dict[str, Any]
H: Any = Hold
NEWEST_HOLD = Sort((H.id,), descending=True, name="newest")
NEWEST, OLDEST = Sort((R.id,), descending=True, name="newest"), Sort((RECORD.id,), name="oldest")


def feed_row(session: Session, feed: Feed) -> Row:
    """One feed as the API shows it, with its last run and what is to come."""
    feed_id = feed.id or 0
    latest = select(func.max(R.id)).where(R.feed_id == feed_id)
    return _feed_row(
        feed,
        next(iter(_runs(session, R.id.in_(latest))), None),
        timetable.outlooks(session, [feed_id]).get(feed_id, Outlook()),
    )


def _feed_row(feed: Feed, last_run: Row | None, outlook: Outlook) -> Row:
    fields = {name: getattr(feed, name) for name in FEED_FIELDS}
    return fields | {"next_run_at": outlook.next_at, "failures": outlook.failures, "last_run": last_run}


def feed_rows(session: Session, actor: Actor) -> list[Row]:
    """All feeds by name, each with its last run: there are few."""
    latest = select(func.max(R.id)).group_by(R.feed_id)
    last = {row["feed_id"]: row for row in _runs(session, R.id.in_(latest))}
    found = session.execute(select(FEED).where(policy.visible(actor, Feed)).order_by(FEED.name, FEED.id)).scalars()
    ahead = timetable.outlooks(session)
    return [_feed_row(feed, last.get(feed.id), ahead.get(feed.id, Outlook())) for feed in found]


def feed_with_last_run(session: Session, actor: Actor, feed_id: int) -> tuple[Feed, Row]:
    """Raises NotFound."""
    feed = get_feed(session, actor, feed_id)
    return feed, feed_row(session, feed)


def _runs(session: Session, condition: Any) -> list[Row]:
    columns = [getattr(R, name) for name in RUN_FIELDS]
    return [dict(row._mapping) for row in session.execute(select(*columns).where(condition))]


def run_rows(
    session: Session, actor: Actor, feed_id: int, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A feed's runs, newest first, and the next page's cursor. Raises NotFound."""
    get_feed(session, actor, feed_id)
    statement = select(*[getattr(R, name) for name in RUN_FIELDS]).where(R.feed_id == feed_id)
    page = keyset(session, statement.where(policy.visible(actor, Run)), NEWEST, cursor, limit)
    return [dict(row._mapping) for row in page.rows], page.next


def get_run(session: Session, actor: Actor, run_id: int) -> Run:
    """Raises NotFound."""
    run = session.execute(select(R).where(R.id == run_id, policy.visible(actor, Run))).scalar_one_or_none()
    if run is None:
        raise NotFound(N_("There is no such run."))
    found: Run = run
    return found


def run_row(run: Run) -> Row:
    """One run as the API shows it."""
    return {name: getattr(run, name) for name in RUN_FIELDS}


def record_rows(
    session: Session, actor: Actor, feed_id: int, outcome: str | None, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """What became of a feed's remote records, all or of one outcome. Raises NotFound."""
    get_feed(session, actor, feed_id)
    statement = select(*[getattr(RECORD, name) for name in RECORD_FIELDS]).where(
        RECORD.feed_id == feed_id, policy.visible(actor, FeedRecord)
    )
    if outcome:
        statement = statement.where(RECORD.outcome == outcome)
    page = keyset(session, statement, OLDEST, cursor, limit)
    return [dict(row._mapping) for row in page.rows], page.next


def record_row(record: FeedRecord) -> Row:
    """One remote record as the API shows it."""
    return {name: getattr(record, name) for name in RECORD_FIELDS}


def quarantined_by_feed(session: Session) -> dict[int, int]:
    """Feed id → how many of its remote records are in quarantine now; feeds without any are left out."""
    statement = select(RECORD.feed_id, func.count()).where(RECORD.outcome == "quarantined").group_by(RECORD.feed_id)
    return {row[0]: row[1] for row in session.execute(statement)}


def record_counts(session: Session, feed_id: int) -> dict[str, int]:
    """outcome → how many remote records of the feed have it now."""
    statement = select(RECORD.outcome, func.count()).where(RECORD.feed_id == feed_id).group_by(RECORD.outcome)
    return {row[0]: row[1] for row in session.execute(statement)}


def hold_row(hold: Hold, left: int) -> Row:
    """One question of the brake as the API shows it; `left`: how many of its records are missing still."""
    return {name: getattr(hold, name) for name in HOLD_FIELDS} | {"left": left}


def hold_rows(
    session: Session, actor: Actor, feed_id: int, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """All that the brake ever asked about a feed, newest first. Raises NotFound."""
    get_feed(session, actor, feed_id)
    statement = select(H).where(H.feed_id == feed_id, policy.visible(actor, Hold))
    page = keyset(session, statement, NEWEST_HOLD, cursor, limit)
    found = [row[0] for row in page.rows]
    counts = records.count_held(session, [hold.id for hold in found])
    return [hold_row(hold, counts.get(hold.id, 0)) for hold in found], page.next


def held_rows(
    session: Session, actor: Actor, hold_id: int, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """The records of one question that are missing still. Raises NotFound."""
    holds.get_hold(session, actor, hold_id)
    statement = select(*[getattr(RECORD, name) for name in RECORD_FIELDS]).where(
        RECORD.hold_id == hold_id, policy.visible(actor, FeedRecord)
    )
    page = keyset(session, statement, OLDEST, cursor, limit)
    return [dict(row._mapping) for row in page.rows], page.next
