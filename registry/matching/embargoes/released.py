"""Which pairs a confirmed checklist lets through, read for the rule of matching."""

from sqlalchemy import select
from sqlmodel import Session, col

from registry.matching.embargoes import reading
from registry.matching.embargoes.rules import Exemption, Regime
from registry.matching.models import ExemptionCase


def released(session: Session) -> dict[tuple[int, int, str], frozenset[str]]:
    """(need, offer, regime) → flows that a confirmed checklist lets through, by the file as it is now."""
    found = {}
    for case in session.scalars(select(ExemptionCase).where(col(ExemptionCase.status) == "confirmed")):
        _, exemption = terms_of(case)
        if exemption is not None:
            found[case.need_id, case.offer_id, case.regime] = exemption.measures
    return found


def terms_of(case: ExemptionCase) -> tuple[Regime | None, Exemption | None]:
    """The embargo and its exemption, as the file has them now."""
    regime = reading.current().get(case.regime)
    return regime, regime.exemption(case.exemption) if regime else None
