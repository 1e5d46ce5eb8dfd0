"""What an actor may do to which record: one predicate per action, default deny.

A record not yet stored is asked about with its owner filled in; without a record the question is whether the role may
do such a thing at all (for buttons and menus). The registry itself (`system`) may do everything.
"""

from collections.abc import Callable
from typing import Any

from registry.accounts.actor import Actor
from registry.accounts.roles import ADMINS, EVERYONE, GIVERS, MEMBERS, NOBODY, STAFF, STATES
from registry.accounts.visibility import levels
from registry.errors import N_, NotAllowed, NotAuthenticated

Predicate = Callable[[Actor, Any], bool]


def can(actor: Actor, action: str, record: Any = None) -> bool:
    """Whether the actor may. Raises LookupError for an action without an entry."""
    predicate = ACTIONS[action]
    return actor.role == "system" or predicate(actor, record)


def require(actor: Actor, action: str, record: Any = None) -> None:
    """Raise NotAllowed (NotAuthenticated for who is not signed in) where the actor may not."""
    if can(actor, action, record):
        return
    if not actor.signed_in:
        raise NotAuthenticated(N_("Sign in to do this."))
    raise NotAllowed(N_("Your role does not allow this, or the record belongs to somebody else."))


def _by(roles: frozenset[str]) -> Predicate:
    return lambda actor, _record: actor.role in roles


def _own_state(actor: Actor, record: Any) -> bool:
    return actor.role in STATES and (record is None or record.state == actor.state)


def _own_organisation(column: str, others: frozenset[str] = NOBODY) -> Predicate:
    """Donors and agencies for their organisation's records; `others` for all records."""

    def allowed(actor: Actor, record: Any) -> bool:
        if actor.role in others:
            return True
        if actor.role not in GIVERS or actor.organisation_id is None:
            return False
        return record is None or getattr(record, column) == actor.organisation_id

    return allowed


def _own_account(column: str) -> Predicate:
    """Everybody for the own account; administrators for all."""

    def allowed(actor: Actor, record: Any) -> bool:
        if actor.role in ADMINS:
            return True
        return actor.user_id is not None and (record is None or getattr(record, column) == actor.user_id)

    return allowed


def _mine(actor: Actor, record: Any) -> bool:
    """Everybody for what is the own, and nobody else."""
    return actor.user_id is not None and (record is None or record.user_id == actor.user_id)


def _own_team(others: frozenset[str] = NOBODY) -> Predicate:
    """Who is signed in for the own subscriptions and those of the own State or organisation; `others` for all."""

    def allowed(actor: Actor, record: Any) -> bool:
        if actor.user_id is None:
            return False
        if record is None or actor.role in others or record.user_id == actor.user_id:
            return True
        mine = (actor.state, actor.organisation_id)
        return mine != (None, None) and mine == (record.state, record.organisation_id)

    return allowed


def _shown(column: str) -> Predicate:
    """The same rule as visibility's for a record at hand."""

    def allowed(actor: Actor, record: Any) -> bool:
        if actor.sees_all or record is None:
            return True
        owner = actor.state if column == "state" else actor.organisation_id
        if owner is not None and getattr(record, column) == owner:
            return True
        return record.visibility in levels(actor) and getattr(record, "status", None) != "draft"

    return allowed


def _read_when_published(actor: Actor, record: Any) -> bool:
    return record is None or record.status == "published" or (actor.state is not None and record.state == actor.state)


def _either_side(others: frozenset[str] = NOBODY) -> Predicate:
    """The State of a proposal's need, the organisation of its offer; `others` for all."""
    gives = _own_organisation("organisation_id")

    def allowed(actor: Actor, record: Any) -> bool:
        return actor.role in others or _own_state(actor, record) or gives(actor, record)

    return allowed


_giver_or_staff = _own_organisation("reporting_organisation_id", STAFF)
_offering = _own_organisation("organisation_id")

