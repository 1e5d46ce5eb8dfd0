"""The demonstration's assessments, facts about States, participation and accounts."""

import random
from typing import Any

from seed_data.bodies import BODIES, identifier
from seed_data.places import PLACES, STATES

SOURCE = "demonstration data, not a fact"
ITI = "mark-made mark-import mark-state mark-found rec-all rec-time rec-closed trace-reply trace-poc trace-interpol".split()
POA = "ii-4 ii-5 ii-33 ii-2 ii-3 ii-6 ii-15 ii-7 ii-8 ii-9 ii-10 ii-11 ii-12 ii-13 ii-14 ii-17 ii-18 ii-16 ii-19 ii-20 ii-21 ii-22 ii-23 iii-9 iii-6".split()
ITI_STATUS = "published published reviewed submitted draft published".split()
POA_STATUS = "draft published submitted published reviewed draft".split()
"""Kenya, whose officers people of the demonstration are, has published one assessment and has one under way."""
EVIDENCE = {
    "none": ["No text or practice was found", "Planned; no date is set", "Raised with the ministry, no answer yet"],
    "partial": ["Law covers the police, not the army", "Practised in the capital only", "Draft regulation before the cabinet", "Begun last year; <2-9> of <12-30> sites done"],
    "full": ["Act and regulations, in force", "Inspection report of last year", "Standing orders, seen by the reviewer", "Register shown to the assessors"],
}  # fmt: skip
WEIGHTS = ([0.55, 0.35, 0.10], [0.30, 0.45, 0.25], [0.10, 0.35, 0.55])
"""How often none, partial and full come up in States at the beginning, on the way and far along."""


def assessments(chance: random.Random) -> list[dict[str, Any]]:
    """ITI for 12 States, PoA for 6; the status says how far the State has taken it, drafts leave clauses open."""
    found = []
    for standard, clauses, count, statuses in (("iti", ITI, 12, ITI_STATUS), ("poa", POA, 6, POA_STATUS)):
        for number, state in enumerate(STATES[:count]):
            status, weights = statuses[number % len(statuses)], WEIGHTS[number % len(WEIGHTS)]
            share = 0.55 if status == "draft" else 0.94
            facts: dict[str, bool] = {"manufactures": number % 4 == 0, "imports": True}
            if standard == "poa":
                facts |= {"exports": number % 3 == 0, "conflict": number % 2 == 1}
            answers = {clause: _answer(chance, weights) for clause in clauses if chance.random() < share}
            found.append({"state": state, "standard": standard, "facts": facts, "answers": answers, "status": status})
    return found


def _answer(chance: random.Random, weights: list[float]) -> dict[str, str]:
    if chance.random() < 0.02:
        return {"value": "na", "reason": "Demonstration: the body that this clause speaks of does not exist here."}
    value = chance.choices(["none", "partial", "full"], weights)[0]
    low, high = chance.randint(2, 9), chance.randint(12, 30)
    said = chance.choice(EVIDENCE[value]).replace("<2-9>", str(low)).replace("<12-30>", str(high))
    return {"value": value, "evidence": f"Demonstration: {said[0].lower()}{said[1:]}."}


def facts(chance: random.Random) -> list[dict[str, Any]]:
    """Yes or no for most; what is not known is left out."""
    return [
        {"state": state, "fact": fact, "value": int(chance.random() < share), "source": SOURCE}
        for state in STATES
        for fact, share in (("manufactures", 0.1), ("imports", 0.95), ("exports", 0.15), ("conflict", 0.3))
        if chance.random() < 0.94
    ]


def participation(chance: random.Random) -> list[dict[str, Any]]:
    """Acts towards instruments, days before loading."""
    acts = (("att", "ratification", 0.5), ("firearms-protocol", "accession", 0.5), ("poa", "report", 0.7))
    return [
        {"state": state, "instrument": instrument, "act": act, "days_ago": chance.randrange(60, 1200 if act == "report" else 3000), "source": SOURCE}
        for state in STATES
        for instrument, act, share in acts
        if chance.random() < share
    ]  # fmt: skip


def users() -> list[dict[str, Any]]:
    """One account for each role, and a second officer of Kenya because whoever hands in does not review."""
    kenya = PLACES["KEN"].names["en"]
    return [
        {"email": "focal.point@demo.example", "name": f"Focal point, {kenya} (demonstration)", "role": "state", "state": "KEN"},
        {"email": "reviewer@demo.example", "name": f"Reviewer, {kenya} (demonstration)", "role": "state", "state": "KEN"},
        {"email": "donor@demo.example", "name": f"Desk officer, {BODIES[0].name}", "role": "donor", "organisation": identifier(0)},
        {"email": "agency@demo.example", "name": f"Programme officer, {BODIES[10].name}", "role": "agency", "organisation": identifier(10)},
        {"email": "coordinator@demo.example", "name": "Coordinator (demonstration)", "role": "coordinator"},
        {"email": "admin@demo.example", "name": "Administrator (demonstration)", "role": "admin"},
    ]  # fmt: skip
