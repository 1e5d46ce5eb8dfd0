"""What an assessment says: score, trend, who finds it, and the need that a gap becomes."""

from pathlib import Path

import pytest
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, system
from registry.compliance import assessments, editions, gaps, scorecard
from registry.errors import (
    InvalidInput,
    NotFound,
)
from registry.matching.needs import create_need
from registry.matching.requirements import needs_by_clause
from tests.support.standards import ALL_FULL, SECOND, answered, card, events, load_text, person, published


def test_the_score_of_an_old_edition_stays_for_ever(small: Session, tmp_path: Path) -> None:
    assessment = published(small, person(small), person(small), {"mark-made": "none", "mark-import": "full"})
    before = card(small, assessment)
    load_text(small, tmp_path, SECOND)
    editions._PARSED.clear()
    assert card(small, assessment) == before
    assert (before["version"], before["low"]) == ("1.0.0", {"value": 0.1, "exact": "1/10"})


def test_a_score_says_all_there_is(small: Session) -> None:
    answers = {"mark-made": "partial", "mark-import": "none", "rec-all": "full", "rec-years": "20"}
    assessment = answered(small, person(small), answers, facts={"manufactures": True})
    found = card(small, assessment)
    expected = {
        "state": "KEN", "standard": "small", "version": "1.0.0", "status": "draft", "assessment_id": assessment.id,
        "low": {"value": 0.45, "exact": "9/20"}, "high": {"value": 0.75, "exact": "3/4"},
        "of_answered": {"value": 0.6429, "exact": "9/14"}, "answered_share": {"value": 0.75, "exact": "3/4"},
        "shall_low": {"value": 0.5, "exact": "1/2"}, "band": "PC", "band_label": "Partially compliant",
        "applicable": 4, "answered": 3, "not_applicable": 0, "trend": None,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert [(s["id"], s["title"], s["low"]["exact"], s["high"]["exact"]) for s in found["sections"]] == [
        ("marking", "Marking", "3/8", "3/8"),
        ("records", "Records", "1/2", "1"),
    ]
    assert [(gap["clause"], gap["ref"], gap["weight"]["exact"]) for gap in found["gaps"]] == [
        ("mark-made", "1 (a)", "3/2"),
        ("mark-import", "1 (b)", "1"),
    ]
    assert found["gaps"][0]["assist"] == [
        {"theme": "marking", "types": ["equipment", "training"]},
        {"theme": "legislation", "types": ["expertise"]},
    ]


def test_not_applicable_counts_only_after_the_review(small: Session) -> None:
    author, reviewer = person(small), person(small)
    assessment = answered(small, author, {**ALL_FULL, "mark-made": "na"})
    before = card(small, assessment)
    assert (before["low"]["exact"], before["not_applicable"], before["not_applicable_unreviewed"]) == ("7/10", 0, 1)
    assessments.submit(small, author, assessment)
    assert card(small, assessment)["low"]["exact"] == "7/10"
    assessments.review(small, reviewer, assessment)
    after = card(small, assessment)
    assert (after["low"]["exact"], after["not_applicable"], after["not_applicable_unreviewed"]) == ("1", 1, 0)
    assessments.send_back(small, reviewer, assessment, {"reason": "not so"})
    assert card(small, assessment)["low"]["exact"] == "7/10"


def test_the_trend_compares_with_the_published_assessment_before(small: Session, tmp_path: Path) -> None:
    author, reviewer = person(small), person(small)
    first = published(small, author, reviewer, {"mark-made": "none", "rec-law": "full"})
    load_text(small, tmp_path, SECOND)
    second = answered(small, author, {"mark-made": "partial", "rec-all": "full"})
    assert card(small, second)["trend"] == {
        "since": first.id,
        "change": {"value": 0.5, "exact": "1/2"},
        "clauses": ["mark-made"],
    }


def test_the_latest_assessment_is_found_for_who_may_see_it(small: Session) -> None:
    author, reviewer = person(small), person(small)
    with pytest.raises(NotFound, match="KEN has no assessment of small"):
        scorecard.latest(small, system("cli"), "KEN", "small", published_only=False)
    first = published(small, author, reviewer, ALL_FULL)
    second = answered(small, author, {"rec-all": "none"})
    assert scorecard.latest(small, ANONYMOUS, "KEN", "small").id == first.id
    assert scorecard.latest(small, ANONYMOUS, "KEN", "small", published_only=False).id == first.id
    assert scorecard.latest(small, author, "KEN", "small", published_only=False).id == second.id
    assert scorecard.latest(small, system("cli"), "KEN", "small", published_only=False).id == second.id


# Who may do what


def test_a_gap_becomes_a_draft_need_that_stays_linked(small: Session) -> None:
    author = person(small)
    assessment = answered(small, author, {"mark-made": "none", "rec-all": "partial", "mark-import": "full"})
    draft = gaps.gap_draft(small, author, assessment, {"clauses": ["rec-all", "mark-made", "rec-all"]})
    assert draft["title"] == "SMALL: Marking, Records (1 (a), 2)"
    assert "Is every weapon marked when it is made?" in draft["description"]
    assert (draft["state"], draft["priority"]) == ("KEN", "urgent")
    assert draft["themes"] == ["legislation", "marking", "record_keeping"]
    assert [line["type"] for line in draft["lines"]] == ["expertise", "training", "equipment"]
    assert draft["lines"][1]["description"] == "Marking (1 (a)); Record-keeping (2)"
    assert draft["requirements"] == [
        {"standard": "small", "clause": clause, "assessment_id": assessment.id} for clause in ("mark-made", "rec-all")
    ]
    need = create_need(small, author, draft)
    gaps.note_linked(small, author, assessment, ["mark-made", "rec-all"], need.id or 0)
    linked = needs_by_clause(small, author, "KEN", "small", ["mark-made", "rec-all", "rec-law"])
    assert {clause: [(each["id"], each["status"]) for each in found] for clause, found in linked.items()} == {
        "mark-made": [(need.id, "draft")],
        "rec-all": [(need.id, "draft")],
    }
    found = scorecard.scorecard(small, assessment, lambda _assessment, clauses: {"mark-made": linked["mark-made"]})
    assert [[need["id"] for need in gap["linked_needs"]] for gap in found["gaps"]] == [[need.id], []]
    assert ("assessment.gap_linked", "private") in events(small)
    assert needs_by_clause(small, ANONYMOUS, "KEN", "small", ["mark-made"]) == {}


def test_only_a_wanting_answer_with_assistance_is_a_gap_to_ask_for(small: Session) -> None:
    author = person(small)
    answers = {"rec-law": "none", "mark-import": "full", "rec-all": "none"}  # mark-made is open, rec-law has no assist
    assessment = answered(small, author, answers)
    for clause in ("rec-law", "mark-import", "mark-made", "nothing"):
        with pytest.raises(InvalidInput) as error:
            gaps.gap_draft(small, author, assessment, {"clauses": ["rec-all", clause]})
        assert list(error.value.fields) == ["clauses.1"]