ACTIONS: dict[str, Predicate] = {
    # A State's needs and assessments are the State's: no coordinator changes them.
    "need.read": _shown("state"),
    "need.create": _own_state,
    "need.update": _own_state,
    "need.open": _own_state,
    "need.withdraw": _own_state,
    "need.close": _own_state,
    "need.renew": _own_state,
    "need.judge": lambda actor, record: actor.role in STAFF or _own_state(actor, record),
    "need.expire": _by(NOBODY),
    "assessment.read": _read_when_published,
    "assessment.create": _own_state,
    "assessment.answer": _own_state,
    "assessment.attach": _own_state,
    "assessment.detach": _own_state,
    "assessment.comment": _own_state,
    "assessment.assign": _own_state,
    "assessment.submit": _own_state,
    "assessment.return": _own_state,
    "assessment.review": _own_state,
    "assessment.publish": _own_state,
    "assessment.link_gap": _own_state,
    # So is what it reports; not even coordinators see a report before it is published.
    "national_report.read": _read_when_published,
    "national_report.create": _own_state,
    "national_report.update": _own_state,
    "national_report.submit": _own_state,
    "national_report.publish": _own_state,
    "indicator.write": _own_state,
    "participation.write": lambda actor, record: actor.role in STAFF or _own_state(actor, record),
    "participation.confirm": _by(STAFF),
    "contact.write": lambda actor, record: actor.role in STAFF or _own_state(actor, record),
    "offer.read": _shown("organisation_id"),
    "offer.create": _offering,
    "offer.update": _offering,
    "offer.open": _offering,
    "offer.withdraw": _offering,
    "offer.close": _offering,
    "offer.renew": _offering,
    "offer.judge": _by(NOBODY),
    "offer.expire": _by(NOBODY),
    # Both sides are read first, so who asks may see both.
    "match.explain": _by(EVERYONE),
    "match.refresh": _by(STAFF),
    "match.evaluate": _by(STAFF),
    "board.read": _by(STAFF),
    # A proposal is its two sides' and the coordinators' business; each side speaks for itself alone.
    "proposal.propose": _either_side(STAFF),
    "proposal.answer": _either_side(),
    "proposal.withdraw": _either_side(STAFF),
    "proposal.talk": _either_side(STAFF),
    "proposal.spend": _own_organisation("organisation_id"),
    "proposal.receive": _own_state,
    "exemption.fill": _either_side(STAFF),
    "exemption.confirm": _by(STAFF),
    "proposal.count": _by(STAFF),
    "proposal.review": _by(STAFF),
    "proposal.apply": _by(STAFF),
    # A round shows needs and offers of everybody together.
    "allocation.manage": _by(STAFF),
    "programme.read": _shown("reporting_organisation_id"),
    "programme.create": _giver_or_staff,
    "programme.update": _giver_or_staff,
    "programme.archive": _giver_or_staff,
    "conflict.decide": _giver_or_staff,
    "organisation.read": _by(EVERYONE),
    "organisation.create": _by(STAFF),
    "organisation.update": _own_organisation("id", STAFF),
    "organisation.archive": _by(STAFF),
    "organisation.identify": _by(STAFF),
    # Who reports for whom gives a right over another's records.
    "mandate.manage": _by(STAFF),
    "same_as.read": _by(STAFF),
    "same_as.judge": _by(STAFF),
    # What a list says of persons is for those who screen with it.
    "listed.read": _by(STAFF),
    "screening.read": _by(STAFF),
    "screening.decide": _by(STAFF),
    "standard.read": _by(EVERYONE),
    "standard.load": _by(STAFF),
    "consumer.manage": _by(STAFF),
    "job.read": _by(STAFF),
    "job.manage": _by(STAFF),
    "feed.read": _by(MEMBERS),
    "feed.manage": _by(STAFF),
    "feed.run": _by(STAFF),
    "subscription.read": _own_team(ADMINS),
    "subscription.create": _own_team(),
    "subscription.update": _own_team(),
    "subscription.stop": _own_team(ADMINS),
    "saved_search.manage": _mine,
    "mail.manage": _by(STAFF),
    "user.manage": _by(ADMINS),
    "user.preferences": _own_account("id"),
    "user.password": _own_account("id"),
    "token.issue": _own_account("id"),
    "token.revoke": _own_account("user_id"),
    "audit.read": _by(ADMINS),
}
"""Action → who may, given the record; no entry, no right."""
