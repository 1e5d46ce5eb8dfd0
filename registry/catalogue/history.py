"""The history of a record: one row per version with what it changed. Rows are only added, but for `forget`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, insert, select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.models import Revision
from registry.db import utcnow
from registry.json_text import dumps

Changes = dict[str, list[Any]]
"""field → [before, after]"""


@dataclass(frozen=True)
class Version:
    """One step in a record's history."""

    version: int
    at: datetime
    actor: str
    changes: Changes


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Fields whose value differs, with both values; a missing field reads as None."""
    fields = [*before, *(name for name in after if name not in before)]
    return {name: [before.get(name), after.get(name)] for name in fields if before.get(name) != after.get(name)}


def record_revision(
    session: Session,
    actor: Actor,
    kind: str,
    record_id: int,
    version: int,
    changes: Changes,
    at: datetime | None = None,
) -> None:
    """Note what `version` of a record changed, in this transaction; nothing where nothing changed."""
    if changes:
        row = revision_row(actor, kind, record_id, version, changes, at or utcnow())
        session.execute(insert(Revision), [row])


def revision_row(
    actor: Actor, kind: str, record_id: int, version: int, changes: Changes, at: datetime
) -> dict[str, Any]:
    """One row for the revision table, for batches that write many at once."""
    return {
        "kind": kind,
        "record_id": record_id,
        "version": version,
        "at": at,
        "actor": actor.label,
        "changes": dumps(changes),
    }


def versions(session: Session, kind: str, record_id: int, limit: int = 100) -> list[Version]:
    """The record's latest versions, newest first."""
    rows = session.execute(
        select(Revision.version, Revision.at, Revision.actor, Revision.changes)  # type: ignore[call-overload]
        .where(Revision.kind == kind, Revision.record_id == record_id)
        .order_by(Revision.id.desc())  # type: ignore[union-attr]
        .limit(limit)
    )
    return [Version(version, at, actor, orjson.loads(changes)) for version, at, actor, changes in rows]


def forget(session: Session, kind: str, record_id: int) -> None:
    """Delete a record's history: for what tells of persons, who may ask that nothing of it stays."""
    session.execute(delete(Revision).where(Revision.kind == kind, Revision.record_id == record_id))  # type: ignore[arg-type]
