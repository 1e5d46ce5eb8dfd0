"""Who is party to an instrument, who signed it, who left: read from what is entered here, by name, never ranked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from registry.catalogue.acts import LEAVING, SIGNATURE, periods
from registry.catalogue.models import Participation
from registry.catalogue.reference import name_key
from registry.compliance.participation.instruments import Instrument, get_instrument, instruments

PARTY, SIGNATORY, LEFT = STANDINGS = ("party", "signatory", "left")
"""`party` of a political commitment: takes part"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a State stands towards an instrument. A day that is None was not entered."""

    state: str
    standing: str
    signed_on: date | None
    joined_on: date | None
    left_on: date | None
    reservations: int
    checked: bool
    """Whether all that says so was compared with its source"""


def standing_of(state: str, acts: list[Participation], today: date) -> Standing | None:
    """Where a State stands by its acts towards one instrument; None: they do not say (only reports)."""
    telling = [act for act in acts if act.act != "report"]
    bound = periods(telling)
    if not telling:
        return None
    last = bound[-1] if bound else None
    holds = any(period.holds(today) for period in bound)
    return Standing(
        state,
        PARTY if holds else LEFT if last else SIGNATORY,
        min((act.on for act in telling if act.act == SIGNATURE and act.on), default=None),
        last.since if last else None,
        max((act.on for act in telling if act.act in LEAVING and act.on), default=None) if not holds else None,
        sum(bool(act.reservation) for act in telling),
        all(act.checked for act in telling),
    )


def standings(session: Session, instrument: str, today: date) -> list[Standing]:
    """All States that did something towards an instrument, in the order of their English names."""
    return _standings(session, today, instrument).get(instrument, [])


def _standings(session: Session, today: date, instrument: str | None = None) -> dict[str, list[Standing]]:
    query = select(Participation).order_by(col(Participation.on), col(Participation.id))
    if instrument is not None:
        query = query.where(col(Participation.instrument) == instrument)
    acts: dict[tuple[str, str], list[Participation]] = {}
    for row in session.scalars(query):
        acts.setdefault((row.instrument, row.state), []).append(row)
    found: dict[str, list[Standing]] = {}
    for (name, state), listed in sorted(acts.items(), key=lambda item: name_key(item[0][1])):
        if standing := standing_of(state, listed, today):
            found.setdefault(name, []).append(standing)
    return found


def list_instruments(session: Session, today: date) -> list[dict[str, Any]]:
    """All instruments by id, each with how many States stand how towards it, as far as it is known here."""
    found = _standings(session, today)
    return [_described(each, found.get(each.id, [])) for each in instruments(session).values()]


def describe_instrument(session: Session, id_: str, today: date) -> dict[str, Any]:
    """One instrument with where each State stands. Raises NotFound."""
    instrument = get_instrument(session, id_)
    listed = standings(session, id_, today)
    return {**_described(instrument, listed), "states": listed}


def _described(instrument: Instrument, listed: list[Standing]) -> dict[str, Any]:
    counts = Counter(each.standing for each in listed)
    names = ("id", "type", "issuer", "adopted", "in_force", "members", "source", "url", "checked", "loaded")
    return {
        **{name: getattr(instrument, name) for name in names},
        "title": instrument.title,
        "short": instrument.short,
        "counts": {name: counts[name] for name in STANDINGS},
    }
