"""Which programme a commitment names, and a new one filled in from it."""

from typing import Any

import pytest
from click.testing import CliRunner

from registry.accounts.actor import Actor
from registry.catalogue.editing import create_programme
from registry.catalogue.programmes import get_programme
from registry.catalogue.schemas import ProgrammeCreateSchema
from registry.cli import casa
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound
from registry.http import RegistryFlask
from registry.matching.ledger import new_programme, service, views
from registry.schemas import load
from tests.support.ledger import Ids, agreed, done, open_pair, proposed, shown
from tests.support.matching import COORDINATOR, KENYA, THEMES, donor
from tests.support.pages import Page, check_page
from tests.support.people import client_for, make_user, token_headers


def entered(database: Database, *, state: str = "KEN", **parties: Any) -> int:
    document = {"title": [{"text": "Marking", "lang": "en"}], "countries": [{"code": state}], **parties}
    with database.transaction() as session:
        return create_programme(session, COORDINATOR, load(ProgrammeCreateSchema(), {"document": document}))


def named(role: str, name: str) -> dict[str, Any]:
    return {"participating_orgs": [{"role": role, "narratives": [{"text": name}]}]}


@pytest.mark.parametrize(
    ("what", "needs_reason"),
    [
        (named("1", "Giving Agency"), False),
        (named("4", "police  academy"), False),
        ({"state": "TZA", **named("1", "Giving Agency")}, True),
        (named("4", "Somebody else"), True),
    ],
)
def test_a_programme_of_others_is_named_with_a_reason(
    database: Database, what: dict[str, Any], needs_reason: bool
) -> None:
    pair = open_pair(database, need={"partner_wished": "Police Academy"})
    number, programme, giver = agreed(database, pair), entered(database, **what), donor(pair["giver"])
    if needs_reason:
        with pytest.raises(InvalidInput) as caught:
            done(database, giver, number, "link", programme_id=programme)
        assert list(caught.value.fields) == ["text"]
        assert shown(database, number)["programme_id"] is None
        done(database, giver, number, "link", programme_id=programme, text="It works in both States")
    else:
        done(database, giver, number, "link", programme_id=programme)
    assert shown(database, number)["programme_id"] == programme
    with database.reading() as session:
        step = views.step_rows(session, KENYA, service.get_proposal(session, KENYA, number))[-1]
    assert (step["act"], step["text"]) == ("link", "It works in both States" if needs_reason else "")


def new(database: Database, actor: Actor, number: int, given: dict[str, Any] | None = None) -> int:
    with database.transaction() as session:
        return new_programme.enter_programme(session, actor, number, given)


def test_a_new_programme_is_filled_in_from_both_sides(database: Database) -> None:
    pair: Ids = open_pair(database, need={"partner_wished": "Police Academy", "description": "For two regions"})
    waiting = proposed(database, pair, 10_000_00)
    with pytest.raises(Conflict):
        new(database, donor(pair["giver"]), waiting)
    done(database, COORDINATOR, waiting, "withdraw")
    number = agreed(database, pair)
    for actor in (KENYA, COORDINATOR, donor(pair["giver"] + 1)):
        with pytest.raises((NotAllowed, NotFound)):
            new(database, actor, number)
    programme_id = new(database, donor(pair["giver"]), number)
    with pytest.raises(Conflict):
        new(database, donor(pair["giver"]), number)
    with database.reading() as session:
        programme, document, _ = get_programme(session, donor(pair["giver"]), programme_id)
        assert (programme.visibility, programme.reporting_organisation_id) == ("private", pair["giver"])
        assert (programme.title, programme.countries, programme.themes) == (
            "Marking machines for the police", "KEN", THEMES[0],
        )  # fmt: skip
    assert document["budgets"] == [
        {"type": "1", "period_start": "2027-01-01", "period_end": "2028-01-01",
         "value": {"amount": 50_000_00, "currency": "USD", "value_date": "2026-11-23"}},
    ]  # fmt: skip
    assert [(org["role"], org["narratives"][0]["text"]) for org in document["participating_orgs"]] == [
        ("1", "Giving Agency"), ("4", "Police Academy"),
    ]  # fmt: skip
    assert (document["sectors"], document["status"]) == ([{"vocabulary": "1", "code": "15240"}], "1")
    assert shown(database, number, donor(pair["giver"]))["programme_title"] == "Marking machines for the police"
    assert shown(database, number, KENYA)["programme_title"] is None, "a private programme is named to nobody else"


def test_the_page_fills_the_form_in_and_links_back(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    pair = open_pair(sqlite_database)
    number = agreed(sqlite_database, pair)
    giver = client_for(sqlite_app, make_user(sqlite_database, "donor", organisation_id=pair["giver"]))
    address = f"/en/proposals/{number}/programme"
    assert address in giver.get(f"/en/proposals/{number}").text
    assert client_for(sqlite_app, make_user(sqlite_database, "state")).get(address).status_code == 403
    page = check_page(giver.get(address).text)
    form = page.form
    assert (form["amount"], form["currency"], form["start"], form["visibility"]) == (
        "50000.00", "USD", "2027-01-01", "private",
    )  # fmt: skip
    wrong = giver.post(address, data={**form.to_dict(flat=False), "states": ["TZA"]})
    assert wrong.status_code == 422 and "not in the State of the commitment" in wrong.text
    assert giver.post(address, data={**form.to_dict(flat=False), "title": "Marking, phase 1"}).status_code == 303
    item = shown(sqlite_database, number, donor(pair["giver"]))
    assert item["programme_title"] == "Marking, phase 1"
    text = check_page(giver.get(f"/en/programmes/{item['programme_id']}").text).text
    assert f"Commitment no. {number}" in text and "Giving Agency" in text
    assert Page(giver.get(f"/en/proposals/{number}").text).text.count("New programme from this commitment") == 0


def test_the_api_and_the_command_enter_it_too(database: Database, app: RegistryFlask, tmp_path: Any) -> None:
    pair = open_pair(database)
    first, second = agreed(database, pair, 20_000_00), agreed(database, pair, 30_000_00)
    user = make_user(database, "donor", organisation_id=pair["giver"])
    client, headers = app.test_client(), token_headers(
        database, user, ["proposals:read", "proposals:write", "catalogue:write"]
    )  # fmt: skip
    where = f"/api/v1/proposals/{first}/programme"
    draft: Any = client.get(where, headers=headers).json
    assert draft["document"]["reporting_org"]["narratives"] == [{"text": "Giving Agency"}]
    other = {"document": {"reporting_org": {"narratives": [{"text": "Somebody else"}]}}}
    assert client.post(where, json=other, headers=headers).status_code == 422, "nobody speaks for another organisation"
    made = client.post(where, json={"visibility": "public"}, headers=headers)
    assert made.status_code == 201 and made.json and made.json["programme_id"], made.text
    assert client.get(made.headers["Location"]).status_code == 200
    environment = {"CASA_DATABASE_URL": database.url, "CASA_DATA_DIR": str(tmp_path), "CASA_SECRET_KEY": "k" * 20}
    entered = CliRunner().invoke(casa, ["proposals", "programme", str(second)], env=environment)
    assert entered.exit_code == 0 and "programme no." in entered.output, entered.output
