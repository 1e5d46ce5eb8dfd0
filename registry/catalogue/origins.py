"""Programmes that came from another registry: found by their origin, whichever way they came, and kept by its stamp.

Here once each. A person's edits lie over the origin's word as over any feed's, and are not handed on.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, select, tuple_, update
from sqlmodel import Session

from registry.catalogue.writing import PROGRAMME, Current
from registry.events.origin import Origin, origin_of

_KEY = tuple_(PROGRAMME.c.origin_registry, PROGRAMME.c.origin_id)
_STAMP = (
    update(PROGRAMME)
    .where(PROGRAMME.c.id == bindparam("the_id"))
    .values(origin_generation=bindparam("generation"), origin_version=bindparam("to_version"))
)


def find_by_origin(session: Session, origins: Iterable[Origin]) -> dict[tuple[str, int], int]:
    """Origin.key → programme id, for those that are known here, archived ones too."""
    keys = {origin.key for origin in origins}
    if not keys:
        return {}
    rows = session.execute(
        select(PROGRAMME.c.origin_registry, PROGRAMME.c.origin_id, PROGRAMME.c.id).where(_KEY.in_(keys))
    )
    return {(registry, record_id): id_ for registry, record_id, id_ in rows}


def says_nothing_new(origin: Origin | None, before: Current, source: str) -> bool:
    """Whether what came is older than what is here, or the same version by another way.

    The same version counts again where it comes from the programme's own source (it may be read otherwise now), and
    where what is here went by its absence: a withdrawal by the origin itself has a version of its own.
    """
    here = origin_of(before)
    if origin is None or here is None or origin.stamp > here.stamp:
        return False
    return origin.stamp < here.stamp or (before.archived_at is None and before.source != source)


def raise_stamps(session: Session, stamps: Sequence[tuple[int, Origin]]) -> None:
    """Note (programme id, origin) that a later version says what is here. Nothing changes that anybody is told of."""
    if stamps:
        session.execute(
            _STAMP,
            [
                {"the_id": id_, "generation": origin.generation, "to_version": origin.version}
                for id_, origin in stamps
            ],
        )  # fmt: skip


def withdrawn_since(session: Session, withdrawals: Mapping[int, Origin]) -> dict[int, Origin]:
    """Of the withdrawals (programme id → origin) those that are later than what is here, of what is in force."""
    names = ("id", "origin_registry", "origin_id", "origin_generation", "origin_version")
    statement = select(*[PROGRAMME.c[name] for name in names]).where(
        PROGRAMME.c.id.in_(withdrawals), PROGRAMME.c.archived_at.is_(None)
    )
    found = {}
    for row in session.execute(statement.order_by(PROGRAMME.c.id).with_for_update()):
        here, gone = origin_of(row), withdrawals[row.id]
        if here is not None and here.key == gone.key and gone.stamp > here.stamp:
            found[row.id] = gone
    return found
