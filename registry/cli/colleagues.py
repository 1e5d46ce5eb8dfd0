"""The demonstration's people at work on a draft: evidence, law and practice, comments, sections given out."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts.actor import Actor
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.compliance import assessments, editions
from registry.compliance.evidence import service as evidence
from registry.compliance.evidence.rules import judge_file
from registry.compliance.models import Assessment
from registry.compliance.sections import FACTS, steps
from registry.compliance.together import assignments, comments
from registry.compliance.writing import answers_of, as_dict

STATE, STANDARD = "KEN", "poa"
MOST = 100_000


def load(session: Session, now: datetime, mark: str) -> None:
    """In the State's draft, by its two officers. `mark` is said in every text: nothing of this is a fact."""
    draft = session.scalars(
        select(Assessment).where(
            col(Assessment.state) == STATE, col(Assessment.standard) == STANDARD, col(Assessment.status) == "draft"
        )
    ).one()
    author, second = _officers(session)
    edition = editions.pinned(session, draft.standard_id)
    given = answers_of(session, draft)
    scored = [clause for clause in given if edition.requirements[clause].answer == "scale"]
    partial = next(clause for clause in scored if given[clause].value == "partial")
    lacking = next(clause for clause in scored if given[clause].value == "none")
    apart = {
        partial: as_dict(given[partial]) | {"in_law": "yes", "in_practice": "partly"},
        lacking: as_dict(given[lacking]) | {"in_law": "no", "in_practice": "yes"},
    }
    assessments.answer(session, author, draft, {"answers": apart}, now=now)
    law = judge_file("register.csv", "text/csv", f"year,inspected\n2025,12\n,{mark}\n".encode(), MOST)
    evidence.add(session, author, draft, {"clause": partial, "title": f"Inspections ({mark})"}, law)
    permit = {"clause": partial, "title": f"Permit of the store ({mark})", "visibility": "public"}
    evidence.add(session, author, draft, permit | {"expires_on": (now - timedelta(days=40)).date().isoformat()})
    comments.add_comment(
        session, author, draft, {"clause": lacking, "text": f"Do the police do this already? ({mark})"}
    )
    comments.add_comment(session, second, draft, {"clause": lacking, "text": f"They do, without a text. ({mark})"})
    sections = [step.id for step in steps(edition, draft, ()) if step.id != FACTS]
    for section, officer in zip(sections, (author, second), strict=False):
        assignments.assign(session, author, draft, {"section": section, "user_id": officer.user_id})


def _officers(session: Session) -> tuple[Actor, Actor]:
    people = select(User).where(col(User.role) == "state", col(User.state) == STATE).order_by(col(User.id)).limit(2)
    author, second = (actor_of_user(user) for user in session.scalars(people))
    return author, second
