"""Compares partners with the listed parties and keeps what was found; a person's decision is never touched by it.

Partners are the organisations of the catalogue, and the names by which programmes call organisations without an
identifier. What is found and what is gone leaves history and an event that only coordinators and administrators see.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import Session, col

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.catalogue.history import Changes, record_revision
from registry.catalogue.models import Organisation
from registry.catalogue.writing import FACET
from registry.db import touch
from registry.events.outbox import Change, emit
from registry.matching import refresh
from registry.matching.forms import OFFER
from registry.matching.ledger import reviewing
from registry.matching.screening import index
from registry.matching.screening.index import Found
from registry.matching.screening.models import ScreeningHit
from registry.matching.screening.standing import alike_organisations
from registry.settings import Settings

KIND = "screening"
AT_ONCE = 400
_ORGANISATION: Table = Organisation.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Partner:
    """Who is screened: key, the name it is shown by, all its names."""

    subject: str
    organisation_id: int | None
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be written of a pair: `found` None says that the names are alike no longer."""

    subject: str
    party_id: int
    organisation_id: int | None
    name: str
    found: Found | None


def threshold() -> float:
    """From how much likeness on a person is asked: CASA_SCREENING_THRESHOLD; docs/screening.md says what it does."""
    return Settings.from_environ().screening_threshold


def partners(
    session: Session, organisations: Collection[int] | None = None, programmes: Collection[int] | None = None
) -> Iterator[Partner]:
    """Those of these organisations and programmes; None: of all."""
    table = _ORGANISATION
    chosen = select(table.c.id, table.c.name, table.c.names, table.c.acronym).where(table.c.archived_at.is_(None))
    if organisations is not None:
        chosen = chosen.where(table.c.id.in_(organisations))
    for row in session.execute(chosen.order_by(table.c.id)):
        names = dict.fromkeys([row.name, *(row.names or {}).values(), *([row.acronym] if row.acronym else [])])
        yield Partner(f"organisation:{row.id}", row.id, row.name, tuple(names))
    written = select(FACET.c.value).where(FACET.c.facet == "organisation", FACET.c.value.like("name:%")).distinct()
    if programmes is not None:
        written = written.where(FACET.c.programme_id.in_(programmes))
    for (value,) in session.execute(written.order_by(FACET.c.value)):
        name = value.removeprefix("name:")
        yield Partner(value, None, name, (name,))


def differences(session: Session, chosen: Iterable[Partner], parties: Collection[int] | None = None) -> list[Step]:
    """What would have to be written so that the hits of these partners (with these parties; None: all) are true."""
    against = index.current(session)
    steps: list[Step] = []
    batch: list[Partner] = []
    for partner in chosen:
        batch.append(partner)
        if len(batch) >= AT_ONCE:
            steps += _differences(session, batch, against, parties)
            batch = []
    return steps + _differences(session, batch, against, parties)


def vanished(session: Session, organisations: Collection[int], parties: Collection[int]) -> list[Step]:
    """Hits whose organisation was archived or whose party was taken off its list."""
    bodies, listed = _ORGANISATION.c, index.PARTY.c
    archived = select(bodies.id).where(bodies.id.in_(organisations), bodies.archived_at.is_not(None))
    delisted = select(listed.id).where(listed.id.in_(parties), listed.archived_at.is_not(None))
    gone = col(ScreeningHit.organisation_id).in_(archived) | col(ScreeningHit.party_id).in_(delisted)
    rows = session.scalars(select(ScreeningHit).where(gone, col(ScreeningHit.current)))
    return [Step(row.subject, row.party_id, row.organisation_id, row.subject_name, None) for row in rows]


