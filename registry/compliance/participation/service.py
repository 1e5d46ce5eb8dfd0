"""A State's acts towards instruments: entered with a source, corrected, confirmed by a coordinator, taken back.

The table is the one place that says who takes part in what: reports due, offers' conditions and pages read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue.acts import LEAVING
from registry.catalogue.history import Changes, changes_between, record_revision
from registry.catalogue.models import Participation
from registry.catalogue.paging import Sort, keyset
from registry.compliance.participation import rules
from registry.compliance.participation.instruments import Instrument, instruments, named
from registry.compliance.participation.schemas import ActForm, ActPatch, ConfirmForm
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotAllowed, VersionMismatch
from registry.events.outbox import Change, emit
from registry.schemas import load

MISSING = N_("There is no such entry.")
TWICE = N_("This act stands here already with this day.")
ORDER = Sort((Participation.state, Participation.instrument, Participation.id), name="state")
FIELDS = ("act", "on", "source", "reservation")


@dataclass(frozen=True)
class Entered:
    """An act as it stands, and what is odd about it (msgids)."""

    row: Participation
    warnings: list[str] = field(default_factory=list)


def get_act(session: Session, actor: Actor, act_id: int, *, lock: bool = False) -> Participation:
    """Raises NotFound."""
    return visible_one(session, actor, Participation, act_id, MISSING, lock=lock)


def acts_of(session: Session, state: str) -> Sequence[Participation]:
    """A State's acts by instrument, the earliest first."""
    return session.scalars(
        select(Participation)
        .where(col(Participation.state) == state)
        .order_by(col(Participation.instrument), col(Participation.on), col(Participation.id))
    ).all()


def describe_act(row: Participation) -> dict[str, Any]:
    """An act as the API shows it. Who confirmed it is in the history."""
    names = ("id", "state", "instrument", *FIELDS, "checked", "checked_at", "version", "created_at", "updated_at")
    return {name: getattr(row, name) for name in names}


