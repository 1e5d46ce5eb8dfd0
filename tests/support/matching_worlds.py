"""Random worlds of needs and offers, and what the table of pairs must hold by the rules."""

import random
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor
from registry.catalogue.models import Participation
from registry.matching import gather, refresh, weights
from registry.matching.eligibility import is_eligible
from registry.matching.models import ASSISTANCE_TYPES, Match
from registry.matching.score import score
from tests.support.matching import FRANCE, KENYA, THEMES, open_need, open_offer, organisation

Table = dict[tuple[int, int], float]


def table(session: Session) -> Table:
    """The stored pairs with their scores."""
    rows = session.execute(select(Match.need_id, Match.offer_id, Match.score))  # type: ignore[call-overload]
    return {(row.need_id, row.offer_id): row.score for row in rows}


def world(session: Session, seed: int, size: int) -> random.Random:
    """Random needs and offers of two States and one donor, some with conditions or without window."""
    choice = random.Random(seed)
    giver = organisation(session)
    session.add(Participation(state="KEN", instrument="att", act="ratification", source="test"))
    for _ in range(size):
        actor = choice.choice([KENYA, FRANCE])
        open_need(session, actor, **random_need(choice, actor))
        open_offer(session, giver, **random_offer(choice))
    return choice


def random_need(choice: random.Random, actor: Actor) -> dict[str, Any]:
    start = choice.randint(2027, 2028)
    lines: list[dict[str, Any]] = [{"type": choice.choice(ASSISTANCE_TYPES)} for _ in range(choice.randint(1, 2))]
    if choice.random() < 0.7:
        amount = choice.randint(1, 40) * 10_000_00
        lines[0]["money"] = {"amount": amount, "currency": "USD", "value_date": "2026-11-01"}
    return {
        "state": actor.state, "themes": choice.sample(THEMES[:3], choice.randint(1, 3)), "lines": lines,
        "window_start": f"{start}-0{choice.randint(1, 9)}-01", "window_end": f"{start + 1}-0{choice.randint(1, 9)}-01",
    }  # fmt: skip


def random_offer(choice: random.Random) -> dict[str, Any]:
    start = choice.randint(2026, 2028)
    known = choice.random() < 0.8
    return {
        "types": choice.sample(ASSISTANCE_TYPES, choice.randint(2, 4)),
        "themes": choice.sample(THEMES[:3], choice.randint(0, 3)),
        "places": choice.choice([[], [], ["KEN"], ["202"], ["FRA", "014"], ["150"]]),
        "min_grant": choice.choice([None, 5_000_00, 50_000_00]),
        "window_start": f"{start}-01-01" if known else None, "window_end": f"{start + 1}-06-01" if known else None,
        "conditions": choice.choice([[], [], [{"kind": "participates", "instrument": "att"}]]),
    }  # fmt: skip


def truth(session: Session, top: int) -> Table:
    """What the table must hold, by the rules over all pairs."""
    current = weights.current()
    all_needs = gather.need_facts(session, ANONYMOUS, gather.NEED_OPEN)
    all_offers = gather.offer_facts(session, ANONYMOUS, gather.OFFER_OPEN)
    context = gather.context(session, refresh.utcnow(), all_offers.values())
    pairs = {
        (need.id, offer.id): score(need, offer, current, context.today)[0]
        for need in all_needs.values()
        for offer in all_offers.values()
        if is_eligible(need, offer, context, current.min_overlap_months)
    }
    kept: Table = {}
    for side in (0, 1):
        for record_id in {key[side] for key in pairs}:
            own = sorted((-value, key[1 - side], key) for key, value in pairs.items() if key[side] == record_id)
            kept |= {key: pairs[key] for _, _, key in own[:top]}
    return kept
