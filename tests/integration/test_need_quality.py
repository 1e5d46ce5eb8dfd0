"""How ready a need is and what comparable programmes cost: on the form, the page, over the API."""

from registry.accounts.actor import ANONYMOUS, system
from registry.catalogue.models import Programme, ProgrammeFacet
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.matching.comparable import comparable
from tests.support.matching import KENYA, open_need
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers


def programmes(database: Database, country: str, region: str, *budgets: int | None, visibility: str = "public") -> None:
    with database.transaction() as session:
        for budget in budgets:
            made = Programme(
                iati_identifier=f"XX-{country}-{budget}-{visibility}", title=f"Marking in {country}", source="test",
                reporting_name="Somebody", budget_usd=budget, visibility=visibility, updated_at=utcnow(),
            )  # fmt: skip
            session.add(made)
            session.flush()
            facets = {"theme": "marking", "country": country, "region": region}
            session.add_all(ProgrammeFacet(programme_id=made.id or 0, facet=k, value=v) for k, v in facets.items())


def test_the_nearest_programmes_of_which_there_are_enough_are_compared(database: Database) -> None:
    programmes(database, "KEN", "014", 100_00, 200_00, None)
    programmes(database, "UGA", "014", 300_00, 400_00)
    programmes(database, "FRA", "155", 9_000_00)
    with database.reading() as session:
        found = comparable(session, ANONYMOUS, "KEN", ["marking"])
    assert found and (found.scope, found.count, found.median) == ("world", 5, 300_00)
    programmes(database, "TZA", "014", 500_00)
    with database.reading() as session:
        found = comparable(session, ANONYMOUS, "KEN", ["marking", "tracing"])
        assert found and (found.scope, found.lower, found.median, found.upper) == ("region", 200_00, 300_00, 400_00)
        assert found.programmes[0][2] == 300_00
        assert comparable(session, ANONYMOUS, "KEN", []) is None
        assert comparable(session, ANONYMOUS, "KEN", ["ddr"]) is None


def test_what_the_reader_may_not_see_is_not_counted(database: Database) -> None:
    programmes(database, "KEN", "014", 100_00, 200_00)
    programmes(database, "KEN", "014", 300_00, visibility="members")
    with database.reading() as session:
        seen = [comparable(session, actor, "KEN", ["marking"]) for actor in (ANONYMOUS, KENYA, system("test"))]
    assert [found and (found.count, found.median) for found in seen] == [(2, None), (3, None), (3, None)]


def test_the_api_tells_the_state_and_the_coordinators_only(app: RegistryFlask, database: Database) -> None:
    with database.transaction() as session:
        need = open_need(session, visibility="public").id
    client, scopes = app.test_client(), ["needs:read", "catalogue:read"]
    address = f"/api/v1/needs/{need}/quality"
    told = client.get(address, headers=token_headers(database, make_user(database, "state"), scopes))
    assert told.json and [part["code"] for part in told.json["parts"]][:2] == ["specific", "costed"]
    assert any("200" in text for text in told.json["parts"][0]["advice"])
    uganda = token_headers(database, make_user(database, "state", state="UGA"), scopes)
    assert client.get(address, headers=uganda).status_code == 403
    assert client.get(address).status_code == 401


def test_the_form_is_judged_while_it_is_typed_and_nothing_is_saved(
    sqlite_app: RegistryFlask, sqlite_database: Database
) -> None:
    client = client_for(sqlite_app, make_user(sqlite_database, "state"))
    page = client.get("/en/needs/new").text
    check_page(page)
    assert 'data-live="/en/needs/check"' in page
    poor = client.post("/en/needs/check", data={"title": "Marking"})
    rich = client.post("/en/needs/check", data={"title": "Marking of 42,000 weapons", "themes": "marking"})
    assert poor.status_code == rich.status_code == 200
    assert "How ready it is: 0" in poor.text and "Choose at least one theme." in poor.text
    assert "Choose at least one theme." not in rich.text
    form = client.post("/en/needs/new", data={"title": "Marking", "do": "check"})
    assert form.status_code == 200 and 'value="Marking"' in form.text
    assert client.get("/api/v1/needs").json["items"] == []  # type: ignore[index]
