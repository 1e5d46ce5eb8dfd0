"""Colleagues in one section: nobody undoes what they have not seen, and nothing that was typed is lost."""

import pytest
from sqlmodel import Session

from registry.compliance import assessments, listing, scorecard
from registry.compliance.models import Assessment
from registry.compliance.writing import answers_of
from registry.db import Database
from registry.errors import FieldsChanged, InvalidInput
from registry.http import RegistryFlask
from tests.support.pages import Page, check_page
from tests.support.people import client_for, token_headers
from tests.support.standards import answered, person
from tests.support.web_world import World

FULL, PARTLY = {"value": "full"}, {"value": "partial"}


def versions(session: Session, assessment: Assessment) -> dict[str, int]:
    return {clause: row.version for clause, row in answers_of(session, assessment).items()}


def test_two_answer_different_clauses_with_what_each_has_seen(small: Session) -> None:
    first, second = person(small), person(small)
    draft = answered(small, first, {"mark-made": "none"})
    seen = versions(small, draft)
    assessments.answer(small, first, draft, {"answers": {"mark-made": FULL | {"version": seen["mark-made"]}}})
    assessments.answer(small, second, draft, {"answers": {"rec-all": PARTLY | {"version": 0}}})
    assert {clause: row.value for clause, row in answers_of(small, draft).items()} == {
        "mark-made": "full", "rec-all": "partial",
    }  # fmt: skip


def test_the_same_clause_is_a_conflict_that_shows_both_and_keeps_nothing_of_the_second(small: Session) -> None:
    first, second = person(small), person(small)
    draft = answered(small, first, {"mark-made": "none"})
    seen = versions(small, draft)["mark-made"]
    assessments.answer(small, first, draft, {"answers": {"mark-made": PARTLY | {"version": seen}}})
    late = {"mark-made": FULL | {"version": seen}, "rec-all": FULL | {"version": 0}}
    with pytest.raises(FieldsChanged, match="mark-made") as refused:
        assessments.answer(small, second, draft, {"answers": late})
    both = refused.value.fields["answers.mark-made"]
    assert (both["stored"]["value"], both["sent"]["value"]) == ("partial", "full")
    assert set(answers_of(small, draft)) == {"mark-made"}
    late["mark-made"]["version"] = both["version"]
    assessments.answer(small, second, draft, {"answers": late})
    assert {row.value for row in answers_of(small, draft).values()} == {"full"}


def test_an_answer_taken_back_and_given_again_is_not_the_one_that_was_seen(small: Session) -> None:
    author = person(small)
    draft = answered(small, author, {"mark-made": "none"})
    seen = versions(small, draft)["mark-made"]
    assessments.answer(small, author, draft, {"answers": {"mark-made": {"value": None, "version": seen}}})
    assessments.answer(small, author, draft, {"answers": {"mark-made": PARTLY | {"version": 0}}})
    with pytest.raises(FieldsChanged):
        assessments.answer(small, author, draft, {"answers": {"mark-made": FULL | {"version": seen}}})
    same = PARTLY | {"version": seen}
    assert assessments.answer(small, author, draft, {"answers": {"mark-made": same}}).version == draft.version


def test_a_fact_that_a_colleague_changed_is_a_conflict_too(small: Session) -> None:
    author = person(small)
    draft = answered(small, author, {"mark-made": "none"}, facts={"manufactures": True})
    assessments.answer(small, author, draft, {"facts": {"manufactures": False}, "facts_seen": {"manufactures": True}})
    with pytest.raises(FieldsChanged, match="manufactures"):
        assessments.answer(
            small, author, draft, {"facts": {"manufactures": None}, "facts_seen": {"manufactures": True}}
        )


def test_law_and_practice_are_kept_carried_and_warned_of_and_score_nothing(small: Session) -> None:
    author, reviewer = person(small), person(small)
    draft = answered(small, author, {"mark-made": "full", "rec-all": "partial"})
    before = scorecard.scorecard(small, draft, lambda *_: {})
    apart = {"value": "full", "in_law": "yes", "in_practice": "no"}
    assessments.answer(small, author, draft, {"answers": {"mark-made": apart}})
    assert scorecard.scorecard(small, draft, lambda *_: {}) == before
    shown = listing.describe_assessment(small, draft)["answers"]["mark-made"]
    assert (shown["in_law"], shown["in_practice"], shown["warnings"]) == ("yes", "no", ["full-not-practised"])
    with pytest.raises(InvalidInput) as refused:
        assessments.answer(small, author, draft, {"answers": {"mark-made": apart | {"in_law": "maybe"}}})
    assert "answers.mark-made.in_law" in refused.value.fields
    for step, who in ((assessments.submit, author), (assessments.review, reviewer), (assessments.publish, author)):
        step(small, who, draft)
    again = assessments.start(small, author, {"standard": "small", "carry_from": draft.id})
    assert answers_of(small, again)["mark-made"].in_practice == "no"


