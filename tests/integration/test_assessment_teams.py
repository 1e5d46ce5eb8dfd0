"""A State's people at work on one assessment: comments and assigned sections, which nobody else ever sees."""

import pytest
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS
from registry.alerts import following, notices
from registry.compliance import assessments
from registry.compliance.together import assignments, comments
from registry.db import Database, utcnow
from registry.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated
from registry.events.consumers import Happening
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for, token_headers
from tests.support.standards import ALL_FULL, answered, events, person
from tests.support.web_world import World

SAID = {"clause": "mark-made", "text": "Is this the act of 2019?"}


def test_comments_are_the_states_alone_sent_twice_are_one_and_end_with_publication(small: Session) -> None:
    author, reviewer = person(small), person(small)
    draft = answered(small, author, ALL_FULL)
    first = comments.add_comment(small, author, draft, SAID)
    assert comments.add_comment(small, author, draft, SAID).id == first.id
    assessments.submit(small, author, draft)
    comments.add_comment(small, reviewer, draft, SAID | {"text": "Yes."})
    assert [(each.text, name) for each, name in comments.comments_of(small, author, draft, "mark-made")] == [
        (SAID["text"], "Somebody"), ("Yes.", "Somebody"),
    ]  # fmt: skip
    assert ("assessment.commented", "private") in events(small)
    for wrong in (SAID | {"text": "  "}, SAID | {"clause": "no-such"}):
        with pytest.raises(InvalidInput):
            comments.add_comment(small, author, draft, wrong)
    assessments.review(small, reviewer, draft)
    assessments.publish(small, author, draft)
    with pytest.raises(Conflict, match="changes no more"):
        comments.add_comment(small, author, draft, SAID | {"text": "Too late"})
    for stranger in (ANONYMOUS, person(small, state="UGA"), person(small, "coordinator")):
        with pytest.raises((NotAllowed, NotAuthenticated)):
            comments.comments_of(small, stranger, draft)
        with pytest.raises((NotAllowed, NotAuthenticated)):
            assignments.assignments_of(small, stranger, draft)


def test_a_section_is_given_to_a_colleague_who_is_told_once(small: Session) -> None:
    author, colleague, ugandan = person(small), person(small), person(small, state="UGA")
    draft = answered(small, author, {"mark-made": "full"})
    give = {"section": "marking", "user_id": colleague.user_id}
    assignments.assign(small, author, draft, give)
    version = draft.version
    assignments.assign(small, author, draft, give)
    assert draft.version == version, "the same again changes nothing"
    found = {each.step.id: each for each in assignments.assignments_of(small, author, draft)}
    marking = found["marking"]
    assert (marking.user_id, marking.step.answered) == (colleague.user_id, 1) and marking.step.of > 1
    happening = told_of(draft.id or 0, f'{{"section": "marking", "user_id": {colleague.user_id}}}')
    for _ in range(2):
        following.act(small, following.look(small, [happening]))
    mine, _ = notices.list_notices(small, colleague)
    assert [(each["kind"], each["record_id"], each["title"]) for each in mine] == [("assigned", draft.id, "small")]
    for wrong in (give | {"user_id": ugandan.user_id}, give | {"section": "no-such"}):
        with pytest.raises(InvalidInput):
            assignments.assign(small, author, draft, wrong)
    assignments.assign(small, author, draft, give | {"user_id": None})
    assert not following.look(small, [happening]), "nobody is told of what was taken back"
    assessments.submit(small, author, draft)
    with pytest.raises(Conflict):
        assignments.assign(small, author, draft, give)


def told_of(record_id: int, data: str) -> Happening:
    return Happening(
        position=1, uid="e-1", type="assessment.assigned", kind="assessment", record_id=record_id,
        record_version=1, visibility="private", state="KEN", organisation_id=None, data=data, at=utcnow(),
    )  # fmt: skip


def test_api_and_pages_comment_assign_and_filter(
    sqlite_app: RegistryFlask, sqlite_database: Database, world: World
) -> None:
    user = world.people["state"]
    headers = token_headers(sqlite_database, user, ["assessments:read", "assessments:write"])
    api, url = sqlite_app.test_client(), f"/api/v1/assessments/{world.assessment}"
    made = api.post(f"{url}/comments", json=SAID, headers=headers)
    assert made.status_code == 201 and made.get_json()["by"] == "A state"
    give = {"section": "marking", "user_id": user.id}
    assert api.post(f"{url}/assignments", json=give, headers=headers).status_code == 200
    mine = api.get(f"{url}/assignments?mine=true", headers=headers).get_json()["items"]
    assert [(each["section"], each["answered"], each["applicable"]) for each in mine] == [("marking", 3, 4)]
    assert api.get(f"{url}/comments").status_code in (401, 403, 404)
    browser = client_for(sqlite_app, user)
    page = check_page(browser.get(f"/en/assessments/{world.assessment}/clauses/mark-made").text)
    assert "Is this the act of 2019?" in page.text
    said = browser.post(f"/en/assessments/{world.assessment}/clauses/mark-made/comments", data={"text": "It is."})
    assert said.status_code == 303 and said.location.endswith("#comments")
    empty = browser.post(f"/en/assessments/{world.assessment}/clauses/mark-made/comments", data={"text": ""})
    assert empty.status_code == 422
    check_page(empty.text)
    nav = check_page(browser.get(f"/en/assessments/{world.assessment}/answer?section=marking&mine=1").text)
    links = [str(a.get("href")) for a in nav.all("a")]
    assert not [link for link in links if "section=records" in link], "only what is mine is listed"
    assert browser.post(f"/en/assessments/{world.assessment}/assign", data={"section": "marking"}).status_code == 303
    assert "nobody in particular" in check_page(browser.get(f"/en/assessments/{world.assessment}").text).text
