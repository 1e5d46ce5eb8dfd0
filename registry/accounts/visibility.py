"""Which rows an actor may know of, as a condition for queries. What a row is not visible for does not exist (404).

Rules stand by table, on its columns: the slices that own the tables live on a higher floor.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, or_, select, true
from sqlmodel import SQLModel

from registry.accounts.actor import Actor
from registry.accounts.roles import ADMINS, STAFF

STATES_OWN = ("assessment", "national_report")
"""Kinds of records of which, while they are private, even coordinators know nothing"""

Rows = Callable[[Actor, Table], ColumnElement[bool]]


def visible(actor: Actor, model: type[SQLModel]) -> ColumnElement[bool]:
    """The condition that a row of `model` is visible to the actor. Raises LookupError for a table without a rule."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return VISIBLE[table.name](actor, table)


def levels(actor: Actor) -> tuple[str, ...]:
    """Values of a record's `visibility` that are open to somebody who does not own it."""
    return ("public", "members") if actor.signed_in else ("public",)


def _everything(_actor: Actor, _table: Table) -> ColumnElement[bool]:
    return true()


def _owned(column: str) -> Rows:
    """Shown by its visibility; its owner and the coordinators see it whatever that is, and its drafts."""

    def rows(actor: Actor, table: Table) -> ColumnElement[bool]:
        if actor.sees_all:
            return true()
        shown: ColumnElement[bool] = table.c.visibility.in_(levels(actor))
        if "status" in table.c and table.name in ("need", "offer"):
            shown = and_(shown, table.c.status != "draft")
        return _or_own(shown, table.c[column], _owner(actor, column))

    return rows


def _programmes(actor: Actor, table: Table) -> ColumnElement[bool]:
    """As other records with an owner, and those of organisations that one's own reports for."""
    shown = _owned("reporting_organisation_id")(actor, table)
    if actor.sees_all or actor.organisation_id is None:
        return shown
    # By the table's name: the slice that owns it lives on a higher floor.
    mandate = table.metadata.tables["reporting_mandate"]
    reported = select(mandate.c.reported_id).where(
        mandate.c.organisation_id == actor.organisation_id, mandate.c.revoked_at.is_(None)
    )
    return or_(shown, table.c.reporting_organisation_id.in_(reported))


def _owner(actor: Actor, column: str) -> Any:
    return actor.state if column == "state" else actor.organisation_id


def _or_own(shown: ColumnElement[bool], column: ColumnElement[Any], owner: Any) -> ColumnElement[bool]:
    # Left out where nobody owns: a condition on one column is answered from its index.
    return shown if owner is None else or_(shown, column == owner)


def _once_published(actor: Actor, table: Table) -> ColumnElement[bool]:
    """Before it is published an assessment or report is the State's alone: not even coordinators see it."""
    if actor.role == "system":
        return true()
    return _or_own(table.c.status == "published", table.c.state, actor.state)


def _events(actor: Actor, table: Table) -> ColumnElement[bool]:
    if actor.role == "system":
        return true()
    if actor.sees_all:
        return or_(table.c.visibility != "private", table.c.kind.not_in(STATES_OWN))
    shown = _or_own(table.c.visibility.in_(levels(actor)), table.c.state, actor.state)
    return _or_own(shown, table.c.organisation_id, actor.organisation_id)


def lost_events(actor: Actor) -> ColumnElement[bool]:
    """Events of records that the actor could see before and, unless `visible` says otherwise, may no longer."""
    if actor.sees_all:
        return false()  # nobody hides anything from them, and an assessment is hidden until it is published
    event = SQLModel.metadata.tables["event"]
    return _or_own(event.c.lost_visibility.in_(levels(actor)), event.c.lost_organisation_id, actor.organisation_id)


def audience(actor: Actor) -> str:
    """Equal for actors who may see the same records."""
    if actor.role == "system":
        return "all"
    if actor.sees_all:
        return "staff"
    return f"{actor.state or actor.organisation_id or 'member'}" if actor.signed_in else "public"


def catalogue_audience(actor: Actor) -> str:
    """Equal for actors who may see the same programmes and organisations: States see no others than any member."""
    if actor.sees_all:
        return "all"
    if actor.organisation_id is not None:
        return f"organisation {actor.organisation_id}"
    return "members" if actor.signed_in else "public"


def _matches(actor: Actor, table: Table) -> ColumnElement[bool]:
    """A pair is visible where both of its sides are."""
    if actor.sees_all:
        return true()
    need, offer = table.metadata.tables["need"], table.metadata.tables["offer"]
    return and_(
        table.c.need_id.in_(select(need.c.id).where(VISIBLE["need"](actor, need))),
        table.c.offer_id.in_(select(offer.c.id).where(VISIBLE["offer"](actor, offer))),
    )


