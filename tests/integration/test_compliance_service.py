"""An assessment's life: its steps, its answers, who may do what, what others learn."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.accounts.models import AuditEntry
from registry.catalogue.history import versions
from registry.catalogue.models import StateFact
from registry.compliance import assessments, editions, gaps, listing
from registry.compliance.former import former_answers
from registry.compliance.models import Answer, Assessment
from registry.compliance.writing import known_facts
from registry.db import Database, utcnow
from registry.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RegistryError,
    VersionMismatch,
)
from tests.support.standards import ALL_FULL, SECOND, answered, card, changed, events, load_text, person, published


def test_an_assessment_goes_from_draft_to_published(small: Session) -> None:
    author, reviewer = person(small), person(small)
    assessment = published(small, author, reviewer, ALL_FULL)
    assert (assessment.status, assessment.version) == ("published", 5)
    assert (assessment.submitted_by, assessment.reviewed_by) == (author.user_id, reviewer.user_id)
    assert events(small)[1:] == [
        ("assessment.created", "private"),
        ("assessment.updated", "private"),
        ("assessment.submitted", "private"),
        ("assessment.reviewed", "private"),
        ("assessment.published", "public"),
    ]
    history = versions(small, "assessment", assessment.id or 0)
    assert [step.changes.get("status") for step in history] == [
        ["reviewed", "published"],
        ["submitted", "reviewed"],
        ["draft", "submitted"],
        None,
        [None, "draft"],
    ]
    full = {"value": "full", "reason": "", "evidence": ""}
    assert history[3].changes == {f"answers.{clause}": [None, full] for clause in ALL_FULL}


def test_steps_out_of_order_are_conflicts(small: Session) -> None:
    author, reviewer = person(small), person(small)
    empty = assessments.start(small, author, {"standard": "small"})
    with pytest.raises(Conflict, match="no answers"):
        assessments.submit(small, author, empty)
    for operation in (assessments.review, assessments.publish):
        with pytest.raises(Conflict, match="still a draft"):
            operation(small, reviewer, empty)
    assessments.answer(small, author, empty, {"answers": {"rec-all": {"value": "full"}}})
    assessments.submit(small, author, empty)
    with pytest.raises(Conflict, match="handed in"):
        assessments.answer(small, author, empty, {"answers": {"rec-all": None}})
    assessments.review(small, reviewer, empty)
    assessments.publish(small, author, empty)
    with pytest.raises(Conflict, match="changes no more"):
        assessments.answer(small, author, empty, {"answers": {"rec-all": None}})
    with pytest.raises(Conflict, match="changes no more"):
        assessments.send_back(small, author, empty, {"reason": "too late"})


def test_nobody_reviews_what_they_handed_in(small: Session) -> None:
    author = person(small)
    assessment = answered(small, author, ALL_FULL)
    assessments.submit(small, author, assessment)
    for actor in (author, system("cli")):
        with pytest.raises(NotAllowed, match="Another person"):
            assessments.review(small, actor, assessment)


def test_a_returned_assessment_is_a_draft_with_a_reason(small: Session) -> None:
    author, reviewer = person(small), person(small)
    assessment = answered(small, author, ALL_FULL)
    assessments.submit(small, author, assessment)
    with pytest.raises(InvalidInput) as error:
        assessments.send_back(small, reviewer, assessment, {"reason": "  "})
    assert list(error.value.fields) == ["reason"]
    assessments.send_back(small, reviewer, assessment, {"reason": "Where is the register?"})
    assert (assessment.status, assessment.status_reason) == ("draft", "Where is the register?")
    assert assessment.submitted_by is None
    assessments.submit(small, author, assessment)
    assert assessment.status_reason is None


def test_one_assessment_of_a_standard_at_a_time(small: Session) -> None:
    first = assessments.start(small, person(small), {"standard": "small"})
    with pytest.raises(Conflict, match=f"Assessment {first.id} of this standard"):
        assessments.start(small, person(small), {"standard": "small"})
    assessments.start(small, person(small, state="FRA"), {"standard": "small"})


def together(database: Database, *operations: Callable[[Session], object]) -> list[object]:
    """Run each operation in a transaction of its own, all at once; their errors in place of results."""
    begin = threading.Barrier(len(operations))

    def run(operation: Callable[[Session], object]) -> object:
        begin.wait()
        try:
            with database.transaction() as session:
                return operation(session)
        except RegistryError as error:
            return error

    with ThreadPoolExecutor(len(operations)) as pool:
        return list(pool.map(run, operations))


def test_two_who_begin_in_the_same_instant_get_one_assessment(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        load_text(session, tmp_path)
        people = [person(session) for _ in range(4)]
    results = together(database, *(partial(_start, actor=actor) for actor in people))
    assert [type(result) for result in results].count(Conflict) == 3
    with database.reading() as session:
        assert len(session.scalars(select(Assessment)).all()) == 1


def _start(session: Session, actor: Actor) -> object:
    return assessments.start(session, actor, {"standard": "small"}).id


def test_two_who_answer_in_the_same_instant_lose_nothing(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        load_text(session, tmp_path)
        author = person(session)
        draft = answered(session, author, {"rec-all": "none"})

    def give(session: Session, value: str, version: int | None) -> object:
        assessment = assessments.get_assessment(session, author, draft.id or 0)
        given = {"answers": {"rec-all": {"value": value}, "rec-body": {"value": value}}}
        return assessments.answer(session, author, assessment, given, version).version

    both = together(database, *[partial(give, value="partial", version=2)] * 2)
    assert [type(each) for each in both].count(VersionMismatch) == 1 and 3 in both
    assert sorted(map(str, together(
        database, partial(give, value="none", version=None), partial(give, value="na2", version=None),
        partial(give, value="full", version=None),
    ))) == ["4", "5", "Some fields need attention."]  # fmt: skip


def test_the_database_itself_asks_for_the_reason_of_not_applicable(small: Session) -> None:
    assessment = answered(small, person(small), {"rec-all": "none"})
    small.add(
        Answer(assessment_id=assessment.id or 0, clause="x", value="na", not_applicable=True, answered_at=utcnow())
    )
    with pytest.raises(IntegrityError, match="na_reason"):
        small.flush()


def test_answers_are_kept_together_or_not_at_all(small: Session) -> None:
    author = person(small)
    assessment = assessments.start(small, author, {"standard": "small"})
    given = {"rec-all": {"value": "full"}, "rec-law": {"value": "na"}, "mark-made": {"value": "perfect"}}
    with pytest.raises(InvalidInput) as error:
        assessments.answer(small, author, assessment, {"answers": given})
    assert set(error.value.fields) == {"answers.rec-law.reason", "answers.mark-made.value"}
    assert small.scalars(select(Answer)).all() == [] and assessment.version == 1


def test_answers_are_changed_taken_back_and_left_alone(small: Session) -> None:
    author = person(small)
    assessment = answered(small, author, {"rec-all": "full", "rec-law": "none", "mark-made": "partial"})
    given = {"rec-all": {"value": "partial", "evidence": "register"}, "rec-law": None, "rec-body": None}
    assessments.answer(small, author, assessment, {"answers": given})
    document = listing.describe_assessment(small, assessment)
    assert {clause: answer["value"] for clause, answer in document["answers"].items()} == {
        "mark-made": "partial",
        "rec-all": "partial",
    }
    assert document["answers"]["rec-all"]["evidence"] == "register"
    assert document["progress"] == {"clauses": 7, "filled_in": 2}
    version = assessment.version
    assessments.answer(small, author, assessment, {"answers": {"mark-made": {"value": "partial"}}}, version)
    assert assessment.version == version


def test_two_people_editing_the_second_is_told(small: Session) -> None:
    author = person(small)
    assessment = answered(small, author, {"rec-all": "full"})
    with pytest.raises(VersionMismatch):
        assessments.answer(small, author, assessment, {"answers": {"rec-all": {"value": "none"}}}, 1)
    with pytest.raises(VersionMismatch):
        assessments.submit(small, author, assessment, 1)
    assert assessments.answers_of(small, assessment)["rec-all"].value == "full"


def test_facts_come_from_what_is_known_and_can_be_set_for_one_assessment(small: Session) -> None:
    for fact, value in (("manufactures", True), ("imports", None), ("coastal", True)):
        small.add(StateFact(state="KEN", fact=fact, value=value, source="made up", updated_at=utcnow()))
    author = person(small)
    assessment = assessments.start(small, author, {"standard": "small", "facts": {"imports": False}})
    assert assessment.facts == {"manufactures": True, "imports": False}
    assessments.answer(small, author, assessment, {"facts": {"manufactures": False}})
    assert assessment.facts == {"manufactures": False, "imports": False}
    assert card(small, assessment)["applicable"] == 3
    with pytest.raises(InvalidInput) as error:
        assessments.answer(small, author, assessment, {"facts": {"coastal": True}})
    assert list(error.value.fields) == ["facts.coastal"]


def test_a_new_assessment_can_begin_with_the_answers_of_the_last(small: Session, tmp_path: Path) -> None:
    author, reviewer = person(small), person(small)
    first = published(
        small, author, reviewer, {"mark-made": "na", "mark-import": "none", "rec-all": "full", "rec-law": "full"},
        facts={"imports": True},
    )  # fmt: skip
    assert [each.id for each in assessments.earlier_assessments(small, author, "KEN", "small")] == [first.id]
    load_text(small, tmp_path, SECOND)
    second = assessments.start(small, reviewer, {"standard": "small", "carry_from": first.id})
    kept = assessments.answers_of(small, second)
    assert {clause: answer.value for clause, answer in kept.items()} == {"mark-made": "na", "mark-imported": "none"}
    assert kept["mark-imported"].answered_by == author.user_id
    assert second.facts["imports"] is True and second.carried_from == first.id
    former = {each.clause: (each.value, each.fate, each.targets) for each in former_answers(small, second)}
    assert former == {"rec-all": ("full", "suggest", ("rec-all",)), "rec-law": ("full", "archive", ())}
    assert former_answers(small, first) == []


def test_carried_on_an_assessment_keeps_the_facts_that_the_state_said_itself(small: Session) -> None:
    """Nothing has changed, so the same clauses apply and the same score comes out."""
    for fact, value in (("manufactures", False), ("imports", False)):
        small.add(StateFact(state="KEN", fact=fact, value=value, source="made up", updated_at=utcnow()))
    author, reviewer = person(small), person(small)
    said: dict[str, bool | None] = {"manufactures": True, "imports": None}
    first = published(small, author, reviewer, {**ALL_FULL, "mark-made": "none"}, facts=said)
    second = assessments.start(small, reviewer, {"standard": "small", "carry_from": first.id})
    assert first.facts == second.facts == said
    before, after = card(small, first), card(small, second)
    assert {name: after[name] for name in ("applicable", "low", "high")} == {
        name: before[name] for name in ("applicable", "low", "high")
    }
    small.scalars(select(StateFact).where(StateFact.fact == "imports")).one().updated_at = utcnow()
    small.flush()
    third = known_facts(small, "KEN", editions.pinned(small, first.standard_id), first)
    assert third == {"manufactures": True, "imports": False}, "recorded since, and left open before"


def test_answers_are_carried_only_from_the_own_published_assessment(small: Session) -> None:
    author, reviewer = person(small), person(small)
    stranger, other = person(small, state="FRA"), person(small, state="FRA")
    theirs = published(small, stranger, other, ALL_FULL)
    for wrong in (theirs.id, 999, 2**62):
        with pytest.raises(InvalidInput) as error:
            assessments.start(small, author, {"standard": "small", "carry_from": wrong})
        assert list(error.value.fields) == ["carry_from"]
    assert assessments.start(small, reviewer, {"standard": "small", "carry_from": None}).carried_from is None


def test_a_superseded_or_unknown_standard_is_not_assessed(session: Session, tmp_path: Path) -> None:
    load_text(session, tmp_path, changed(("status: active", "status: superseded")))
    with pytest.raises(Conflict, match="superseded"):
        assessments.start(session, person(session), {"standard": "small"})
    with pytest.raises(NotFound):
        assessments.start(session, person(session), {"standard": "nothing"})


# Scores


OTHERS = [
    ANONYMOUS,
    Actor(role="state", user_id=999, state="FRA", label="user:999"),
    *(Actor(role=role, user_id=999, label="user:999") for role in ("donor", "agency", "coordinator", "admin")),
]


def test_before_it_is_published_an_assessment_exists_for_its_state_alone(small: Session) -> None:
    assessment = answered(small, person(small), {"rec-all": "none"})
    for who in OTHERS:
        with pytest.raises(NotFound):
            assessments.get_assessment(small, who, assessment.id or 0)
        assert listing.list_assessments(small, who, {}) == ([], None)
        assert [kind for kind, _ in events(small, who)] == ["standard.loaded"]


def test_nobody_but_the_state_writes_its_assessment(small: Session) -> None:
    draft = answered(small, person(small), {"rec-all": "none"})
    for who in OTHERS:
        error = NotAllowed if who.signed_in else NotAuthenticated
        with pytest.raises(error):
            assessments.start(small, who, {"standard": "small", "state": "KEN"})
        with pytest.raises(error):
            assessments.answer(small, who, draft, {"answers": {"rec-all": {"value": "full"}}})
        with pytest.raises(error):
            assessments.send_back(small, who, draft, {"reason": "x"})
        with pytest.raises(error):
            gaps.gap_draft(small, who, draft, {"clauses": ["rec-all"]})
        for operation in (assessments.submit, assessments.review, assessments.publish):
            with pytest.raises(error):
                operation(small, who, draft)


def test_a_published_assessment_is_there_for_everybody(small: Session) -> None:
    assessment = published(small, person(small), person(small), ALL_FULL)
    assert assessments.get_assessment(small, ANONYMOUS, assessment.id or 0).id == assessment.id
    items, _ = listing.list_assessments(small, ANONYMOUS, {"state": "KEN", "standard": "small", "status": "published"})
    assert [(item["id"], item["band"], item["low"]["exact"]) for item in items] == [(assessment.id, "C", "1")]
    assert listing.list_assessments(small, ANONYMOUS, {"state": "FRA"})[0] == []


def test_the_audit_log_tells_what_was_done_and_no_answer(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        load_text(session, tmp_path)
        answered(session, person(session), {"rec-all": "none"})
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["standard.load", "assessment.create", "assessment.answer"]
    assert orjson.loads(entries[-1].detail) == {"state": "KEN", "standard": "small"}


# Gaps
