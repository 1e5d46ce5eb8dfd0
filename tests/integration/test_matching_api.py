"""Needs, offers and matches over the API: what a partner's program sends, gets, and is told when it does not fit."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from registry.api.matching_documents import Explanation, History, MatchDocument, NeedDocument, OfferDocument
from registry.db import Database
from registry.http import RegistryFlask
from tests.support.matching import THEMES, need_form, offer_form
from tests.support.people import client_for, make_user, token_headers

NEEDS, OFFERS, MATCHES = "/api/v1/needs", "/api/v1/offers", "/api/v1/matches"


@pytest.fixture
def kenya(app: RegistryFlask, database: Database) -> FlaskClient:
    return client_for(app, make_user(database, "state", state="KEN"))


@pytest.fixture
def giver(app: RegistryFlask, database: Database) -> FlaskClient:
    return client_for(app, make_user(database, "donor"))


def if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def opened(client: FlaskClient, collection: str, form: dict[str, Any]) -> dict[str, Any]:
    created = client.post(collection, json=form)
    assert created.status_code == 201, created.get_json()
    answer = client.post(f"{created.headers['Location']}/open", headers=if_match(1))
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def own(form: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in form.items() if name != "organisation_id"}


def test_a_need_and_an_offer_meet_and_say_why(app: RegistryFlask, kenya: FlaskClient, giver: FlaskClient) -> None:
    need = opened(kenya, NEEDS, need_form(visibility="public"))
    offer = opened(giver, OFFERS, own(offer_form(0)))
    for url in (
        f"{NEEDS}/{need['id']}/matches",
        f"{OFFERS}/{offer['id']}/matches?top=1",
        f"{MATCHES}?need={need['id']}",
    ):
        items = client_for(app).get(url).get_json()["items"]
        assert [(pair["need_id"], pair["offer_id"]) for pair in items] == [(need["id"], offer["id"])]
        assert set(items[0]) == set(MatchDocument().fields)
    why = kenya.get(f"{MATCHES}/explain?need={need['id']}&offer={offer['id']}").get_json()
    assert set(why) == set(Explanation().fields)
    assert (
        why["eligible"] and round(sum(part["points"] for part in why["parts"]), 6) == why["score"] == items[0]["score"]
    )
    assert why["parts"][0]["evidence"]["text"] == "Themes of the need that the offer covers: 1 of 2."
    shown = kenya.get(f"{MATCHES}/weights").get_json()
    assert {part["feature"]: part["weight"] for part in why["parts"]} == shown["weights"]
    assert why["weights_version"] == shown["version"]
    changed = giver.patch(f"{OFFERS}/{offer['id']}", json={"places": ["150"]}, headers=if_match(2))
    assert changed.status_code == 200 and changed.headers["ETag"] == '"3"'
    assert client_for(app).get(f"{NEEDS}/{need['id']}/matches").get_json()["items"] == []
    why_not = kenya.get(f"{MATCHES}/explain?need={need['id']}&offer={offer['id']}").get_json()
    assert [(block["code"], block["need_field"], block["offer_field"]) for block in why_not["blocks"]] == [
        ("geography", "state", "places")
    ]
    assert why_not["blocks"][0]["text"] == "The offer is for 150; KEN is not among them."


def test_answers_have_the_shape_that_is_described(kenya: FlaskClient, giver: FlaskClient) -> None:
    need = opened(kenya, NEEDS, need_form())
    offer = opened(giver, OFFERS, own(offer_form(0)))
    assert set(need) == set(NeedDocument().fields)
    assert set(offer) == set(OfferDocument().fields)
    listed = kenya.get(NEEDS).get_json()
    assert listed == {"items": [need], "next": None, "total": 1}
    assert kenya.get(f"{NEEDS}/{need['id']}").get_json() == need
    assert giver.get(OFFERS).get_json()["items"] == [offer]
    history = kenya.get(f"{NEEDS}/{need['id']}/history").get_json()
    assert [step["version"] for step in history["items"]] == [2, 1]
    assert set(history["items"][0]) == set(History().fields["items"].inner.schema.fields)  # type: ignore[attr-defined]


def test_a_field_out_of_range_is_pointed_at(kenya: FlaskClient) -> None:
    answer = kenya.post(NEEDS, json=need_form(lines=[{"type": "funding", "money": {"amount": -1, "currency": "USD"}}]))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["#/lines/0/money/amount"]
    draft = kenya.post(NEEDS, json={"title": "Draft"})
    missing = kenya.post(f"{draft.headers['Location']}/open", headers=if_match(1))
    assert missing.status_code == 422
    assert {e["pointer"] for e in missing.get_json()["errors"]} == {
        "#/themes",
        "#/lines",
        "#/window_start",
        "#/window_end",
    }
    assert kenya.post(NEEDS, json=["x"]).status_code == 422
    assert kenya.get(f"{NEEDS}?status=asleep").get_json()["errors"][0]["parameter"].startswith("status")
    assert kenya.get(f"{NEEDS}?sort=luck").status_code == 422
    assert kenya.get(f"{MATCHES}/explain?need=1").get_json()["errors"][0]["parameter"] == "offer"


def test_steps_ask_for_the_version_and_answer_conflict_out_of_turn(kenya: FlaskClient) -> None:
    need = opened(kenya, NEEDS, need_form())
    url = f"{NEEDS}/{need['id']}"
    assert kenya.post(f"{url}/close", json={"reason": "Met"}).status_code == 428
    late = kenya.post(f"{url}/close", json={"reason": "Met"}, headers=if_match(1))
    assert (late.status_code, late.get_json()["current_version"]) == (412, 2)
    again = kenya.post(f"{url}/open", headers=if_match(2))
    assert again.status_code == 409 and "open" in again.get_json()["detail"]
    assert kenya.post(f"{url}/withdraw", json={}, headers=if_match(2)).get_json()["status"] == "withdrawn"
    renewal = {"window_start": "2030-01-01", "window_end": "2031-01-01"}
    assert kenya.post(f"{url}/renew", json=renewal, headers=if_match(3)).get_json()["window_end"] == "2031-01-01"
    assert kenya.post(f"{url}/close", json={"reason": "Met"}, headers=if_match(4)).get_json()["status_reason"] == "Met"


def test_a_repeated_request_enters_one_need(kenya: FlaskClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    first, second = (kenya.post(NEEDS, json=need_form(), headers=key) for _ in range(2))
    assert first.get_json() == second.get_json()
    assert kenya.get(NEEDS).get_json()["total"] == 1


def test_strangers_are_refused_and_drafts_do_not_exist_for_them(
    app: RegistryFlask, database: Database, kenya: FlaskClient, giver: FlaskClient
) -> None:
    draft = kenya.post(NEEDS, json=need_form()).headers["Location"]
    for client in (client_for(app), giver, client_for(app, make_user(database, "state", state="FRA"))):
        assert client.get(draft).status_code == 404
    opened(kenya, NEEDS, need_form())
    assert client_for(app).get(NEEDS).get_json()["items"] == []
    assert giver.get(NEEDS).get_json()["total"] == 1
    assert giver.post(NEEDS, json=need_form()).status_code == 403
    assert kenya.post(OFFERS, json=own(offer_form(0))).status_code == 403
    assert client_for(app).post(NEEDS, json=need_form()).status_code == 401


def test_a_token_reaches_as_far_as_its_scopes(app: RegistryFlask, database: Database) -> None:
    user = make_user(database, "state", state="KEN")
    reading, writing = (token_headers(database, user, scopes) for scopes in (["needs:read"], ["needs:write"]))
    client = app.test_client()
    assert client.post(NEEDS, json=need_form(), headers=reading).status_code == 403
    assert client.post(NEEDS, json=need_form(), headers=writing).status_code == 201
    assert client.get(NEEDS, headers=reading).get_json()["total"] == 1
    assert client.get(MATCHES, headers=reading).status_code == 403  # it would show offers too


def test_lists_filter_search_and_page(kenya: FlaskClient, giver: FlaskClient) -> None:
    ids = [opened(kenya, NEEDS, need_form(title=f"Need {n}", themes=[THEMES[n]]))["id"] for n in range(3)]
    offer = opened(giver, OFFERS, own(offer_form(0)))
    assert kenya.get(f"{NEEDS}?theme={THEMES[0]}&theme={THEMES[2]}&state=Kenya&sort=title").get_json()["total"] == 2
    first = kenya.get(f"{NEEDS}?sort=title&limit=2")
    assert [item["id"] for item in first.get_json()["items"]] == ids[:2]
    assert 'rel="next"' in first.headers["Link"]
    second = kenya.get(f"{NEEDS}?sort=title&limit=2&cursor={first.get_json()['next']}").get_json()
    assert [item["id"] for item in second["items"]] == ids[2:] and second["next"] is None
    assert kenya.get(f"{OFFERS}?state=UGA&organisation={offer['organisation_id']}").get_json()["total"] == 1
    assert kenya.get(f"{OFFERS}?state=FRA").get_json()["total"] == 0
    assert kenya.get(f"{NEEDS}?q=%22need+2%22").get_json()["total"] == 1


def test_the_description_of_the_api_is_valid_and_names_what_is_asked(app: RegistryFlask) -> None:
    from openapi_spec_validator import validate

    document = app.test_client().get("/api/v1/openapi.json").get_json()
    validate(document)
    schemas = document["components"]["schemas"]
    assert set(schemas["NeedBody"]["required"]) == {"state", "title"}
    assert "required" not in schemas["NeedPatch"]
    patch = document["paths"]["/api/v1/needs/{need_id}"]["patch"]
    assert any("IfMatch" in parameter.get("$ref", "") for parameter in patch["parameters"])
