"""Which pairs a confirmed checklist lets through, read for the rule of matching."""

from sqlalchemy import select
from sqlmodel import Session, col

from registry.matching.embargoes import reading
from registry.matching.embargoes.rules import FINDING, Exemption, Regime, Release
from registry.matching.models import ExemptionCase


def released(session: Session) -> dict[tuple[int, int, str], Release]:
    """(need, offer, regime) → what a confirmed checklist lets through, by the file as it is now.

    One that does not say what was judged lets nothing through: it is confirmed anew.
    """
    found = {}
    for case in session.scalars(select(ExemptionCase).where(col(ExemptionCase.status) == "confirmed")):
        release = release_of(case)
        if release is not None:
            found[case.need_id, case.offer_id, case.regime] = release
    return found


def release_of(case: ExemptionCase) -> Release | None:
    """What a checklist lets through once it is confirmed; None where its exemption is no longer in the file."""
    _, exemption = terms_of(case)
    if exemption is None or not case.judged:
        return None
    types, themes, words = (frozenset(case.judged.get(name, ())) for name in ("types", "themes", "words"))
    return Release(exemption.measures, types, themes, words, exemption.kind == FINDING)


def terms_of(case: ExemptionCase) -> tuple[Regime | None, Exemption | None]:
    """The embargo and its exemption, or the finding that it does not apply, as the file has them now."""
    file = reading.current()
    regime, finding = file.get(case.regime), file.finding
    if regime is None:
        return None, None
    if finding is not None and case.exemption == finding.id:
        return regime, finding
    return regime, regime.exemption(case.exemption)
