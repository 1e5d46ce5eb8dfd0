"""Standards and assessments over HTTP: addresses, forms of answers, versions, who gets what."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import Schema
from sqlmodel import Session
from werkzeug.test import TestResponse

from registry.accounts import tokens
from registry.accounts.actor import system
from registry.accounts.models import User
from registry.api import compliance_documents as documents
from registry.http import RegistryFlask
from tests.support.standards import SECOND, load_text, person

BASE = "/api/v1/assessments"


class Caller:
    """Somebody with a token."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(address, headers={**self.headers, **headers})

    def send(
        self, method: str, address: str, body: Any = None, version: int | None = None, **more: str
    ) -> TestResponse:
        match = {"If-Match": f'"{version}"'} if version is not None else {}
        return self.client.open(address, method=method, json=body or {}, headers={**self.headers, **match, **more})


@pytest.fixture
def callers(app: RegistryFlask, tmp_path: Path) -> dict[str, Caller]:
    """The small standard, two Kenyans and one each of the others."""
    client = app.test_client()
    found = {"anonymous": Caller(client, None)}
    with app.database.transaction() as session:
        load_text(session, tmp_path)
        for name, role, state in (
            ("author", "state", "KEN"),
            ("reviewer", "state", "KEN"),
            ("stranger", "state", "FRA"),
            ("coordinator", "coordinator", None),
        ):
            found[name] = Caller(client, token(session, role, state))
    return found


def token(session: Session, role: str, state: str | None, scopes: list[str] | None = None) -> str:
    user = session.get(User, person(session, role, state).user_id)
    assert user
    given = scopes if scopes is not None else tokens.scopes_of(role)
    return tokens.issue_token(session, system("test"), user, "test", given)[1]


def begun(author: Caller, **answers: str) -> int:
    """The id of a draft with these answers (`rec_all="full"`), at version 2."""
    response = author.send("POST", BASE, {"standard": "small"})
    assert response.status_code == 201, response.json
    given = {clause.replace("_", "-"): {"value": value} for clause, value in answers.items()}
    response = author.send("PATCH", f"{BASE}/{response.json['id']}/answers", {"answers": given}, 1)
    assert response.status_code == 200, response.json
    return int(response.json["id"])


def step(caller: Caller, assessment: int, name: str, version: int, body: Any = None) -> dict[str, Any]:
    response = caller.send("POST", f"{BASE}/{assessment}/{name}", body, version)
    assert response.status_code == 200, response.json
    return dict(response.json)


def shaped(schema: type[Schema], item: dict[str, Any]) -> None:
    """What is answered has exactly the fields that the description promises."""
    assert set(item) == set(schema().fields), set(item) ^ set(schema().fields)


def test_standards_are_listed_and_shown_to_everybody(callers: dict[str, Caller]) -> None:
    anyone = callers["anonymous"]
    listed = anyone.get("/api/v1/standards").json
    assert [item["standard"] for item in listed["items"]] == ["small"]
    shaped(documents.StandardSummary, listed["items"][0])
    response = anyone.get("/api/v1/standards/small")
    document = response.json
    shaped(documents.StandardDocument, document)
    marking = document["requirements"][0]
    assert marking["title"] == {"en": "Marking", "fr": "Marquage"}
    assert [clause["id"] for clause in marking["children"]] == ["mark-made", "mark-import"]
    assert marking["children"][0]["checked"] is False and document["checked_clauses"] == 0
    assert anyone.get("/api/v1/standards/small", **{"If-None-Match": response.headers["ETag"]}).status_code == 304
    assert anyone.get("/api/v1/standards/nothing").status_code == 404
    assert anyone.get("/api/v1/standards/small?version=9.9.9").status_code == 404
    assert anyone.get("/api/v1/standards/1").json["version"] == "1.0.0"


def test_an_old_edition_is_still_there(app: RegistryFlask, callers: dict[str, Caller], tmp_path: Path) -> None:
    with app.database.transaction() as session:
        load_text(session, tmp_path, SECOND)
    anyone = callers["anonymous"]
    assert anyone.get("/api/v1/standards/small").json["version"] == "2.0.0"
    assert anyone.get("/api/v1/standards/small?version=1.0.0").json["current"] is False


