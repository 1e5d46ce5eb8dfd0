"""The demonstration's proposals, indicators, reports: what its needs and offers came to, through the same services."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts.actor import Actor
from registry.compliance.indicators import service as indicators
from registry.matching import refresh
from registry.matching.ledger import capacity, service
from registry.matching.ledger.proposing import propose
from registry.matching.models import Match, Need, Offer
from registry.reporting import service as reports

PAIRS = 4
"""That the demonstration follows further than their match: each to another step"""
STATES = ("KEN", "GHA")
SERIES = {
    "sdg-16-4-2": ((18, 120), (31, 140), (52, 150)),
    "arms-marked": ((9_000, 42_000), (15_500, 42_000), (24_000, 41_500)),
}
"""Indicator → (numerator, denominator) of the last three years: invented"""


def load(session: Session, now: datetime, mark: str) -> None:
    """`mark` is said in every text: nothing of this is a fact."""
    refresh.run_pending(session)
    for step, (need, offer, amount) in enumerate(_pairs(session, now)):
        _promise(session, need, offer, amount, step, now - timedelta(days=30 - step), mark)
    for state in STATES:
        speaker = Actor("state", state=state, label="demonstration")
        _observe(session, speaker, now, mark)
        _report(session, speaker, now, mark, publish=state == STATES[-1])


def _report(session: Session, speaker: Actor, now: datetime, mark: str, publish: bool) -> None:
    """A report with a few words of the State's own; a published one so that everybody sees how it looks."""
    report = reports.begin(session, speaker, {"template": "poa-iti"}, now)
    words = {"body-contact": f"National focal point on small arms ({mark})", "gender": f"See the action plan ({mark})"}
    own = {name: {"text": text} for name, text in words.items()}
    number = reports.fill(session, speaker, report.id or 0, {"entries": own}, None, now).id or 0
    if publish:
        reports.submit(session, speaker, number, {"on": now.date().isoformat(), "source": mark}, None, now)
        reports.publish(session, speaker, number, None, now)


def _pairs(session: Session, now: datetime) -> list[tuple[Need, Offer, int]]:
    """The best matches in which nobody stands twice and money is asked and given, with what can be proposed of it."""
    rows = session.execute(
        select(Match.need_id, Match.offer_id)  # type: ignore[call-overload]
        .join(Offer, col(Offer.id) == Match.offer_id)
        .where(col(Offer.budget).is_not(None))
        .order_by(col(Match.score).desc(), Match.need_id, Match.offer_id)
    )
    found: list[tuple[Need, Offer, int]] = []
    for need_id, offer_id in rows:
        if len(found) == PAIRS:
            break
        need, offer = session.get_one(Need, need_id), session.get_one(Offer, offer_id)
        amount = _amount(session, need, offer, now)
        if amount and all(other.id != need_id and given.id != offer_id for other, given, _ in found):
            found.append((need, offer, amount))
    return found


def _amount(session: Session, need: Need, offer: Offer, now: datetime) -> int | None:
    """The most that can be agreed, in the offer's currency; None where its grants do not fit the ask."""
    types = capacity.shared_types(session, need.id or 0, offer.id or 0)
    most = capacity.most(session, capacity.ALL, need.id or 0, offer.id or 0, types, now.date())
    if most is None or most.value is None or most.amount.amount < (offer.min_grant or 1):
        return None
    return most.amount.amount


def _promise(session: Session, need: Need, offer: Offer, amount: int, step: int, at: datetime, mark: str) -> None:
    giver = Actor("donor", organisation_id=offer.organisation_id, label="demonstration")
    state = Actor("state", state=need.state, label="demonstration")
    form = {"need_id": need.id, "offer_id": offer.id, "amount": amount, "text": mark}
    number = propose(session, giver, form, at).id or 0
    if step == 1:
        service.act(session, state, number, "ask", {"text": f"Does it cover training as well? ({mark})"}, now=at)
    if step >= 2:
        service.act(session, state, number, "accept", {"text": mark}, now=at)
    if step >= 3:
        paid = {"amount": amount, "on": at.date().isoformat(), "text": mark}
        service.act(session, giver, number, "disburse", paid, now=at)


def _observe(session: Session, state: Actor, now: datetime, mark: str) -> None:
    for indicator, years in SERIES.items():
        first = now.year - len(years)
        plan = {
            "baseline": "10", "baseline_on": f"{first - 1}-12-31", "target": "60", "target_on": f"{now.year + 4}-12-31",
        }  # fmt: skip
        series = indicators.begin(
            session, state, {"indicator": indicator, "visibility": "public", "note": mark, **plan}, now
        )
        figures = [
            {
                "period_start": f"{first + place}-01-01", "period_end": f"{first + place}-12-31",
                "numerator": numerator, "denominator": denominator, "source": mark,
            }
            for place, (numerator, denominator) in enumerate(years)
        ]  # fmt: skip
        indicators.observe(session, state, series.id or 0, {"observations": figures}, now=now)
