"""Whether an answer fits its clause in one edition. Pure: an edition and what was given, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from registry.compliance.editions import Edition, Requirement
from registry.errors import N_, InvalidInput


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer that fits. `not_applicable`: the scale gives its value no fulfilment."""

    clause: str
    value: str
    not_applicable: bool
    reason: str
    evidence: str
    in_law: str = ""
    in_practice: str = ""


def judge_answers(edition: Edition, given: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Judged | None]:
    """Clause → the answer as it is to be kept, None where it is taken back.

    Raises InvalidInput with `answers.<clause>.value`-like paths for everything that does not fit.
    """
    wrong: dict[str, list[str]] = {}
    judged: dict[str, Judged | None] = {}
    for clause_id, answer in given.items():
        path = "answers." + clause_id.replace(".", "%2E")
        clause = edition.requirements.get(clause_id)
        if clause is None:
            wrong[path] = [N_("There is no such clause in this edition of the standard.")]
        elif answer is None or answer["value"] is None:
            judged[clause_id] = None
        else:
            found = judge(edition, clause, answer)
            if isinstance(found, Judged):
                judged[clause_id] = found
            else:
                field, message = found
                wrong[f"{path}.{field}"] = [message]
    if wrong:
        raise InvalidInput(wrong)
    return judged


def judge(edition: Edition, clause: Requirement, answer: Mapping[str, Any]) -> Judged | tuple[str, str]:
    """The answer as it is to be kept, or (field, what is wrong with it)."""
    value, reason = str(answer["value"]), str(answer.get("reason") or "")
    not_applicable = False
    if clause.answer == "scale":
        scale = edition.scheme.scale
        if value not in scale:
            return "value", f"This must be one of: {', '.join(scale)}."
        not_applicable = scale[value] is None
        if not_applicable and not reason:
            return "reason", N_("Say why this clause does not apply.")
    elif clause.answer == "number":
        number = _number(value)
        if number is None:
            return "value", N_("This must be a number.")
        value = number
    elif clause.answer == "date" and not _is_day(value):
        return "value", N_("Write a date as YYYY-MM-DD.")
    said = {name: str(answer.get(name) or "") for name in ("evidence", "in_law", "in_practice")}
    return Judged(clause.id, value, not_applicable, reason, **said)


def judge_facts(edition: Edition, given: Mapping[str, bool | None]) -> dict[str, bool | None]:
    """The facts as given; raises InvalidInput naming `facts.<fact>` for one this edition does not ask."""
    wrong = {
        "facts." + fact.replace(".", "%2E"): [N_("This standard does not ask for this fact.")]
        for fact in given
        if fact not in edition.facts
    }
    if wrong:
        raise InvalidInput(wrong)
    return dict(given)


def _number(text: str) -> str | None:
    """A number in plain notation, None where it is none (or none that anybody would write)."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 18 or len(text) > 40:
        return None
    return format(number, "f")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
