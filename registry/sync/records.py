"""The ledger of remote records: what became of each, read and written in batches. Identity is (feed, remote id)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, Update, bindparam, func, select, update
from sqlmodel import Session

from registry.bulk import insert_rows
from registry.sync.models import FeedRecord

RECORD: Table = FeedRecord.__table__  # type: ignore[attr-defined]


@dataclass(slots=True)
class Known:
    """A record as the last run left it."""

    id: int
    remote_id: str
    sha256: str
    content_sha256: str | None
    outcome: str
    target_id: int | None
    """What it became: a row of the feed's target (registry.sync.targets)"""
    line: int | None
    missing_since: datetime | None
    missing_snapshots: int
    hold_id: int | None
    verdict: str | None
    reason_code: str | None
    reason: str | None


TARGET_ID = func.coalesce(RECORD.c.programme_id, RECORD.c.listed_id).label("target_id")
_COLUMNS = tuple(TARGET_ID if name == "target_id" else RECORD.c[name] for name in Known.__slots__)
_KNOWN = select(*_COLUMNS).where(
    RECORD.c.feed_id == bindparam("feed"), RECORD.c.remote_id.in_(bindparam("ids", expanding=True))
)


def read_known(session: Session, feed_id: int, remote_ids: Sequence[str]) -> dict[str, Known]:
    """Remote id → what is known of it, for those that are known."""
    rows = session.execute(_KNOWN, {"feed": feed_id, "ids": list(remote_ids)})
    return {row[1]: Known(*row) for row in rows}


def read_all(session: Session, feed_id: int) -> Iterator[Known]:
    """Every record of a feed, streamed."""
    statement = select(*_COLUMNS).where(RECORD.c.feed_id == feed_id).execution_options(yield_per=2000)
    for row in session.execute(statement):
        yield Known(*row)


_WRITTEN = (
    "sha256", "content_sha256", "outcome", "title", "reason_code", "reason", "line", "fragment", "run_id",
)  # fmt: skip
_MOVE = update(RECORD).where(RECORD.c.id == bindparam("the_id")).values(line=bindparam("line"))
_SAME = update(RECORD).where(RECORD.c.id == bindparam("the_id")).values(sha256=bindparam("sha256"))
_MISSING = (
    update(RECORD)
    .where(RECORD.c.id == bindparam("the_id"))
    .values(missing_since=bindparam("since"), missing_snapshots=bindparam("snapshots"))
)
_HOLD = (
    update(RECORD)
    .where(RECORD.c.id == bindparam("the_id"))
    .values(missing_since=func.coalesce(RECORD.c.missing_since, bindparam("since")), hold_id=bindparam("hold"))
)
_LET_GO = update(RECORD).where(RECORD.c.id == bindparam("the_id")).values(hold_id=None)
_FORGET = RECORD.delete().where(RECORD.c.id == bindparam("the_id"))


@cache
def _update(target_column: str) -> Update:
    written: dict[str, Any] = {name: bindparam(name) for name in (*_WRITTEN, target_column)}
    statement = update(RECORD).where(RECORD.c.id == bindparam("the_id"))
    return statement.values(written | {"missing_since": None, "missing_snapshots": 0, "hold_id": None})


def write(
    session: Session, feed_id: int, target_column: str, rows: Iterable[tuple[Known | None, str, dict[str, Any]]]
) -> None:
    """Write (what was known, remote id, the columns in force) of records that changed; they are no longer missing.

    `target_id` among the columns goes into `target_column`.
    """
    new, changed = [], []
    for known, remote_id, values in rows:
        row = dict(values)
        row[target_column] = row.pop("target_id")
        if known is None:
            new.append(row | {"feed_id": feed_id, "remote_id": remote_id, "missing_snapshots": 0})
        else:
            changed.append(row | {"the_id": known.id})
    insert_rows(session, RECORD, new)
    if changed:
        session.execute(_update(target_column), changed)


def move(session: Session, lines: Sequence[tuple[int, int | None]]) -> None:
    """Note where records in quarantine now stand in their file: (record id, line)."""
    if lines:
        session.execute(_MOVE, [{"the_id": record_id, "line": line} for record_id, line in lines])


def note_bytes(session: Session, fingerprints: Sequence[tuple[int, str]]) -> None:
    """Note (record id, sha256) of records whose bytes changed and that say the same: next time they are not read."""
    if fingerprints:
        session.execute(_SAME, [{"the_id": record_id, "sha256": sha256} for record_id, sha256 in fingerprints])


def mark_missing(session: Session, absences: Sequence[tuple[int, datetime, int]]) -> None:
    """Note (record id, since, snapshots) of absent records."""
    if absences:
        session.execute(_MISSING, [{"the_id": i, "since": since, "snapshots": n} for i, since, n in absences])


def hold(session: Session, ids: Sequence[int], hold_id: int, now: datetime) -> None:
    """Note missing records as those that the brake's question is about: they do not age."""
    if ids:
        session.execute(_HOLD, [{"the_id": record_id, "since": now, "hold": hold_id} for record_id in ids])


def let_go(session: Session, ids: Sequence[int]) -> None:
    """Take records out of the question in which they stood."""
    if ids:
        session.execute(_LET_GO, [{"the_id": record_id} for record_id in ids])


def count_held(session: Session, hold_ids: Sequence[int]) -> dict[int, int]:
    """Hold id → how many records stand in it; those without any are left out."""
    statement = select(RECORD.c.hold_id, func.count()).where(RECORD.c.hold_id.in_(hold_ids))
    return {row[0]: row[1] for row in session.execute(statement.group_by(RECORD.c.hold_id))}


def forget(session: Session, ids: Sequence[int]) -> None:
    """Drop records that left nothing behind: never applied, and no longer in the source."""
    if ids:
        session.execute(_FORGET, [{"the_id": record_id} for record_id in ids])
