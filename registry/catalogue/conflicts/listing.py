"""Lists of conflicts, and one whole: as the API and pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.conflicts.deciding import get_conflict
from registry.catalogue.conflicts.keeping import CONFLICT, HISTORY
from registry.catalogue.conflicts.models import STATES, Conflict
from registry.catalogue.history import Version, versions
from registry.catalogue.models import Programme
from registry.catalogue.paging import Sort, keyset
from registry.catalogue.writing import PROGRAMME

NEWEST = Sort((CONFLICT.c.opened_at, CONFLICT.c.id), descending=True, name="opened")
FIELDS = ("id", "version", "programme_id", "field", "state", "decision", "user_id", "reason", "decided_at", "opened_at")
_COLUMNS = (
    *[CONFLICT.c[name] for name in FIELDS], CONFLICT.c.sides, PROGRAMME.c.title, PROGRAMME.c.title_language,
    PROGRAMME.c.reporting_organisation_id,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Conflicts and the cursor of the next page."""

    items: list[dict[str, Any]]
    next: str | None


def list_conflicts(
    session: Session,
    actor: Actor,
    *,
    state: str | None = "open",
    programme_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> ConflictPage:
    """Conflicts the actor may see, those that opened last first. `state`: one of STATES; None: whatever it is."""
    statement = select(*_COLUMNS).join(PROGRAMME, PROGRAMME.c.id == CONFLICT.c.programme_id)
    statement = statement.where(policy.visible(actor, Conflict))
    if state is not None:
        statement = statement.where(CONFLICT.c.state == state)
    if programme_id is not None:
        statement = statement.where(CONFLICT.c.programme_id == programme_id)
    page = keyset(session, statement, NEWEST, cursor, limit)
    return ConflictPage([_item(row) for row in page.rows], page.next)


def _item(row: Any) -> dict[str, Any]:
    item = {name: getattr(row, name) for name in FIELDS}
    return item | {
        "sides": orjson.loads(row.sides),
        "programme": {"id": row.programme_id, "title": row.title, "title_language": row.title_language},
    }


def conflict_counts(session: Session, actor: Actor, programme_id: int | None = None) -> dict[str, int]:
    """State → how many conflicts the actor may see."""
    statement = select(CONFLICT.c.state, func.count()).where(policy.visible(actor, Conflict))
    if programme_id is not None:
        statement = statement.where(CONFLICT.c.programme_id == programme_id)
    counts = dict(session.execute(statement.group_by(CONFLICT.c.state)).all())
    return {state: counts.get(state, 0) for state in STATES}


@dataclass(frozen=True, slots=True)
class ConflictView:
    """One conflict with its history. `may_decide`: the actor."""

    item: dict[str, Any]
    history: Sequence[Version]
    may_decide: bool


def read_conflict(session: Session, actor: Actor, conflict_id: int) -> ConflictView:
    """Raises NotFound where there is none the actor may see."""
    conflict = get_conflict(session, actor, conflict_id)
    statement = select(*_COLUMNS).join(PROGRAMME, PROGRAMME.c.id == CONFLICT.c.programme_id)
    row = session.execute(statement.where(CONFLICT.c.id == conflict_id)).one()
    programme = session.get_one(Programme, conflict.programme_id)
    may_decide = policy.can(actor, "conflict.decide", programme)
    return ConflictView(_item(row), versions(session, HISTORY, conflict_id), may_decide)
