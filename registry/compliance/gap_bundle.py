"""One draft need of gaps that a State found in several standards: the drafts of its assessments laid together."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.compliance.gaps import TYPE_ORDER, gap_draft
from registry.compliance.models import Assessment
from registry.errors import N_, InvalidInput

PRIORITIES = ("low", "medium", "high", "urgent")


def bundle_draft(
    session: Session, actor: Actor, assessments: Mapping[str, Assessment], clauses: Sequence[str]
) -> dict[str, Any]:
    """A draft need for gaps named `<standard>#<clause>`, in the form that needs are entered in.

    `assessments`: standard → the State's assessment in which its gaps are. Raises InvalidInput naming `clauses.<n>`
    as gaps.gap_draft does, also where the State has no such assessment.
    """
    wanted: dict[str, dict[str, int]] = {}
    wrong: dict[str, list[Any]] = {}
    for number, name in enumerate(clauses):
        standard, _, clause = name.partition("#")
        if standard in assessments and clause:
            wanted.setdefault(standard, {}).setdefault(clause, number)
        else:
            wrong[f"clauses.{number}"] = [N_("Name a gap of this State as standard#clause.")]
    drafts = []
    for standard, numbers in sorted(wanted.items()):
        try:
            drafts.append(gap_draft(session, actor, assessments[standard], {"clauses": list(numbers)}))
        except InvalidInput as error:
            places = list(numbers.values())
            for path, messages in error.fields.items():
                wrong[f"clauses.{places[int(path.rpartition('.')[2])]}"] = list(messages)
    if wrong:
        raise InvalidInput(wrong)
    return _together(drafts)


def _together(drafts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if len(drafts) == 1:
        return drafts[0]
    title = "; ".join(draft["title"] for draft in drafts)
    lines: dict[str, list[str]] = {}
    for draft in drafts:
        name = draft["title"].partition(":")[0]
        for line in draft["lines"]:
            lines.setdefault(line["type"], []).append(f"{name}: {line['description']}")
    return {
        **drafts[0],
        "title": title if len(title) <= 300 else title[:299] + "…",
        "description": "\n\n".join(draft["description"] for draft in drafts)[:20_000],
        "priority": max((draft["priority"] for draft in drafts), key=PRIORITIES.index),
        "themes": sorted({theme for draft in drafts for theme in draft["themes"]}),
        "lines": [{"type": kind, "description": "; ".join(lines[kind])[:500]} for kind in TYPE_ORDER if kind in lines],
        "requirements": [item for draft in drafts for item in draft["requirements"]],
    }
