"""The world of the pages' tests with more of everything: programmes, organisations, needs, offers, commitments."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlmodel import Session

from benchmarks.catalogue_world import fill
from registry.catalogue.models import Organisation
from registry.db import Database
from registry.matching.forms import NEED_THEME, OFFER_THEME
from registry.matching.ledger.models import Proposal
from registry.matching.models import Need, Offer
from tests.support import web_world

STATES = 12
"""That programmes lie in: so few that a small catalogue has them all"""


@contextmanager
def worlds(folder: Path, template: Path, sizes: Sequence[int]) -> Iterator[list[tuple[Database, web_world.World]]]:
    """The same world, with so many programmes, needs, offers and commitments, once for each size."""
    first = folder / "world.db"
    shutil.copyfile(template, first)
    database = Database(f"sqlite:///{first}")
    world = web_world.build(database)
    database.dispose()
    found = []
    for size in sizes:
        path = folder / f"size{size}.db"
        shutil.copyfile(first, path)
        database = Database(f"sqlite:///{path}")
        fill(database, size - 30, spread=STATES)
        with database.transaction() as session:
            _add_around(session, world, size)
        found.append((database, world))
    try:
        yield found
    finally:
        for database, _ in found:
            database.dispose()


def _add_around(session: Session, world: web_world.World, count: int) -> None:
    """Copies of the world's need, offer and commitment; every third organisation is the same as its neighbour."""
    need, offer = _like(session, Need, world.need), _like(session, Offer, world.offer)
    proposal = _like(session, Proposal, session.execute(select(Proposal.id)).scalars().first() or 0)  # type: ignore[call-overload]
    for number in range(count):
        need_id = _copied(session, Need, need | {"title": f"{need['title']} {number}"})
        offer_id = _copied(session, Offer, offer | {"title": f"{offer['title']} {number}"})
        session.execute(insert(NEED_THEME).values(need_id=need_id, theme="marking"))
        session.execute(insert(OFFER_THEME).values(offer_id=offer_id, theme="marking"))
        agreed = {"need_id": need_id, "offer_id": offer_id, "status": "agreed", "round_id": None}
        now = web_world.NOW
        _copied(session, Proposal, proposal | agreed | {"agreed_at": now, "posted_at": now})
    organisation: Table = Organisation.__table__  # type: ignore[attr-defined]
    ids = list(session.execute(select(organisation.c.id).order_by(organisation.c.id)).scalars())[3:]
    for lead, behind in zip(ids[::3], ids[1::3], strict=False):
        same = {"cluster_id": lead}
        session.execute(update(organisation).where(organisation.c.id == lead).values(**same))
        session.execute(update(organisation).where(organisation.c.id == behind).values(lead_id=lead, **same))


def _like(session: Session, model: Any, id_: int) -> dict[str, Any]:
    row = session.execute(select(model.__table__).where(model.__table__.c.id == id_)).one()._asdict()
    return {name: value for name, value in row.items() if name not in ("id", "reference")}


def _copied(session: Session, model: Any, values: dict[str, Any]) -> int:
    return int(session.execute(insert(model.__table__).values(**values)).inserted_primary_key[0])  # type: ignore[attr-defined]
