"""Notices in the app: only of what the reader may see at the moment of reading, whenever the notice was written."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.alerts.models import Notice, SavedSearch
from registry.catalogue.models import Programme
from registry.catalogue.paging import Sort, keyset
from registry.compliance.contacts.models import Contact
from registry.compliance.models import Assessment
from registry.errors import N_, NotFound
from registry.matching.ledger.models import Proposal
from registry.matching.models import Need, Offer
from registry.webhooks.models import Subscription

MODELS: dict[str, Any] = {
    "programme": Programme,
    "need": Need,
    "asked_again": Need,
    "offer": Offer,
    "proposal": Proposal,
    "contact": Contact,
    "assigned": Assessment,
    "subscription": Subscription,
}
TITLES = {"subscription": "name", "contact": "office", "assigned": "standard"}
"""Kind → the column that says which record it is, where that is not `title`"""
NOTICE: Table = Notice.__table__  # type: ignore[attr-defined]
NEWEST = Sort((NOTICE.c.id,), descending=True, name="newest")
MOST_COUNTED = 100
_COLUMNS = [NOTICE.c[name] for name in ("id", "kind", "record_id", "search_id", "created_at", "read_at")]


def shown(actor: Actor, user_id: int) -> ColumnElement[bool]:
    """Notices of this person whose record the actor (the same, as they are by now) may see."""
    kinds = []
    for kind, model in MODELS.items():
        seen = select(model.id).where(model.id == NOTICE.c.record_id, policy.visible(actor, model))
        if kind == "programme":
            seen = seen.where(model.archived_at.is_(None))
        kinds.append(and_(NOTICE.c.kind == kind, seen.correlate(NOTICE).exists()))
    return and_(NOTICE.c.user_id == user_id, or_(*kinds))


def list_notices(
    session: Session, actor: Actor, *, unread_only: bool = False, cursor: str | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """The actor's notices, newest first, each with its record's title and its search; and the next page's cursor."""
    statement = select(*_COLUMNS).where(shown(actor, actor.user_id or 0))
    if unread_only:
        statement = statement.where(NOTICE.c.read_at.is_(None))
    page = keyset(session, statement, NEWEST, cursor, limit)
    return with_titles(session, [dict(row._mapping) for row in page.rows]), page.next


def with_titles(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with `title` of the record (and its `language`) and `search`, the name of the search or None."""
    ids: dict[str, set[int]] = {}
    for row in rows:
        ids.setdefault(row["kind"], set()).add(row["record_id"])
    titles = {kind: _titles(session, kind, wanted) for kind, wanted in ids.items()}
    searches = {row["search_id"] for row in rows if row["search_id"]}
    named = select(col(SavedSearch.id), col(SavedSearch.name)).where(col(SavedSearch.id).in_(searches))
    names: Mapping[int, str] = {row.id: row.name for row in session.execute(named)}
    found = []
    for row in rows:
        title, language = titles[row["kind"]].get(row["record_id"], ("", None))
        found.append({**row, "title": title, "language": language, "search": names.get(row["search_id"])})
    return found


def _titles(session: Session, kind: str, ids: Collection[int]) -> dict[int, tuple[str, str | None]]:
    if kind == "proposal":
        of_need = select(col(Proposal.id), col(Need.title), col(Need.language))
        rows = session.execute(
            of_need.join(Need, col(Need.id) == col(Proposal.need_id)).where(col(Proposal.id).in_(ids))
        )
        return {row[0]: (row[1], row[2]) for row in rows}
    model = MODELS[kind]
    language = {"programme": "title_language", "need": "language", "asked_again": "language", "offer": "language"}.get(
        kind
    )
    columns = [model.id, getattr(model, TITLES.get(kind, "title"))]
    columns += [getattr(model, language)] if language else []
    return {
        row[0]: (row[1], row[2] if language else None)
        for row in session.execute(select(*columns).where(model.id.in_(ids)))
    }


def count_unread(session: Session, actor: Actor) -> int:
    """How many notices the actor has not read, counted up to MOST_COUNTED."""
    if actor.user_id is None:
        return 0
    unread = select(NOTICE.c.id).where(NOTICE.c.read_at.is_(None), shown(actor, actor.user_id)).limit(MOST_COUNTED)
    return session.execute(select(func.count()).select_from(unread.subquery())).scalar_one()


def mark(session: Session, actor: Actor, notice_id: int, is_read: bool, now: datetime) -> dict[str, Any]:
    """Mark one as read, or as unread again. Raises NotFound."""
    mine = (NOTICE.c.id == notice_id, shown(actor, actor.user_id or 0))
    row = session.execute(select(*_COLUMNS).where(*mine)).first()
    if row is None:
        raise NotFound(N_("There is no such notice."))
    read_at = (row.read_at or now) if is_read else None
    session.execute(update(NOTICE).where(NOTICE.c.id == notice_id).values(read_at=read_at))
    return with_titles(session, [{**row._mapping, "read_at": read_at}])[0]


def mark_all(session: Session, actor: Actor, now: datetime, up_to: int | None = None) -> int:
    """Mark all as read, or those up to this one's number. Returns how many there were."""
    unread = [NOTICE.c.user_id == actor.user_id, NOTICE.c.read_at.is_(None)]
    if up_to is not None:
        unread.append(NOTICE.c.id <= up_to)
    changed: Any = session.execute(update(NOTICE).where(*unread).values(read_at=now))
    return int(changed.rowcount)


def prune(session: Session, before: datetime, limit: int) -> int:
    """Forget notices older than this instant, at most `limit`. Returns how many."""
    old = select(NOTICE.c.id).where(NOTICE.c.created_at < before).order_by(NOTICE.c.id).limit(limit)
    changed: Any = session.execute(delete(NOTICE).where(NOTICE.c.id.in_(old)))
    return int(changed.rowcount)