def _proposals(actor: Actor, table: Table) -> ColumnElement[bool]:
    """Both sides see it; others once it is posted, where they may see the need and the offer."""
    if actor.sees_all:
        return true()
    shown = and_(table.c.posted_at.is_not(None), _matches(actor, table))
    shown = _or_own(shown, table.c.state, actor.state)
    return _or_own(shown, table.c.organisation_id, actor.organisation_id)


def counted(actor: Actor, model: type[SQLModel]) -> ColumnElement[bool]:
    """The condition that a proposal's amount counts in what the actor is shown of a need or an offer.

    Once it is posted it counts for everybody; before, for both sides and the coordinators only. For others it is as if
    it did not exist yet: every total, reason and list that follows from commitments goes by this.
    """
    table: Table = model.__table__  # type: ignore[attr-defined]
    if actor.sees_all:
        return true()
    shown = _or_own(table.c.posted_at.is_not(None), table.c.state, actor.state)
    return _or_own(shown, table.c.organisation_id, actor.organisation_id)


def _contacts(actor: Actor, table: Table) -> ColumnElement[bool]:
    """Published ones are for everybody; the State and the coordinators see all of its own."""
    if actor.sees_all:
        return true()
    return _or_own(table.c.published, table.c.state, actor.state)


def _both_sides(actor: Actor, table: Table) -> ColumnElement[bool]:
    """The State of the need, the organisation of the offer, and the coordinators."""
    if actor.sees_all:
        return true()
    mine = _or_own(false(), table.c.state, actor.state)
    return _or_own(mine, table.c.organisation_id, actor.organisation_id)


def _conflicts(actor: Actor, table: Table) -> ColumnElement[bool]:
    """Conflicts are the business of who owns the programme, and of the coordinators."""
    if actor.sees_all:
        return true()
    if actor.organisation_id is None:
        return false()
    programme = table.metadata.tables["programme"]
    return table.c.programme_id.in_(
        select(programme.c.id).where(programme.c.reporting_organisation_id == actor.organisation_id)
    )


def _members(actor: Actor, _table: Table) -> ColumnElement[bool]:
    return true() if actor.signed_in else false()


def _for(roles: frozenset[str]) -> Rows:
    return lambda actor, _table: true() if actor.role in roles | {"system"} else false()


def _own_account(column: str) -> Rows:
    """A person sees the own row; who manages accounts sees all."""

    def rows(actor: Actor, table: Table) -> ColumnElement[bool]:
        if actor.role in ADMINS or actor.role == "system":
            return true()
        return false() if actor.user_id is None else table.c[column] == actor.user_id

    return rows


def _mine(actor: Actor, table: Table) -> ColumnElement[bool]:
    """What somebody looks for is nobody else's business."""
    if actor.role == "system":
        return true()
    return false() if actor.user_id is None else table.c.user_id == actor.user_id


def _own_team(actor: Actor, table: Table) -> ColumnElement[bool]:
    """One's own, and those of one's State or organisation; administrators see all."""
    if actor.role in ADMINS or actor.role == "system":
        return true()
    if actor.user_id is None:
        return false()
    mine = _or_own(table.c.user_id == actor.user_id, table.c.state, actor.state)
    return _or_own(mine, table.c.organisation_id, actor.organisation_id)


def _evidence(actor: Actor, table: Table) -> ColumnElement[bool]:
    """What is public of an assessment that is published; to the State's own people, all of theirs."""
    if actor.role == "system":
        return true()
    assessment = table.metadata.tables["assessment"]
    published = table.c.assessment_id.in_(select(assessment.c.id).where(assessment.c.status == "published"))
    shown = and_(table.c.visibility == "public", published)
    mine = table.c.assessment_id.in_(select(assessment.c.id).where(assessment.c.state == actor.state))
    return or_(shown, mine) if actor.state else shown


VISIBLE: dict[str, Rows] = {
    "organisation": _everything,
    "programme": _programmes,
    "need": _owned("state"),
    "offer": _owned("organisation_id"),
    "match": _matches,
    "proposal": _proposals,
    "exemption_case": _both_sides,
    "listed_party": _for(STAFF),
    "screening_hit": _for(STAFF),
    "standard": _everything,
    "assessment": _once_published,
    "national_report": _once_published,
    "evidence": _evidence,
    "indicator_series": _owned("state"),
    "participation": _everything,
    "contact": _contacts,
    "event": _events,
    "same_as_pair": _for(STAFF),
    "conflict": _conflicts,
    "feed": _members,
    "run": _for(STAFF),
    "feed_record": _for(STAFF),
    "feed_hold": _for(STAFF),
    "alert": _mine,
    "subscription": _own_team,
    "user_account": _own_account("id"),
    "token": _own_account("user_id"),
    "audit_entry": _for(ADMINS),
}
