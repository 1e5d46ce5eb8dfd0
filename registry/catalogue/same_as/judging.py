"""People's judgements on pairs: same, different, unsure; taken back and changed at will, with who, when and why.

A judgement moves no content: records keep their own rows, and clusters follow from the judgements in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.history import record_revision
from registry.catalogue.models import Organisation, Programme
from registry.catalogue.same_as.candidates import score_pair
from registry.catalogue.same_as.clusters import settle
from registry.catalogue.same_as.models import RULES, SameAsPair
from registry.catalogue.same_as.pairs import HISTORY, parts_text
from registry.catalogue.same_as.rules import ordered
from registry.db import utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound, VersionMismatch

MODELS = {"programme": Programme, "organisation": Organisation}
JUDGED = ("verdict", "decided_by", "reason")


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judgement did: the pair as it now stands, and how many records changed their place."""

    pair: SameAsPair
    moved: int


def get_pair(session: Session, actor: Actor, pair_id: int, lock: bool = False) -> SameAsPair:
    """Raises NotFound where there is none the actor may see."""
    statement = select(SameAsPair).where(SameAsPair.id == pair_id, policy.visible(actor, SameAsPair))  # type: ignore[arg-type]
    pair = session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()
    if pair is None:
        raise NotFound(N_("There is no such pair."))
    return pair


def judge(
    session: Session,
    actor: Actor,
    pair_id: int,
    verdict: str | None,
    reason: str,
    expected_version: int | None,
    now: datetime | None = None,
) -> Judged:
    """Decide on a pair; None takes a person's word back, and an identifier rule that holds is in force again.

    Raises NotFound, VersionMismatch, Conflict (nothing to take back).
    """
    policy.require(actor, "same_as.judge")
    pair = get_pair(session, actor, pair_id, lock=True)
    if expected_version is not None and pair.version != expected_version:
        raise VersionMismatch(pair.version)
    if verdict is None and pair.decided_by != "person":
        raise Conflict(N_("Nobody has judged this pair: there is nothing to take back."))
    return _decide(session, actor, pair, verdict, reason, now or utcnow())


def judge_records(
    session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None
) -> Judged:  # fmt: skip
    """Decide on any two records of a kind (JudgementForm), found as a pair before or not.

    Raises InvalidInput where they are not two records that the actor may see, Conflict where a person has judged them.
    """
    policy.require(actor, "same_as.judge")
    now = now or utcnow()
    kind, (first, second) = data["kind"], ordered(data["first_id"], data["second_id"])
    if first == second:
        raise InvalidInput({"second_id": [N_("A record is always the same as itself: name another.")]})
    for name in ("first_id", "second_id"):
        model: Any = MODELS[kind]
        seen = session.execute(select(model.id).where(model.id == data[name], policy.visible(actor, model))).first()
        if seen is None:
            raise InvalidInput({name: [N_("There is no such record.")]})
    table: Any = SameAsPair
    pair = session.execute(
        select(SameAsPair)
        .where(table.kind == kind, table.first_id == first, table.second_id == second)
        .with_for_update()
    ).scalar_one_or_none()
    if pair is None:
        score, model_label = score_pair(session, kind, first, second)
        pair = SameAsPair(
            kind=kind, first_id=first, second_id=second, bits=score.bits, parts=parts_text(score), model=model_label,
            found_at=now, version=0,
        )  # fmt: skip
        session.add(pair)
        session.flush()
    elif pair.decided_by == "person":
        raise Conflict(N_("This pair was judged before: change that judgement."))
    return _decide(session, actor, pair, data["verdict"], data["reason"], now)


def _decide(
    session: Session, actor: Actor, pair: SameAsPair, verdict: str | None, reason: str, now: datetime
) -> Judged:
    by = "person"
    if verdict is None:
        verdict, by = ("same", "rule") if pair.rule in RULES else (None, "")
    before = {name: getattr(pair, name) for name in JUDGED}
    after = {"verdict": verdict, "decided_by": by or None, "reason": reason}
    if before == after:
        return Judged(pair, 0)
    for name, value in after.items():
        setattr(pair, name, value)
    pair.user_id = actor.user_id if by == "person" else None
    pair.decided_at = now if verdict else None
    pair.version += 1
    session.add(pair)
    session.flush()
    changes = {name: [before[name], after[name]] for name in JUDGED if before[name] != after[name]}
    record_revision(session, actor, HISTORY, pair.id or 0, pair.version, changes, now)
    audit.record(
        session, actor, "same_as.judge", f"same_as:{pair.id}", kind=pair.kind,
        records=[pair.first_id, pair.second_id], verdict=verdict, before=before["verdict"], reason=reason,
    )  # fmt: skip
    moved = settle(session, pair.kind, (pair.first_id, pair.second_id), actor, now)
    session.refresh(pair)
    return Judged(pair, len(moved))
