"""The consumer `screening`: who is new, called otherwise, listed or taken off a list is compared at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from registry.accounts.actor import system
from registry.db import utcnow
from registry.events.consumers import Consumer, Happening
from registry.matching import refresh
from registry.matching.screening import screening
from registry.matching.screening.screening import Step


@dataclass(frozen=True)
class Work:
    """What to write, and organisations that became the same as others: their offers stand and fall together."""

    steps: list[Step] = field(default_factory=list)
    joined: set[int] = field(default_factory=set)


def look(session: Session, happenings: Sequence[Happening]) -> Work | None:
    """Compare whom these events are about."""
    ids: dict[str, set[int]] = {"listed_party": set(), "organisation": set(), "programme": set()}
    for each in happenings:
        ids[each.kind].add(each.record_id)
    organisations, parties = ids["organisation"], ids["listed_party"]
    steps = screening.vanished(session, organisations, parties)
    if organisations or ids["programme"]:
        steps += screening.differences(session, screening.partners(session, organisations, ids["programme"]))
    if parties:
        steps += screening.differences(session, screening.partners(session), parties)
    ends = (".joined", ".separated")
    joined = {each.record_id for each in happenings if each.kind == "organisation" and each.type.endswith(ends)}
    return Work(steps, joined) if steps or joined else None


def act(session: Session, work: Work) -> None:
    """Write what was found."""
    now = utcnow()
    refresh.hold(session)
    screening.write(session, system("screening"), work.steps, now)
    screening.rematch(session, work.joined, now)


CONSUMER = Consumer(
    frozenset({"listed_party", "organisation", "programme"}), look, act,
    "Compare partners' names with the sanctions lists.",
)  # fmt: skip
