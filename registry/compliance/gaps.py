"""From gap to need: what a State may ask for where a clause is not fully in place.

The draft is a plain dict in the form that needs are entered in; the door has it created and then notes the link here,
because needs are another slice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.catalogue import reference
from registry.compliance import editions, scoring
from registry.compliance.editions import Edition, Requirement, text_in
from registry.compliance.models import Assessment
from registry.compliance.schemas import GapsForm
from registry.compliance.scorecard import assessed
from registry.compliance.writing import note
from registry.db import utcnow
from registry.errors import N_, InvalidInput
from registry.schemas import load

TYPE_ORDER = ("expertise", "training", "equipment", "funding")


def gaps_of(session: Session, assessment: Assessment) -> list[scoring.Gap]:
    """The assessment's gaps, heaviest first."""
    mine = assessed(session, [assessment])[assessment.id or 0]
    return scoring.gaps(mine.scheme, mine.answers, mine.facts)


def gap_draft(session: Session, actor: Actor, assessment: Assessment, data: Mapping[str, Any]) -> dict[str, Any]:
    """A draft need for some of the assessment's gaps (input: GapsForm), for the State to complete.

    Raises InvalidInput naming `clauses.<n>` that is no gap (an open clause is none) or for which the standard names no
    kind of assistance.
    """
    policy.require(actor, "assessment.link_gap", assessment)
    edition = editions.pinned(session, assessment.standard_id)
    found = {gap.clause: gap for gap in gaps_of(session, assessment)}
    chosen, wrong = [], {}
    for number, clause in enumerate(load(GapsForm(), data)["clauses"]):
        if clause not in found:
            wrong[f"clauses.{number}"] = [N_("This clause is not answered as wanting: only such a one is a gap.")]
        elif not edition.requirements[clause].assist:
            wrong[f"clauses.{number}"] = [N_("The standard names no kind of assistance for this clause.")]
        elif found[clause] not in chosen:
            chosen.append(found[clause])
    if wrong:
        raise InvalidInput(wrong)
    chosen.sort(key=lambda gap: edition.requirements[gap.clause].position)
    clauses = [edition.requirements[gap.clause] for gap in chosen]
    return {
        "state": assessment.state,
        "title": _title(edition, clauses),
        "description": _description(edition, clauses),
        "language": "en",
        "priority": priority(edition.scheme, chosen),
        "themes": _themes(clauses),
        "lines": _lines(clauses),
        "requirements": [
            {"standard": edition.slug, "clause": clause.id, "assessment_id": assessment.id} for clause in clauses
        ],
    }


def note_linked(
    session: Session,
    actor: Actor,
    assessment: Assessment,
    clauses: Sequence[str],
    need_id: int,
    now: datetime | None = None,
) -> None:
    """Note that these gaps became a need: in the assessment's history, as event and in the audit log."""
    policy.require(actor, "assessment.link_gap", assessment)
    changes = {f"need.{clause}": [None, need_id] for clause in clauses}
    note(
        session, actor, assessment, "assessment.link_gap", now or utcnow(), changes,
        clauses=list(clauses), need_id=need_id,
    )  # fmt: skip


def priority(scheme: scoring.Scheme, gaps: Sequence[scoring.Gap]) -> str:
    """How pressing, by the heaviest gap's part of a whole duty's weight and by whether a critical clause is wanting.

    urgent: critical and not in place at all · high: critical, or a duty not in place at all · medium: half a duty's
    weight or more · low: the rest.
    """
    if any(gap.critical and not gap.fulfilment for gap in gaps):
        return "urgent"
    heaviest = max(scheme.weights.values())
    part = max((gap.weight / heaviest for gap in gaps), default=Fraction(0))
    if part == 1 or any(gap.critical for gap in gaps):
        return "high"
    return "medium" if part >= Fraction(1, 2) else "low"


def _title(edition: Edition, clauses: Sequence[Requirement]) -> str:
    instrument = edition.document["instrument"]
    name = text_in(instrument.get("short") or instrument["title"])
    headings = dict.fromkeys(
        text_in(edition.headings[clause.sections[-1]].title) if clause.sections else clause.id for clause in clauses
    )
    title = f"{name}: {', '.join(headings)} ({', '.join(dict.fromkeys(clause.ref for clause in clauses))})"
    return title if len(title) <= 300 else title[:299] + "…"


def _description(edition: Edition, clauses: Sequence[Requirement]) -> str:
    lines = [f"To be put in place under {edition.title()}, edition {edition.version}:"]
    for clause in clauses:
        asked = text_in(clause.node.get("summary") or clause.node["question"])
        lines.append(f"- {clause.ref}: {asked}")
        notes = [text_in(item["note"]) for item in clause.assist if item.get("note")]
        lines += [f"  {each}" for each in notes]
    return "\n".join(lines)[:20_000]


def _themes(clauses: Sequence[Requirement]) -> list[str]:
    return sorted({item["theme"] for clause in clauses for item in clause.assist})


def _lines(clauses: Sequence[Requirement]) -> list[dict[str, Any]]:
    themes = reference.themes()
    wanted: dict[str, dict[str, list[str]]] = {}
    for clause in clauses:
        for item in clause.assist:
            for kind in item["types"]:
                wanted.setdefault(kind, {}).setdefault(item["theme"], []).append(clause.ref)
    return [
        {
            "type": kind,
            "description": "; ".join(
                f"{themes[theme].name() if theme in themes else theme} ({', '.join(dict.fromkeys(refs))})"
                for theme, refs in wanted[kind].items()
            )[:500],
        }
        for kind in TYPE_ORDER
        if kind in wanted
    ]
