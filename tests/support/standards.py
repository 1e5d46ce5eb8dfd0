"""A small standard of the tests' own, its next editions, and people of States who assess themselves."""

import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor, system
from registry.accounts.models import User
from registry.compliance import assessments, library, scorecard
from registry.compliance.editions import Edition
from registry.compliance.models import Assessment
from registry.events.models import Event

STANDARD = """\
schema: 1
id: small
version: 1.0.0
status: active
instrument:
  title: {en: Small standard, fr: Petite norme}
  short: SMALL
  type: technical_standard
  issuer: The tests
  adopted: 2005-12-08
  source: {ref: "made up"}
scale:
  none: {value: 0, label: Not in place}
  partial: {value: 0.5, label: Partly in place}
  full: {value: 1, label: In place}
  na: {value: null, label: Not applicable}
weights: {shall: 3, should: 1, may: 0}
bands:
  - {code: C, label: {en: Compliant, fr: Conforme}, min_shall: 1}
  - {code: PC, label: Partially compliant, min_shall: 0.4, no_zero_critical: true}
  - {code: NC, label: Non-compliant, min_shall: 0}
facts: {manufactures: "Weapons are made in the territory", imports: "Weapons are imported"}
requirements:
  - id: marking
    title: {en: Marking, fr: Marquage}
    children:
      - id: mark-made
        ref: "1 (a)"
        level: shall
        answer: scale
        critical: true
        applies_if: {fact: manufactures}
        question: Is every weapon marked when it is made?
        themes: [marking]
        assist:
          - {theme: marking, types: [equipment, training]}
          - {theme: legislation, types: [expertise]}
      - id: mark-import
        ref: "1 (b)"
        level: should
        answer: scale
        question: Are imported weapons marked?
        themes: [marking]
        assist: [{theme: marking, types: [equipment]}]
  - id: records
    title: Records
    children:
      - id: rec-all
        ref: "2"
        level: shall
        answer: scale
        question: Are records kept of all weapons?
        themes: [record_keeping]
        assist: [{theme: record_keeping, types: [training]}]
      - {id: rec-law, ref: "3", level: shall, answer: scale, question: Does a law say for how long?}
      - {id: rec-years, ref: "3", level: may, answer: number, question: For how many years?}
      - {id: rec-since, ref: "3", level: may, answer: date, question: Since when?}
      - {id: rec-body, ref: "4", level: may, answer: text, question: By which body?}
"""

CLAUSES = ["mark-made", "mark-import", "rec-all", "rec-law", "rec-years", "rec-since", "rec-body"]


def changed(*replacements: tuple[str, str], text: str = STANDARD) -> str:
    """The standard's text with something else in some places, each of which must be there."""
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    return text


SECOND = changed(
    ("version: 1.0.0", "version: 2.0.0"),
    ("id: mark-import", "id: mark-imported"),
    ("weights: {shall: 3", "weights: {shall: 5"),
    ('      - {id: rec-law, ref: "3", level: shall, answer: scale, question: Does a law say for how long?}\n', ""),
    (
        "facts:",
        "migrations:\n"
        "  - from: 1.0.0\n"
        "    changes:\n"
        "      - {kind: renamed, old: [mark-import], new: [mark-imported]}\n"
        "      - {kind: removed, old: [rec-law], new: []}\n"
        "      - {kind: tightened, old: [rec-all], new: [rec-all]}\n"
        "facts:",
    ),
)
"""A later edition: one clause renamed, one removed, one made stricter, duties weigh more."""


def write(folder: Path, text: str = STANDARD, name: str = "small.yaml") -> Path:
    """The text as a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def edition_of_text(folder: Path, text: str = STANDARD) -> Edition:
    """The edition that the text describes."""
    return library.read_file(write(folder, text))


def load_text(session: Session, folder: Path, text: str = STANDARD) -> None:
    """Load the text as a standard."""
    library.load(session, system("test"), [write(folder, text)])


def person(session: Session, role: str = "state", state: str | None = "KEN", **more: int) -> Actor:
    """Somebody with an account."""
    user = User(
        email=f"{uuid.uuid4()}@example.org", name="Somebody", role=role, state=state if role == "state" else None,
        password_hash="-", session_key="-", **more,
    )  # fmt: skip
    session.add(user)
    session.flush()
    return Actor(
        role=role, user_id=user.id, state=user.state, organisation_id=user.organisation_id, label=f"user:{user.id}"
    )


def answered(session: Session, author: Actor, answers: dict[str, str], **start: object) -> Assessment:
    """A draft with these answers."""
    assessment = assessments.start(session, author, {"standard": "small", **start})
    given = {clause: {"value": value, "reason": "made up" * (value == "na")} for clause, value in answers.items()}
    return assessments.answer(session, author, assessment, {"answers": given})


def published(session: Session, author: Actor, reviewer: Actor, answers: dict[str, str], **start: object) -> Assessment:
    """An assessment brought through its whole life."""
    assessment = answered(session, author, answers, **start)
    assessments.submit(session, author, assessment)
    assessments.review(session, reviewer, assessment)
    return assessments.publish(session, author, assessment)


ALL_FULL = {"mark-made": "full", "mark-import": "full", "rec-all": "full", "rec-law": "full"}


def events(session: Session, actor: Actor | None = None) -> list[tuple[str, str]]:
    """(type, visibility) of what this actor may see of what happened, in order."""
    session.flush()
    query = select(Event).where(policy.visible(actor or system("test"), Event)).order_by(Event.id)
    return [(event.type, event.visibility) for event in session.scalars(query)]


def card(session: Session, assessment: Assessment) -> dict[str, Any]:
    """What the assessment says."""
    return scorecard.scorecard(session, assessment)