def test_an_assessment_by_api_from_first_answer_to_publication(callers: dict[str, Caller]) -> None:
    author, reviewer, anyone = callers["author"], callers["reviewer"], callers["anonymous"]
    assessment = begun(author, rec_all="partial", rec_law="full")
    address = f"{BASE}/{assessment}"
    shaped(documents.AssessmentDocument, author.get(address).json)
    step(author, assessment, "submit", 2)
    back = step(reviewer, assessment, "return", 3, {"reason": "Since when?"})
    assert (back["status"], back["status_reason"]) == ("draft", "Since when?")
    given = {"answers": {"rec-since": {"value": "2019-05-01"}, "mark-made": {"value": "na", "reason": "we make none"}}}
    assert author.send("PATCH", f"{address}/answers", given, 4).status_code == 200
    step(author, assessment, "submit", 5)
    assert author.send("POST", f"{address}/review", None, 6).status_code == 403
    step(reviewer, assessment, "review", 6)
    step(author, assessment, "publish", 7)
    response = anyone.get(address)
    assert response.headers["ETag"] == '"8"'
    assert response.json["answers"]["mark-made"]["not_applicable"] is True
    score = anyone.get(f"{address}/score").json
    shaped(documents.ScoreDocument, score)
    for part, schema in (("sections", documents.SectionScore), ("gaps", documents.GapDocument)):
        shaped(schema, score[part][0])
    assert (score["low"], score["high"]) == ({"value": 0.6429, "exact": "9/14"}, {"value": 0.7857, "exact": "11/14"})
    listed = anyone.get(f"{BASE}?state=Kenya&standard=small&status=published").json
    shaped(documents.AssessmentSummary, listed["items"][0])
    assert listed["items"][0]["low"] == score["low"]
    conflict = author.send("PATCH", f"{address}/answers", {"answers": {"rec-all": None}}, 8)
    assert conflict.status_code == 409


def test_before_publication_others_do_not_even_see_it(callers: dict[str, Caller]) -> None:
    assessment = begun(callers["author"], rec_all="none")
    address = f"{BASE}/{assessment}"
    for name in ("anonymous", "stranger", "coordinator"):
        caller = callers[name]
        for part in ("", "/score", "/gaps"):
            assert caller.get(address + part).status_code == 404
        assert caller.get(BASE).json["items"] == []
    for part, method in (("/answers", "PATCH"), ("/submit", "POST"), ("/review", "POST"), ("/publish", "POST")):
        assert callers["stranger"].send(method, address + part, {}, 2).status_code == 404
        assert callers["coordinator"].send(method, address + part, {}, 2).status_code == 403
        assert callers["anonymous"].send(method, address + part, {}, 2).status_code == 401
    assert len(callers["reviewer"].get(BASE).json["items"]) == 1


def test_a_published_assessment_of_another_state_is_seen_and_not_touched(callers: dict[str, Caller]) -> None:
    assessment = begun(callers["author"], rec_all="none")
    step(callers["author"], assessment, "submit", 2)
    step(callers["reviewer"], assessment, "review", 3)
    step(callers["author"], assessment, "publish", 4)
    stranger = callers["stranger"]
    assert stranger.get(f"{BASE}/{assessment}").status_code == 200
    assert stranger.send("POST", f"{BASE}/{assessment}/return", {"reason": "x"}, 5).status_code == 403
    assert stranger.send("POST", f"{BASE}/{assessment}/gaps", {"clauses": ["rec-all"]}).status_code == 403


def test_what_does_not_fit_is_named(callers: dict[str, Caller]) -> None:
    author = callers["author"]
    assessment = begun(author, rec_all="none")
    address = f"{BASE}/{assessment}/answers"
    for body, pointer in (
        ({"answers": {"rec-all": {"value": "great"}}}, "#/answers/rec-all/value"),
        ({"answers": {"rec-all": {"value": "na"}}}, "#/answers/rec-all/reason"),
        ({"answers": {"rec-all": {}}}, "#/answers/rec-all/value"),
        ({"answers": {"rec-all": {"value": None}}}, "#/answers/rec-all/value"),
        ({"answers": {"rec-all": {"value": True}}}, "#/answers/rec-all/value"),
        ({"answers": {"rec-all": "full"}}, "#/answers/rec-all"),
        ({"answers": {"rec-all": {"value": "full", "note": "x"}}}, "#/answers/rec-all/note"),
        ({"answers": {"nothing": {"value": "full"}}}, "#/answers/nothing"),
        ({"answers": []}, "#/answers"),
        ({"facts": {"imports": "perhaps"}}, "#/facts/imports"),
        ({"facts": {"flies": True}}, "#/facts/flies"),
        ({"answer": {}}, "#/answer"),
    ):
        response = author.send("PATCH", address, body, 2)
        assert response.status_code == 422, (body, response.json)
        assert [error["pointer"] for error in response.json["errors"]] == [pointer], body
    for body, pointer in (
        ({}, "#/standard"),
        ({"standard": "SMALL!"}, "#/standard"),
        ({"standard": "small", "state": "Atlantis"}, "#/state"),
        ({"standard": "small", "carry_from": 99}, "#/carry_from"),
        ({"standard": "small", "facts": {"imports": 3}}, "#/facts/imports"),
    ):
        response = callers["stranger"].send("POST", BASE, body)
        assert [error["pointer"] for error in response.json["errors"]] == [pointer], (body, response.json)
    assert author.get(f"{BASE}?status=lost").status_code == 422
    assert author.get(f"{BASE}?q=marking").status_code == 422


