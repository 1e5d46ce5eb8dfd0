"""Two people in one section: a write that would undo what its author has not seen is refused, with both sides."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from registry.compliance.judging import Judged
from registry.compliance.models import Assessment
from registry.compliance.writing import answers_of, as_dict
from registry.errors import FieldsChanged


def refuse_overtaken(
    session: Session, assessment: Assessment, form: Mapping[str, Any], judged: Mapping[str, Judged | None]
) -> None:
    """Raise FieldsChanged naming every answer and fact that differs from what the writer saw and from what is sent.

    `form` is an AnswersForm as loaded. Entries that do not say what the writer saw are not compared.
    """
    kept, found = answers_of(session, assessment), {}
    for clause, answer in form["answers"].items():
        seen = (answer or {}).get("version")
        row, new = kept.get(clause), judged[clause]
        version = row.version if row else 0
        stored, sent = as_dict(row) if row else None, as_dict(new) if new else None
        if seen is not None and seen != version and stored != sent:
            path = "answers." + clause.replace(".", "%2E")
            found[path] = {"clause": clause, "version": version, "stored": stored, "sent": sent}
    for fact, value in form["facts"].items():
        now = assessment.facts.get(fact)
        if fact in form["facts_seen"] and form["facts_seen"][fact] != now and now != value:
            path = "facts." + fact.replace(".", "%2E")
            found[path] = {"fact": fact, "stored": now, "sent": value}
    if found:
        names = ", ".join(each.get("clause") or each["fact"] for each in found.values())
        raise FieldsChanged(assessment.version, found, names)


def says_what_was_read(form: Mapping[str, Any]) -> bool:
    """Whether every answer and fact sent says what its writer saw, so that no version of the whole is needed."""
    answers, facts = form["answers"], form["facts"]
    known = (
        all("version" in (answer or {}) for answer in answers.values()) and facts.keys() <= form["facts_seen"].keys()
    )
    return bool(answers or facts) and known
