"""Answer once: what is suggested for a draft from the State's answers elsewhere, and what it makes of that."""

from fractions import Fraction
from pathlib import Path

import pytest
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.compliance import assessments, scorecard, suggesting
from registry.compliance.models import Assessment
from registry.compliance.writing import answers_of
from registry.db import Database
from registry.errors import Conflict, NotAllowed
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers
from tests.support.standards import STANDARD, changed, load_text

MORE = "{to: 'small#mark-import', rel: superset_of, strength: 8, note: It asks more}"
SAME = "{to: 'small#rec-all', rel: equal, strength: 9}"
ALIKE = "{to: 'small#rec-law', rel: intersects, strength: 5}"
OTHER = changed(
    ("id: small\n", "id: other\n"),
    ("short: SMALL", "short: OTHER"),
    ("      - id: mark-import\n", f"      - id: mark-import\n        maps: [{MORE}]\n"),
    ("      - id: rec-all\n", f"      - id: rec-all\n        maps: [{SAME}, {ALIKE}]\n"),
)
KENYA, UGANDA = Actor("state", state="KEN", label="user:1"), Actor("state", state="UGA", label="user:2")


@pytest.fixture
def two(session: Session, tmp_path: Path) -> Session:
    """Two standards whose clauses are linked."""
    load_text(session, tmp_path)
    load_text(session, tmp_path, OTHER)
    return session


def begun(session: Session, standard: str, actor: Actor = KENYA, **answers: str) -> Assessment:
    made = assessments.start(session, actor, {"standard": standard})
    given = {clause.replace("_", "-"): {"value": value} for clause, value in answers.items()}
    return assessments.answer(session, actor, made, {"answers": given}) if given else made


def suggested(session: Session, assessment: Assessment) -> dict[str, str | None]:
    return {clause: found.value for clause, found in suggesting.suggestions(session, KENYA, assessment).items()}


def test_what_follows_is_suggested_and_counts_for_nothing(two: Session) -> None:
    begun(two, "other", mark_import="full", rec_all="partial")
    draft = begun(two, "small")
    before = scorecard.scorecard(two, draft, lambda *_: {})
    assert suggested(two, draft) == {"mark-import": "full", "rec-all": "partial"}
    assert scorecard.scorecard(two, draft, lambda *_: {}) == before
    found = suggesting.suggestions(two, KENYA, draft)["mark-import"].inferred[0]
    assert (found.source, found.low, found.weakest) == (("other", "mark-import"), Fraction(1), 8)


def test_accepted_it_is_an_answer_that_says_where_it_came_from(two: Session) -> None:
    begun(two, "other", rec_all="full")
    draft = begun(two, "small")
    suggesting.decide(two, KENYA, draft, "rec-all", "accepted", draft.version)
    answer = answers_of(two, draft)["rec-all"]
    assert answer.value == "full" and "other#rec-all equal small#rec-all" in answer.evidence
    assert suggested(two, draft) == {}


def test_refused_it_is_not_suggested_again(two: Session) -> None:
    begun(two, "other", rec_all="full")
    draft = begun(two, "small")
    suggesting.decide(two, KENYA, draft, "rec-all", "refused", None)
    assert suggested(two, draft) == {} and "rec-all" not in answers_of(two, draft)
    with pytest.raises(Conflict):
        suggesting.decide(two, KENYA, draft, "rec-all", "accepted", None)


def test_where_less_is_not_in_place_more_cannot_be_and_no_single_answer_is_named(two: Session) -> None:
    begun(two, "small", mark_import="none")
    draft = begun(two, "other")
    found = suggesting.suggestions(two, KENYA, draft)["mark-import"]
    assert (found.value, found.values) == (None, ("none", "partial"))
    with pytest.raises(Conflict, match="answer it yourself"):
        suggesting.decide(two, KENYA, draft, "mark-import", "accepted", None)


def test_not_applicable_and_other_states_answers_say_nothing(two: Session) -> None:
    begun(two, "other", UGANDA, rec_all="full")
    other = begun(two, "other")
    assessments.answer(two, KENYA, other, {"answers": {"rec-all": {"value": "na", "reason": "no weapons"}}})
    draft = begun(two, "small")
    assert suggested(two, draft) == {}
    with pytest.raises(NotAllowed):
        suggesting.suggestions(two, UGANDA, draft)


def test_the_api_and_the_questionnaire_show_accept_and_refuse(
    sqlite_app: RegistryFlask, sqlite_database: Database, tmp_path: Path
) -> None:
    user = make_user(sqlite_database, "state")
    with sqlite_database.transaction() as session:
        load_text(session, tmp_path, STANDARD)
        load_text(session, tmp_path, OTHER)
        begun(session, "other", mark_import="full", rec_all="full")
        draft = begun(session, "small").id
    headers = token_headers(sqlite_database, user, ["assessments:read", "assessments:write"])
    api, address = sqlite_app.test_client(), f"/api/v1/assessments/{draft}"
    listed = api.get(f"{address}/suggestions", headers=headers).json
    assert listed and {item["clause"]: item["value"] for item in listed["items"]} == {
        "mark-import": "full", "rec-all": "full",
    }  # fmt: skip
    etag = api.get(address, headers=headers).headers["ETag"]
    body = {"decision": "accepted"}
    taken = api.post(f"{address}/suggestions/rec-all", json=body, headers=headers | {"If-Match": etag})
    assert taken.status_code == 200, taken.text
    assert (
        api.post(f"{address}/suggestions/rec-all", json=body, headers=headers | {"If-Match": etag}).status_code == 409
    )
    browser = client_for(sqlite_app, user)
    page = browser.get(f"/en/assessments/{draft}/answer?section=marking").text
    check_page(page)
    assert "this follows: In place" in page and "It asks more" in page
    sent = {"version": "2", "do": "accept:mark-import", "answers.mark-made.value": "none"}
    assert browser.post(f"/en/assessments/{draft}/answer?section=marking", data=sent).status_code == 303
    answers = api.get(address, headers=headers).json["answers"]  # type: ignore[index]
    given = {item["clause"]: item["value"] for item in answers} if isinstance(answers, list) else {
        clause: item["value"] for clause, item in answers.items()
    }  # fmt: skip
    assert given == {"rec-all": "full", "mark-import": "full", "mark-made": "none"}, "what else was typed is kept"
