"""The consumer `rematch`: a need or offer that changed without being matched in its own transaction is matched now.

Who saves a need or offer here sees its pairs at once (entries.py asks for them before the commit). Whatever else writes
one, a feed or another registry, only has to emit the event: the version it was last matched in tells that it waits.
What a State does towards an instrument is a fact that offers make conditions of: where one does, the State's open needs
are matched anew.
"""

from collections.abc import Sequence

import orjson
from sqlalchemy import Table, select
from sqlmodel import Session

from registry.db import utcnow
from registry.events.consumers import Consumer, Happening
from registry.matching import refresh
from registry.matching.forms import NEED, OFFER
from registry.matching.ledger import reviewing

Touched = dict[str, set[int]]
PARTICIPATION = "participation"
TABLES: dict[str, Table] = {"need": NEED, "offer": OFFER}


def look(session: Session, happenings: Sequence[Happening]) -> Touched | None:
    """Kind → records among those that changed whose pairs were made for another version."""
    found: Touched = {}
    for kind, table in TABLES.items():
        # `match.refreshed` is told of needs and offers too: it is what we do, not what we follow.
        ids = {each.record_id for each in happenings if each.type.startswith(f"{kind}.")}
        stale = select(table.c.id).where(table.c.id.in_(ids), table.c.matched_version != table.c.version)
        if ids and (waiting := set(session.execute(stale).scalars())):
            found[kind] = waiting
    # A donor's condition may ask for published answers.
    states = {each.state for each in happenings if each.type == "assessment.published"}
    if states:
        concerned = select(NEED.c.id).where(NEED.c.state.in_(states), NEED.c.status == "open")
        found["need"] = found.get("need", set()) | set(session.execute(concerned).scalars())
    acts = [each for each in happenings if each.kind == PARTICIPATION]
    if acts:
        found["need"] = found.get("need", set()) | _of_states(session, acts)
    return {kind: ids for kind, ids in found.items() if ids} or None


def _of_states(session: Session, acts: Sequence[Happening]) -> set[int]:
    """Open needs of the States that did something towards an instrument which an open offer makes a condition of."""
    listed = session.execute(select(OFFER.c.conditions).where(OFFER.c.status == "open")).scalars()
    asked = {condition["instrument"] for conditions in listed for condition in conditions or ()}
    states = {each.state for each in acts if orjson.loads(each.data)["instrument"] in asked}
    open_ones = select(NEED.c.id).where(NEED.c.status == "open", NEED.c.state.in_(states))
    return set(session.execute(open_ones).scalars()) if states else set()


def act(session: Session, touched: Touched) -> None:
    """Match them anew."""
    refresh.hold(session)
    refresh.refresh(session, touched.get("need", set()), touched.get("offer", set()))
    for kind, ids in touched.items():
        reviewing.later(session, f"{kind}_id", ids, utcnow())


CONSUMER = Consumer(
    frozenset({*TABLES, "assessment", PARTICIPATION}), look, act, "Match needs and offers that changed anew."
)