def list_acts(
    session: Session, filters: Mapping[str, str | None], cursor: str | None = None, limit: int = 50
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of acts in the order of States and instruments, and the next page's cursor.

    Filters: `state` (alpha-3), `instrument`, `act`.
    """
    query = select(Participation)
    for name in ("state", "instrument", "act"):
        if filters.get(name):
            query = query.where(getattr(Participation, name) == filters[name])
    page = keyset(session, query, ORDER, cursor, limit)
    return [describe_act(found[0]) for found in page.rows], page.next


def enter(session: Session, actor: Actor, state: str, data: Mapping[str, Any], now: datetime | None = None) -> Entered:
    """Enter what a State did (ActForm). Raises InvalidInput, NotAllowed, Conflict where it stands here already."""
    form, now = load(ActForm(), data), now or utcnow()
    row = Participation(state=state, instrument="", created_at=now, updated_at=now, **_content(form))
    policy.require(actor, "participation.write", row)
    instrument = named(session, form["instrument"])
    row.instrument = instrument.id
    others = _others(session, row)
    _judge(rules.Act(row.act, row.on), others, instrument, now.date())
    _insert(session, row)
    _note(session, actor, row, "created", changes_between({}, _content(row)), now)
    return Entered(row, rules.warnings(row, others))


def change(
    session: Session, actor: Actor, act_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> Entered:  # fmt: skip
    """Correct an act (ActPatch; what is left out stays); a confirmed one is to be confirmed anew.

    Raises InvalidInput, NotAllowed, NotFound, VersionMismatch, Conflict where another act says the same.
    """
    now = now or utcnow()
    row = get_act(session, actor, act_id, lock=True)
    policy.require(actor, "participation.write", row)
    before = _content(row)
    after = before | load(ActPatch(), data)
    changes = changes_between(before, after)
    if not changes and expected_version in (None, row.version):
        return Entered(row)
    others = _others(session, row)
    instrument = instruments(session).get(row.instrument) or Instrument(row.instrument, "", "")
    _judge(rules.Act(after["act"], after["on"]), others, instrument, now.date())
    touch(row, expected_version, now)
    for name, value in after.items():
        setattr(row, name, value)
    changes |= _unchecked(row)
    session.add(row)
    _note(session, actor, row, "updated", changes, now)
    return Entered(row, rules.warnings(row, others))


def confirm(
    session: Session, actor: Actor, act_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> Participation:  # fmt: skip
    """Say that an act was compared with its source, or (ConfirmForm) that it was not. For coordinators."""
    now = now or utcnow()
    checked = load(ConfirmForm(), data)["checked"]
    row = get_act(session, actor, act_id, lock=True)
    policy.require(actor, "participation.confirm", row)
    if row.checked == checked and expected_version in (None, row.version):
        return row
    touch(row, expected_version, now)
    if checked:
        row.checked, row.checked_by, row.checked_at = True, actor.user_id, now
        changes: Changes = {"checked": [False, True]}
    else:
        changes = _unchecked(row)
    session.add(row)
    _note(session, actor, row, "updated", changes, now)
    return row


def remove(
    session: Session, actor: Actor, act_id: int, expected_version: int | None, now: datetime | None = None
) -> None:
    """Take an act back that should not stand here; its history stays.

    Raises Conflict where a withdrawal rests on it, NotFound, NotAllowed, VersionMismatch.
    """
    now = now or utcnow()
    row = get_act(session, actor, act_id, lock=True)
    policy.require(actor, "participation.write", row)
    if row.checked and not policy.can(actor, "participation.confirm", row):
        raise NotAllowed(N_("A coordinator confirmed this entry: ask one to take it back."))
    if expected_version is not None and row.version != expected_version:
        raise VersionMismatch(row.version)
    if rules.orphans(_others(session, row)):
        raise Conflict(N_("A withdrawal rests on this act: take that back first."))
    row.version += 1
    _note(session, actor, row, "archived", changes_between(_content(row), {}), now)
    session.delete(row)


def _others(session: Session, row: Participation) -> list[Participation]:
    """The State's other acts towards the instrument; nobody takes one of them away before this transaction ends."""
    found = session.scalars(
        select(Participation)
        .where(col(Participation.state) == row.state, col(Participation.instrument) == row.instrument)
        .with_for_update()
    )
    return [other for other in found if other.id != row.id]


def _judge(new: rules.Act, others: Sequence[Participation], instrument: Instrument, today: date) -> None:
    if any((other.act, other.on) == (new.act, new.on) for other in others):
        raise Conflict(TWICE)
    wrong = rules.faults(new, others, instrument.type, rules.day_of(instrument.adopted), today)
    if not wrong and new.act not in LEAVING and rules.orphans([*others, new]):
        wrong = [("on", N_("A withdrawal stands here for an earlier day: correct that first."))]
    if wrong:
        fields: dict[str, list[str]] = {}
        for name, message in wrong:
            fields.setdefault(name, []).append(message)
        raise InvalidInput(fields)


def _insert(session: Session, row: Participation) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Somebody entered it between our look and our insert.
        raise Conflict(TWICE) from None


def _unchecked(row: Participation) -> Changes:
    was, row.checked, row.checked_by, row.checked_at = row.checked, False, None, None
    return {"checked": [True, False]} if was else {}


def _content(row: Participation | Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] if isinstance(row, Mapping) else getattr(row, name) for name in FIELDS}


def _note(session: Session, actor: Actor, row: Participation, step: str, changes: Changes, now: datetime) -> None:
    session.flush()
    record_id = row.id or 0
    written = {
        name: [value.isoformat() if isinstance(value, date) else value for value in pair]
        for name, pair in changes.items()
    }
    record_revision(session, actor, "participation", record_id, row.version, written, now)
    summary = {"state": row.state, "instrument": row.instrument, "act": row.act, "on": row.on and row.on.isoformat()}
    emit(
        session, Change(f"participation.{step}", "participation", record_id, row.version, summary, state=row.state),
        at=now,
    )  # fmt: skip
    audit.record(session, actor, f"participation.{step}", f"participation:{record_id}", **summary)
