"""Programmes' money by donor, theme and State: divided without losing a cent, as far as the reader may see it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.catalogue import counting
from registry.catalogue.editing import create_programme
from registry.catalogue.flows import read_flows
from registry.catalogue.listing import Filters
from registry.catalogue.reference import themes
from registry.db import Database
from registry.errors import InvalidInput
from registry.http import RegistryFlask
from registry.matching.ledger import proposing, service
from registry.matching.ledger.flows import read_promised
from tests.support.matching import KENYA, donor, open_need, open_offer, organisation
from tests.support.people import client_for, make_user

A, B = sorted(themes())[:2]
PUBLIC = Actor("anonymous", label="anonymous")


def enter(session: Session, number: int, cents: int | None, **more: Any) -> None:
    """A programme of some donors, themes and countries."""
    donors, subjects = more.pop("donors", ["Giver"]), more.pop("themes", [A])
    budget = {"type": "1", "status": "1", "period_start": "2025-01-01", "period_end": "2025-12-31",
              "value": {"amount": cents, "currency": "USD", "value_date": "2025-01-01"}}  # fmt: skip
    document = {
        "iati_identifier": f"ZZ-{number}", "title": [{"text": "Work", "lang": "en"}], "language": "en",
        "reporting_org": {"ref": "ZZ-REP", "type": "40", "narratives": [{"text": "Reporter"}]},
        "participating_orgs": [{"role": "1", "narratives": [{"text": name}]} for name in donors],
        "status": "2", "countries": [{"code": "KE"}], "budgets": [budget] if cents else [], **more,
    }  # fmt: skip
    create_programme(session, system("test"), {"themes": subjects, "document": document})


def test_money_is_divided_and_adds_up(session: Session) -> None:
    enter(session, 1, 1001, donors=["Giver", "Other"], themes=[A, B],
          countries=[{"code": "KE", "percentage": 75}, {"code": "UG", "percentage": 25}])  # fmt: skip
    enter(session, 2, None)
    flows = read_flows(session, PUBLIC, Filters())
    assert flows.total == 1001 and (flows.programmes, flows.unknown) == (2, 1)
    kenya = sum(cents for (_, _, state), cents in flows.cents.items() if state == "KEN")
    assert 750 <= kenya <= 755
    assert {donor for donor, _, _ in flows.cents} == {"Giver", "Other"}


def test_who_reports_stands_in_for_a_donor_that_is_not_named(session: Session) -> None:
    enter(session, 1, 500, donors=[])
    assert read_flows(session, PUBLIC, Filters()).cents == {("Reporter", A, "KEN"): 500}


def test_a_filter_leaves_only_what_goes_there(session: Session) -> None:
    enter(
        session, 1, 1000, themes=[A, B], countries=[{"code": "KE", "percentage": 40}, {"code": "UG", "percentage": 60}]
    )
    flows = read_flows(session, PUBLIC, Filters(values={"country": ["UGA"], "theme": [B]}))
    assert flows.cents == {("Giver", B, "UGA"): 300}


def test_other_amounts_can_be_asked_for_and_an_unknown_one_is_named(session: Session) -> None:
    enter(session, 1, 1000, transactions=[
        {"type": "3", "date": "2025-02-01", "value": {"amount": 70, "currency": "USD", "value_date": "2025-02-01"}}
    ])  # fmt: skip
    assert read_flows(session, PUBLIC, Filters(), "disbursement").total == 70
    with pytest.raises(InvalidInput) as refused:
        read_flows(session, PUBLIC, Filters(), "profit")
    assert "measure" in refused.value.fields


@pytest.fixture
def visitor(app: RegistryFlask, database: Database) -> FlaskClient:
    with database.transaction() as session:
        enter(session, 1, 123_400_00, donors=['=Fund <b>"A"</b> & Sons'])
    return client_for(app)


def test_the_picture_has_a_title_a_description_and_its_table(visitor: FlaskClient) -> None:
    page = visitor.get("/en/flows").text
    for part in ('role="img" aria-labelledby="flow-title flow-desc"', "<desc", "123,400", "&lt;b&gt;", "<caption>"):
        assert part in page
    assert "<b>" not in page and "No money is known here" in visitor.get("/en/flows?country=FRA").text
    assert visitor.get("/en/flows?measure=x").status_code == 422


def test_picture_and_table_come_as_files(visitor: FlaskClient) -> None:
    svg = visitor.get("/en/flows.svg")
    assert svg.mimetype == "image/svg+xml" and svg.text.startswith("<svg xmlns=") and 'fill="#' in svg.text
    assert "filename=flows.svg" in svg.headers["Content-Disposition"]
    table = visitor.get("/en/flows.csv").data.decode("utf-8-sig").splitlines()
    assert table[0] == "donor,theme,state,budget_usd"
    assert table[1].startswith("\"'=Fund") and table[1].endswith(",Kenya,123400.00")


def test_the_api_has_the_same(visitor: FlaskClient) -> None:
    found = visitor.get("/api/v1/flows?theme=" + A).get_json()
    assert found["total_usd_cents"] == 123_400_00
    assert found["items"][0]["state"] == "KEN" and found["items"][0]["theme"] == A
    assert visitor.get("/api/v1/flows?measure=x").status_code == 422


def test_what_is_promised_here_flows_too_as_far_as_the_reader_may_see_it(
    app: RegistryFlask, database: Database
) -> None:
    with database.transaction() as session:
        giver = organisation(session, "Giving Agency")
        need, offer = open_need(session, themes=[A, B]).id or 0, open_offer(session, giver, themes=[]).id or 0
        data = {"need_id": need, "offer_id": offer, "amount": 20_000_01, "type": "equipment"}
        number = proposing.propose(session, KENYA, data).id or 0
        assert read_promised(session, KENYA, Filters()).cents == {}
        service.act(session, donor(giver), number, "accept")
        flows = read_promised(session, KENYA, Filters())
        assert flows.cents == {("Giving Agency", A, "KEN"): 10_000_01, ("Giving Agency", B, "KEN"): 10_000_00}
        assert (flows.programmes, flows.unknown) == (1, 0)
        narrow = [({"theme": [B]}, 10_000_00), ({"region": ["002"]}, 20_000_01), ({"country": ["FRA"]}, 0)]
        narrow += [({"organisation": [str(giver)]}, 20_000_01), ({"organisation": ["no"]}, 0)]
        for narrowed, total in narrow:
            assert read_promised(session, KENYA, Filters(values=narrowed)).total == total
        assert read_promised(session, PUBLIC, Filters()).cents == {}
    client = client_for(app, make_user(database, "coordinator"))
    assert client.get("/api/v1/flows?measure=promised").json["total_usd_cents"] == 20_000_01
    page = client.get("/en/flows?measure=promised").text
    assert "1 commitment" in page and "Giving Agency" in page
    assert "promised_usd" in client.get("/en/flows.csv?measure=promised").text


def test_where_all_places_are_taken_others_are_sent_away_for_a_time(
    sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PLACE_SECONDS", 0)
    visitor = client_for(sqlite_app)
    held = [counting.PLACES.enter(), counting.PLACES.enter()]
    try:
        for path in ("/en/flows", "/en/flows.csv", "/api/v1/flows"):
            answer = visitor.get(path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    finally:
        for place in held:
            assert place is not None
            place.leave()
    assert visitor.get("/en/flows").status_code == 200
