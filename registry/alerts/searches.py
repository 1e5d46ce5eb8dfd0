"""Saved searches: saved, renamed, told of in another way, taken away. Each is one person's own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, insert, literal, select, update
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts import rules
from registry.alerts.models import IN_APP, Notice, SavedSearch, SavedSearchFit
from registry.alerts.queries import fitting
from registry.catalogue.paging import Sort, keyset
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput
from registry.settings import Settings

MOST_PER_PERSON = 30
MOST_RECORDS = 10_000
"""That a search may find: what is known to fit is kept record by record."""
FIT: Table = SavedSearchFit.__table__  # type: ignore[attr-defined]
NEWEST = Sort((col(SavedSearch.id),), descending=True, name="newest")
FIELDS = (
    "id", "name", "kind", "q", "filters", "delivery", "digest_at", "user_id", "version", "created_at", "updated_at",
)  # fmt: skip


def save_search(
    session: Session,
    actor: Actor,
    owner: User,
    data: Mapping[str, Any],
    settings: Settings,
    now: datetime | None = None,
) -> SavedSearch:
    """A search (SavedSearchForm) of `owner`, who hears of what begins to fit from now on.

    Raises InvalidInput (too broad, or e-mail where there is none), NotAllowed, and Conflict where there are too many.
    """
    now = now or utcnow()
    search = SavedSearch(
        **data,
        user_id=owner.id or 0,
        digest_at=rules.next_digest(data["delivery"], now),
        created_at=now,
        updated_at=now,
    )
    policy.require(actor, "saved_search.manage", search)
    _check_delivery(data["delivery"], settings)
    mine = select(func.count()).select_from(SavedSearch).where(col(SavedSearch.user_id) == owner.id)
    if session.execute(mine).scalar_one() >= MOST_PER_PERSON:
        raise Conflict(N_("You have %(number)s saved searches already: take one away first."), number=MOST_PER_PERSON)
    found = fitting(actor_of_user(owner), search.kind, search.q, search.filters)
    if len(session.execute(found.limit(MOST_RECORDS + 1)).all()) > MOST_RECORDS:
        raise InvalidInput({"filters": [N_("This finds more than 10,000 records: narrow it down first.")]})
    session.add(search)
    session.flush()
    # What fits by now is no news.
    known = found.with_only_columns(literal(search.id), *found.selected_columns)
    session.execute(insert(FIT).from_select(["search_id", "record_id"], known))
    _want_mail(session, actor, owner, search)
    _audit(session, actor, search, "create", kind=search.kind, delivery=search.delivery, owner=owner.id)
    return search


def get_search(session: Session, actor: Actor, search_id: int, *, lock: bool = False) -> SavedSearch:
    """Raises NotFound where there is none that is the actor's own."""
    return visible_one(session, actor, SavedSearch, search_id, N_("There is no such saved search."), lock=lock)


def list_searches(
    session: Session, actor: Actor, cursor: str | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """The actor's own (the registry itself sees all), newest first, and the next page's cursor."""
    statement = select(*[getattr(SavedSearch, name) for name in FIELDS]).where(policy.visible(actor, SavedSearch))
    page = keyset(session, statement, NEWEST, cursor, limit)
    return [dict(row._mapping) for row in page.rows], page.next


def search_row(search: SavedSearch) -> dict[str, Any]:
    """One of them, as lists show it."""
    return {name: getattr(search, name) for name in FIELDS}


def update_search(
    session: Session,
    actor: Actor,
    search_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    settings: Settings,
    now: datetime | None = None,
) -> SavedSearch:
    """Change name or delivery (SavedSearchPatch). Raises NotFound, NotAllowed, VersionMismatch, InvalidInput."""
    now = now or utcnow()
    search = get_search(session, actor, search_id, lock=True)
    policy.require(actor, "saved_search.manage", search)
    changed = {name: value for name, value in data.items() if value != getattr(search, name)}
    if not changed and expected_version in (None, search.version):
        return search
    touch(search, expected_version, now)
    for name, value in changed.items():
        setattr(search, name, value)
    if "delivery" in changed:
        _check_delivery(search.delivery, settings)
        deliver_by(session, search, search.delivery, now)
        _want_mail(session, actor, session.get_one(User, search.user_id), search)
    session.add(search)
    session.flush()
    _audit(session, actor, search, "update", changed=sorted(changed), delivery=search.delivery)
    return search


def delete_search(session: Session, actor: Actor, search_id: int, expected_version: int | None) -> None:
    """Take it away, with its notices. Raises NotFound, NotAllowed, VersionMismatch."""
    search = get_search(session, actor, search_id, lock=True)
    policy.require(actor, "saved_search.manage", search)
    touch(search, expected_version, utcnow())
    _audit(session, actor, search, "delete")
    session.delete(search)
    session.flush()


def deliver_by(session: Session, search: SavedSearch, delivery: str, now: datetime) -> None:
    """Tell of what the search finds in this way from now on; what waits for a digest goes with the next, if any."""
    search.delivery, search.digest_at = delivery, rules.next_digest(delivery, now)
    if search.digest_at is None:
        mine = col(Notice.search_id) == search.id
        session.execute(update(Notice).where(mine, col(Notice.in_digest)).values(in_digest=False))


def _check_delivery(delivery: str, settings: Settings) -> None:
    if delivery != IN_APP and not settings.sends_mail:
        raise InvalidInput({"delivery": [N_("This registry sends no e-mail: choose the notice in the app.")]})


def _want_mail(session: Session, actor: Actor, owner: User, search: SavedSearch) -> None:
    """Who chooses e-mail wants it, whatever they said before; nobody says so for another."""
    if search.delivery != IN_APP and actor.user_id == owner.id and owner.no_mail_since is not None:
        owner.no_mail_since = None
        session.add(owner)


def _audit(session: Session, actor: Actor, search: SavedSearch, act: str, **detail: Any) -> None:
    audit.record(session, actor, f"saved_search.{act}", f"saved_search:{search.id}", **detail)
