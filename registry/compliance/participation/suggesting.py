"""What a State's participation suggests for its assessments: to begin one, or that a draft asks what does not bind it.

Suggestions only: whether a standard is assessed stays the State's own decision.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue.acts import REPORT, is_bound
from registry.catalogue.models import Participation
from registry.compliance.models import Assessment
from registry.compliance.participation.instruments import instruments
from registry.compliance.participation.service import acts_of

BEGIN, NOT_BOUND = KINDS = ("begin", "not_bound")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`begin`: the State is bound and nothing assesses it yet. `not_bound`: a draft assesses what binds it not."""

    kind: str
    instrument: str
    assessment_id: int | None = None


def suggestions(session: Session, actor: Actor, state: str, today: date) -> list[Suggestion]:
    """For instruments that bind by joining, by id. A State of which nothing is entered gets none."""
    acts: dict[str, list[Participation]] = {}
    found: list[Suggestion] = []
    for act in acts_of(session, state):
        if act.act != REPORT:
            acts.setdefault(act.instrument, []).append(act)
    known = instruments(session)
    rows = session.scalars(
        select(Assessment).where(col(Assessment.state) == state, policy.visible(actor, Assessment))
    ).all()
    for id_, done in acts.items():
        instrument = known.get(id_)
        if instrument is None or not instrument.loaded or instrument.members != "parties":
            continue
        mine = [row for row in rows if row.standard == id_]
        draft = next((row for row in mine if row.status == "draft"), None)
        bound = is_bound(done, today)
        if bound and not mine:
            found.append(Suggestion(BEGIN, id_))
        elif not bound and draft is not None:
            found.append(Suggestion(NOT_BOUND, id_, draft.id))
    return found
