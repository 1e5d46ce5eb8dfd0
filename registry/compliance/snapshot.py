"""What a snapshot holds of compliance: which editions of standards are loaded, assessments and series one may see."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Participation
from registry.compliance.editions import version_key
from registry.compliance.indicators import views as indicators
from registry.compliance.indicators.models import Series
from registry.compliance.listing import describe_assessment
from registry.compliance.models import Assessment, Standard
from registry.compliance.participation.service import describe_act
from registry.events.snapshot import Record

_S: Any = Standard
_A: Any = Assessment
_I: Any = Series
_P: Any = Participation


def read_standards(session: Session, _actor: Actor, after: int, _limit: int) -> Sequence[tuple[int, Record]]:
    """Every standard by its id (`poa`), all at once: its editions, newest first; the texts are at its address.

    A standard's version counts the editions loaded, as its events do.
    """
    if after:
        return []
    rows = session.execute(
        select(_S.id, _S.slug, _S.version, _S.sha256, _S.current, _S.loaded_at).order_by(_S.slug)
    ).all()
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.slug, []).append(row)
    return [(max(edition.id for edition in editions), _standard(slug, editions)) for slug, editions in found.items()]


def _standard(slug: str, editions: list[Any]) -> Record:
    newest_first = sorted(editions, key=lambda edition: version_key(edition.version), reverse=True)
    data = {
        "standard": slug,
        "editions": [
            {"edition": edition.version, "sha256": edition.sha256, "current": edition.current}
            for edition in newest_first
        ],
    }
    return Record(slug, len(editions), max(edition.loaded_at for edition in editions), data)


def read_assessments(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Assessments that the actor may see, with ids above `after`: published ones, and a State's own."""
    rows = session.scalars(
        select(Assessment).where(_A.id > after, policy.visible(actor, Assessment)).order_by(_A.id).limit(limit)
    ).all()
    return [
        (row.id or 0, Record(row.id or 0, row.version, row.updated_at, describe_assessment(session, row)))
        for row in rows
    ]


def read_participation(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """What States did towards instruments, with ids above `after`."""
    rows = session.scalars(
        select(Participation).where(_P.id > after, policy.visible(actor, Participation)).order_by(_P.id).limit(limit)
    ).all()
    return [(row.id or 0, Record(row.id or 0, row.version, row.updated_at, describe_act(row))) for row in rows]


def read_series(session: Session, actor: Actor, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    """Series of indicators that the actor may see, with ids above `after`."""
    rows = session.scalars(
        select(Series).where(_I.id > after, policy.visible(actor, Series)).order_by(_I.id).limit(limit)
    ).all()
    described = indicators.describe(session, rows)
    return [
        (row.id or 0, Record(row.id or 0, row.version, row.updated_at, data))
        for row, data in zip(rows, described, strict=True)
    ]