def write(session: Session, actor: Actor, steps: Sequence[Step], now: datetime) -> int:
    """Make the table what these steps say and match anew what hangs on it; how many rows changed.

    A pair said to be different is asked about again when other names of the two turn out to be alike.
    """
    if not steps:
        return 0
    refresh.hold(session)
    known: dict[tuple[str, int], ScreeningHit] = {
        (row.subject, row.party_id): row for row in _known(session, [step.subject for step in steps])
    }
    changed: set[int] = set()
    count = 0
    for step in steps:
        stored = known.get((step.subject, step.party_id))
        if stored is None and step.found is None:
            continue
        changes = _changed(stored, step, now) if stored else {"score": [None, step.found.score if step.found else None]}
        if not changes:
            continue
        row = stored or _made(session, step, now)
        count += 1
        changed |= {step.organisation_id} if step.organisation_id is not None else set()
        record_revision(session, actor, KIND, row.id or 0, row.version, changes, now)
        _tell(session, row, "found" if row.current else "gone", now)
    if count:
        audit.record(session, actor, "screening.write", "", changed=count)
        rematch(session, changed, now)
    return count


def rematch(session: Session, organisations: Collection[int], now: datetime) -> None:
    """Match the open offers of these organisations, and of those that are the same, anew before the commit.

    Their commitments are looked at again.
    """
    ids = alike_organisations(session, organisations)
    reviewing.later(session, "organisation_id", ids, now)
    offers = session.scalars(select(OFFER.c.id).where(OFFER.c.organisation_id.in_(ids), OFFER.c.status == "open"))
    for offer_id in offers if ids else ():
        refresh.later(session, "offer", offer_id)


def _differences(
    session: Session, batch: Sequence[Partner], against: index.Index, parties: Collection[int] | None
) -> list[Step]:
    if not batch:
        return []
    known: dict[str, dict[int, ScreeningHit]] = {}
    for row in _known(session, [partner.subject for partner in batch]):
        if parties is None or row.party_id in parties:
            known.setdefault(row.subject, {})[row.party_id] = row
    steps, least = [], threshold()
    for partner in batch:
        found = {item.party_id: item for item in against.search(partner.names, least, parties)}
        before = known.get(partner.subject, {})
        for party_id in sorted(found.keys() | before.keys()):
            stored, item = before.get(party_id), found.get(party_id)
            if item is None and stored is not None and not stored.current:
                continue
            if item and stored and stored.current and (stored.score, stored.evidence) == (item.score, item.evidence()):
                continue
            steps.append(Step(partner.subject, party_id, partner.organisation_id, partner.name, item))
    return steps


def _known(session: Session, subjects: Sequence[str]) -> Iterator[ScreeningHit]:
    wanted = sorted(set(subjects))
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        yield from session.scalars(select(ScreeningHit).where(col(ScreeningHit.subject).in_(some)))


def _made(session: Session, step: Step, now: datetime) -> ScreeningHit:
    score, evidence = (step.found.score, step.found.evidence()) if step.found else (0.0, {})
    row = ScreeningHit(
        subject=step.subject, subject_name=step.name[:500], organisation_id=step.organisation_id,
        party_id=step.party_id, score=score, evidence=evidence, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _changed(row: ScreeningHit, step: Step, now: datetime) -> Changes:
    changes: Changes = {}
    if step.found is None:
        if row.current:
            changes["current"], row.current = [True, False], False
    else:
        evidence = step.found.evidence()
        if _names(evidence) != _names(row.evidence):
            changes["names"] = [_names(row.evidence), _names(evidence)]
            if row.decision == "different":
                changes["decision"], row.decision = [row.decision, None], None
                changes["reason"], row.reason = [row.reason, ""], ""
                row.decided_by = row.decided_at = None
        if row.score != step.found.score:
            changes["score"], row.score = [row.score, step.found.score], step.found.score
        if not row.current:
            changes["current"], row.current = [False, True], True
        row.evidence, row.subject_name = evidence, step.name[:500]
    if changes:
        touch(row, None, now)
    return changes


def _names(evidence: dict[str, Any]) -> str:
    return f"{evidence['name']} / {evidence['listed']}"


def _tell(session: Session, row: ScreeningHit, what: str, now: datetime) -> None:
    data = {"subject": row.subject, "party_id": row.party_id, "score": row.score, "decision": row.decision}
    emit(session, Change(f"{KIND}.{what}", KIND, row.id or 0, row.version, data, visibility="private"), at=now)
