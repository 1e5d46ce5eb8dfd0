"""Answers of the earlier assessment that were not carried over: shown beside what asks about them now, never lost."""

from dataclasses import dataclass

from sqlmodel import Session

from registry.compliance import editions
from registry.compliance.carrying import CARRY, SUGGEST, fates
from registry.compliance.judging import Judged, judge
from registry.compliance.models import Assessment
from registry.compliance.writing import answers_of, as_dict


@dataclass(frozen=True, slots=True)
class FormerAnswer:
    """One answer given under an earlier edition. `fate`: suggest (its `targets` ask about it now) or archive."""

    clause: str
    ref: str
    question: str
    value: str
    """as given: a code of the earlier scale, a number, a date, text"""
    label: str
    """the same in words"""
    fate: str
    targets: tuple[str, ...]


def former_answers(session: Session, assessment: Assessment, language: str = "en") -> list[FormerAnswer]:
    """What the assessment this one began from had answered and this one was not given, in the order of the old edition.

    Together with the answers carried at the start these are all of its answers.
    """
    earlier = session.get(Assessment, assessment.carried_from) if assessment.carried_from else None
    if earlier is None:
        return []
    old = editions.pinned(session, earlier.standard_id)
    new = editions.pinned(session, assessment.standard_id)
    becomes = fates(old, new)
    found = []
    for clause, given in answers_of(session, earlier).items():
        asked, fate = old.requirements[clause], becomes[clause]
        if fate.kind == CARRY and isinstance(judge(new, new.requirements[fate.targets[0]], as_dict(given)), Judged):
            continue
        step = old.document["scale"].get(given.value) if asked.answer == "scale" else None
        found.append(
            FormerAnswer(
                clause,
                asked.ref,
                asked.question(language),
                given.value,
                editions.text_in(step["label"], language) if step else given.value,
                # An answer that no longer fits its clause is shown beside it.
                SUGGEST if fate.kind == CARRY else fate.kind,
                fate.targets,
            )
        )
    return sorted(found, key=lambda each: old.requirements[each.clause].position)