def test_the_api_takes_the_version_of_each_answer_in_place_of_if_match(
    sqlite_app: RegistryFlask, sqlite_database: Database, world: World
) -> None:
    user = world.people["state"]
    headers = token_headers(sqlite_database, user, ["assessments:read", "assessments:write"])
    client, url = sqlite_app.test_client(), f"/api/v1/assessments/{world.assessment}"
    seen = client.get(url, headers=headers).get_json()["answers"]["mark-made"]["version"]

    def send(**answers: object) -> object:
        return client.patch(f"{url}/answers", json={"answers": answers}, headers=headers)

    assert send(**{"mark-made": FULL}).status_code == 428  # type: ignore[attr-defined]
    saved = send(**{"mark-made": FULL | {"version": seen}})
    assert saved.status_code == 200  # type: ignore[attr-defined]
    late = send(**{"mark-made": PARTLY | {"version": seen}})
    document = late.get_json()  # type: ignore[attr-defined]
    assert late.status_code == 412 and "mark-made" in document["detail"]  # type: ignore[attr-defined]
    [conflict] = document["conflicts"]
    assert conflict["pointer"] == "#/answers/mark-made"
    assert (conflict["stored"]["value"], conflict["sent"]["value"]) == ("full", "partial")
    wrong = send(**{"mark-made": {"value": "excellent", "version": conflict["version"]}})
    assert wrong.status_code == 422  # type: ignore[attr-defined]
    assert wrong.get_json()["errors"][0]["pointer"] == "#/answers/mark-made/value"  # type: ignore[attr-defined]


def test_the_page_asks_about_what_is_in_dispute_and_saves_the_rest_either_way(
    sqlite_app: RegistryFlask, world: World
) -> None:
    first, second = (client_for(sqlite_app, world.people[name]) for name in ("state", "reviewer"))
    path = f"/en/assessments/{world.assessment}/answer?section=marking"
    mine, theirs = (check_page(client.get(path).text).form.to_dict() for client in (second, first))
    first.post(path, data={**theirs, "answers.mark-state.value": "none"})
    mine |= {"answers.mark-state.value": "partial", "answers.mark-made.evidence": "the register of 2024"}
    response = second.post(path, data=mine)
    assert response.status_code == 412
    page = check_page(response.text)
    assert "the register of 2024" not in page.text, "what is in no dispute is not asked about"
    keep = Page(response.text.partition('id="keep"')[2].partition("</form>")[0]).form
    assert second.post(path, data=keep).status_code == 303
    now = check_page(second.get(path).text).form
    assert now["answers.mark-state.value"] == "none"
    assert now["answers.mark-made.evidence"] == "the register of 2024"


def test_one_answer_is_saved_by_itself_and_a_stale_or_wrong_one_is_named(
    sqlite_app: RegistryFlask, world: World
) -> None:
    client = client_for(sqlite_app, world.people["state"])
    url = f"/en/assessments/{world.assessment}/answer"
    form = check_page(client.get(f"{url}?section=marking").text).form
    one = {name: form[name] for name in form if name.startswith("answers.mark-made.")}
    one |= {"answers.mark-made.value": "full", "answers.mark-made.in_practice": "no"}
    saved = client.post(f"{url}/part", data=one)
    assert saved.status_code == 200 and saved.get_json()["count"] == "3 / 4"
    assert "not fully done in practice" in saved.get_json()["remarks"][0]
    late = client.post(f"{url}/part", data=one | {"answers.mark-made.value": "partial"})
    assert late.status_code == 412 and "In place" in late.get_json()["problems"][0]
    onward = one | saved.get_json()["seen"] | {"answers.mark-made.value": "partial"}
    assert client.post(f"{url}/part", data=onward).status_code == 200
    onward["answers.mark-made.value"] = "splendid"
    wrong = client.post(f"{url}/part", data=onward)
    assert wrong.status_code == 422 and "must be one of" in wrong.get_json()["problems"][0]
    blind = client.post(f"{url}/part", data={"answers.mark-made.value": "full"})
    assert blind.status_code == 422, "who does not say what was seen changes nothing"


def test_a_fact_in_dispute_is_asked_about_in_words(sqlite_app: RegistryFlask, world: World) -> None:
    first, second = (client_for(sqlite_app, world.people[name]) for name in ("state", "reviewer"))
    path = f"/en/assessments/{world.assessment}/answer?section=facts"
    mine, theirs = (check_page(client.get(path).text).form.to_dict() for client in (second, first))
    assert first.post(path, data=theirs | {"facts.manufactures": "no"}).status_code == 303
    response = second.post(path, data=mine | {"facts.manufactures": ""})
    page = check_page(response.text)
    assert response.status_code == 412 and "Not known" in page.text
    replace = Page(response.text.partition('id="replace"')[2].partition("</form>")[0]).form
    assert second.post(path, data=replace).status_code == 303
    assert check_page(second.get(path).text).form["facts.manufactures"] == ""