def test_versions_are_asked_for_and_compared(callers: dict[str, Caller]) -> None:
    author = callers["author"]
    assessment = begun(author, rec_all="none")
    body = {"answers": {"rec-all": {"value": "full"}}}
    assert author.send("PATCH", f"{BASE}/{assessment}/answers", body).status_code == 428
    stale = author.send("PATCH", f"{BASE}/{assessment}/answers", body, 1)
    assert (stale.status_code, stale.json["current_version"]) == (412, 2)
    assert author.send("POST", f"{BASE}/{assessment}/submit").status_code == 428
    assert author.send("POST", f"{BASE}/{assessment}/submit", None, 1).status_code == 412
    assert author.get(f"{BASE}/{assessment}", **{"If-None-Match": '"2"'}).status_code == 304


def test_a_second_draft_is_a_conflict_that_says_which(callers: dict[str, Caller]) -> None:
    first = begun(callers["author"], rec_all="none")
    response = callers["reviewer"].send("POST", BASE, {"standard": "small"})
    assert response.status_code == 409 and f"Assessment {first} " in response.json["detail"]


def test_gaps_become_one_need_linked_both_ways(callers: dict[str, Caller]) -> None:
    author = callers["author"]
    assessment = begun(author, mark_made="none", rec_all="partial", rec_law="none")
    address = f"{BASE}/{assessment}/gaps"
    assert [gap["clause"] for gap in author.get(address).json["items"]] == ["mark-made", "rec-law", "rec-all"]
    body = {"clauses": ["mark-made", "rec-all"]}
    response = author.send("POST", address, body, **{"Idempotency-Key": "once"})
    assert response.status_code == 201, response.json
    need = response.json
    assert response.headers["Location"] == f"/api/v1/needs/{need['id']}"
    assert (need["state"], need["status"], need["priority"]) == ("KEN", "draft", "urgent")
    assert need["requirements"] == [
        {"standard": "small", "clause": clause, "assessment_id": assessment} for clause in ("mark-made", "rec-all")
    ]
    again = author.send("POST", address, body, **{"Idempotency-Key": "once"})
    assert again.json["id"] == need["id"]
    linked = {gap["clause"]: gap["linked_needs"] for gap in author.get(address).json["items"]}
    expected = {"id": need["id"], "title": need["title"], "status": "draft", "priority": "urgent"}
    assert linked == {"mark-made": [expected], "rec-all": [expected], "rec-law": []}
    assert author.get(f"/api/v1/needs/{need['id']}").json["requirements"] == need["requirements"]
    for wrong, pointer in (({"clauses": ["rec-law"]}, "#/clauses/0"), ({"clauses": []}, "#/clauses")):
        refused = author.send("POST", address, wrong)
        assert [error["pointer"] for error in refused.json["errors"]] == [pointer]


def test_a_draft_need_of_a_gap_is_not_told_to_others(callers: dict[str, Caller]) -> None:
    author, reviewer, anyone = callers["author"], callers["reviewer"], callers["anonymous"]
    assessment = begun(author, rec_all="none")
    author.send("POST", f"{BASE}/{assessment}/gaps", {"clauses": ["rec-all"]})
    step(author, assessment, "submit", 2)
    step(reviewer, assessment, "review", 3)
    step(author, assessment, "publish", 4)
    assert anyone.get(f"{BASE}/{assessment}/gaps").json["items"][0]["linked_needs"] == []
    assert len(author.get(f"{BASE}/{assessment}/gaps").json["items"][0]["linked_needs"]) == 1


def test_a_token_needs_the_scope(app: RegistryFlask, callers: dict[str, Caller]) -> None:
    with app.database.transaction() as session:
        reading = Caller(callers["anonymous"].client, token(session, "state", "KEN", ["assessments:read"]))
        writing = Caller(reading.client, token(session, "state", "KEN", ["assessments:read", "assessments:write"]))
    assert reading.send("POST", BASE, {"standard": "small"}).status_code == 403
    assessment = begun(writing, rec_all="none")
    assert reading.get(f"{BASE}/{assessment}").status_code == 200
    assert writing.send("POST", f"{BASE}/{assessment}/gaps", {"clauses": ["rec-all"]}).status_code == 403
