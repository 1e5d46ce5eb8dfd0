"""Opening rounds, asking for scenarios, solving what waits, reading what came of it. For the staff only."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.paging import Sort, keyset
from registry.db import Database, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound, RegistryError
from registry.events.outbox import Change, emit
from registry.json_text import dumps
from registry.matching.allocation.process import solve_request
from registry.matching.rounds.freezing import freeze
from registry.matching.rounds.models import FAIRNESS_CODES, Round, Scenario

SOLVE = "matching.allocate"
"""The task that does a round's work; its key is the round's number"""


def open_round(
    session: Session, actor: Actor, title: str, fairness: Sequence[str], now: datetime | None = None
) -> Round:
    """A round with a scenario for each kind of fairness; its work waits for the task SOLVE.

    Raises NotAllowed; InvalidInput for `title` or `fairness`.
    """
    policy.require(actor, "allocation.manage")
    now = now or utcnow()
    wrong: dict[str, list[str]] = {}
    title = " ".join(title.split())
    if not 1 <= len(title) <= 200:
        wrong["title"] = [N_("A title of 1 to 200 characters is needed.")]
    if not fairness or not set(fairness) <= set(FAIRNESS_CODES):
        wrong["fairness"] = [N_("Choose at least one way to share.")]
    if wrong:
        raise InvalidInput(wrong)
    made = Round(title=title, created_by=actor.user_id, created_at=now, updated_at=now)
    session.add(made)
    session.flush()
    for code in dict.fromkeys(fairness):
        session.add(Scenario(round_id=made.id or 0, fairness=code, asked_at=now))
    session.flush()
    audit.record(session, actor, "allocation.open", f"allocation_round:{made.id}", fairness=sorted(set(fairness)))
    emit(session, _change("allocation.opened", made), at=now)
    return made


def ask_for(session: Session, actor: Actor, round_id: int, fairness: str, now: datetime | None = None) -> Scenario:
    """One more scenario, or one that failed once more. Raises NotFound, NotAllowed, InvalidInput, Conflict."""
    policy.require(actor, "allocation.manage")
    round_ = get_round(session, actor, round_id)
    now = now or utcnow()
    if fairness not in FAIRNESS_CODES:
        raise InvalidInput({"fairness": [N_("Choose at least one way to share.")]})
    found = next((one for one in scenarios(session, round_id) if one.fairness == fairness), None)
    if found is not None and found.status != "failed":
        raise Conflict(N_("This way of sharing is among the round's scenarios already."))
    scenario = found or Scenario(round_id=round_.id or 0, fairness=fairness, asked_at=now)
    scenario.status, scenario.reason, scenario.asked_at = "waiting", None, now
    session.add(scenario)
    session.flush()
    audit.record(session, actor, "allocation.ask", f"allocation_round:{round_id}", fairness=[fairness])
    return scenario


def work_off(database: Database, actor: Actor, round_id: int) -> int:
    """Freeze the round where that was not done, then solve each scenario that waits. Returns how many were solved.

    Each in its own short transaction, and solving in none: killed in between, what is missing is done when it is
    called again, from the same inputs.
    """
    solved = 0
    with database.transaction() as session:
        round_ = session.get(Round, round_id)
        if round_ is None:
            return 0
        if round_.inputs is None:
            _freeze(session, round_, utcnow())
        inputs = orjson.loads(round_.inputs or "{}")
        waiting = [(one.id or 0, one.fairness) for one in scenarios(session, round_id) if one.status == "waiting"]
    for scenario_id, fairness in waiting:
        try:
            answer, reason = solve_request({"problem": inputs["problem"], "fairness": fairness}), None
        except RegistryError as error:
            answer, reason = None, str(error)
        with database.transaction() as session:
            scenario = session.get(Scenario, scenario_id)
            round_ = session.get(Round, round_id)
            if scenario is None or round_ is None or scenario.status != "waiting":
                continue
            _settle(session, actor, round_, scenario, answer, reason, utcnow())
            solved += answer is not None
    return solved


def _freeze(session: Session, round_: Round, now: datetime) -> None:
    frozen = freeze(session, now)
    problem = frozen["problem"]
    round_.inputs = dumps(frozen)
    round_.inputs_sha256 = hashlib.sha256(round_.inputs.encode()).hexdigest()
    round_.weights_version = frozen["weights"]
    round_.needs, round_.offers, round_.pairs = (len(problem[name]) for name in ("needs", "offers", "pairs"))
    round_.frozen_at = round_.updated_at = now
    round_.version += 1
    session.add(round_)


def _settle(
    session: Session, actor: Actor, round_: Round, scenario: Scenario,
    answer: dict[str, Any] | None, reason: str | None, now: datetime,
) -> None:  # fmt: skip
    scenario.solved_at = now
    if answer is None:
        scenario.status, scenario.reason = "failed", (reason or "")[:500]
    else:
        scenario.status, scenario.figures = "solved", answer.pop("figures")
        scenario.result = dumps(answer)
    session.add(scenario)
    round_.version += 1
    round_.updated_at = now
    session.add(round_)
    session.flush()
    audit.record(
        session, actor, f"allocation.{scenario.status}", f"allocation_round:{round_.id}", fairness=[scenario.fairness]
    )
    emit(session, _change(f"allocation.{scenario.status}", round_, scenario), at=now)


def _change(type_: str, round_: Round, scenario: Scenario | None = None) -> Change:
    data: dict[str, Any] = {"title": round_.title}
    if scenario is not None:
        data["fairness"] = scenario.fairness
    return Change(type_, "allocation_round", round_.id or 0, round_.version, data, "private")


def get_round(session: Session, actor: Actor, round_id: int) -> Round:
    """Raises NotFound, also for who may not know of rounds."""
    found = session.get(Round, round_id) if policy.can(actor, "allocation.manage") else None
    if found is None:
        raise NotFound(N_("There is no such round."))
    return found


def get_scenario(session: Session, actor: Actor, round_id: int, fairness: str) -> tuple[Round, Scenario]:
    """A round and the scenario of it that shares in this way. Raises NotFound."""
    round_ = get_round(session, actor, round_id)
    found = next((one for one in scenarios(session, round_id) if one.fairness == fairness), None)
    if found is None:
        raise NotFound(N_("This round has no such scenario."))
    return round_, found


def inputs_of(session: Session, actor: Actor, round_id: int) -> str:
    """What was frozen, as JSON. Raises NotFound, also where nothing was frozen yet."""
    inputs = get_round(session, actor, round_id).inputs
    if inputs is None:
        raise NotFound(N_("Nothing is frozen yet: the work of this round has not begun."))
    return inputs


def scenarios(session: Session, round_id: int) -> list[Scenario]:
    """Of one round, in a fixed order."""
    found = session.scalars(select(Scenario).where(col(Scenario.round_id) == round_id)).all()
    return sorted(found, key=lambda one: FAIRNESS_CODES.index(one.fairness))


def list_rounds(
    session: Session, actor: Actor, cursor: str | None = None, limit: int = 50
) -> tuple[list[Round], str | None]:
    """Rounds, the newest first, and the cursor of the next page."""
    policy.require(actor, "allocation.manage")
    page = keyset(session, select(Round), Sort((col(Round.id),), descending=True, name="newest"), cursor, limit)
    return [row[0] for row in page.rows], page.next


def result_of(scenario: Scenario) -> dict[str, Any]:
    """Grants, unmet, unspent; empty where it is not solved."""
    return orjson.loads(scenario.result) if scenario.result else {"grants": [], "unmet": [], "unspent": []}
