"""Indicators of a State: series, observations, who sees and writes them, import; by service, API, page, command."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.catalogue.history import versions
from registry.cli import casa
from registry.compliance.indicators import service, views
from registry.compliance.indicators.definitions import all_indicators
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.events.models import Event
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

KENYA = Actor("state", user_id=None, state="KEN")
FRANCE = Actor("state", user_id=None, state="FRA")
COORDINATOR = Actor("coordinator")
PLAN = {"baseline": "10", "baseline_on": "2020-12-31", "target": "60", "target_on": "2030-12-31"}
YEAR = {"period_start": "2025-01-01", "period_end": "2025-12-31"}
TRACED = YEAR | {"numerator": "45", "denominator": "120"}


def begun(database: Database, indicator: str = "sdg-16-4-2", actor: Actor = KENYA, **data: Any) -> int:
    with database.transaction() as session:
        return service.begin(session, actor, {"indicator": indicator, **data}).id or 0


def observed(database: Database, series_id: int, *observations: dict[str, Any], actor: Actor = KENYA) -> dict[str, Any]:
    with database.transaction() as session:
        series = service.observe(session, actor, series_id, {"observations": list(observations)})
        return views.describe(session, [series])[0]


def refused(database: Database, series_id: int, *observations: dict[str, Any]) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught, database.transaction() as session:
        service.observe(session, KENYA, series_id, {"observations": list(observations)})
    return dict(caught.value.fields)


def test_a_series_shows_where_it_stands_on_its_way(database: Database) -> None:
    found = observed(database, begun(database, **PLAN), TRACED)
    assert found["progress"]["status"] == "on_track"
    assert found["progress"]["latest"]["value"] == 37.5
    assert found["target"] == {"value": 60.0, "exact": "60", "on": found["target"]["on"]}


def test_the_same_observation_again_changes_nothing_and_another_value_corrects_it(database: Database) -> None:
    series_id = begun(database)
    first = observed(database, series_id, TRACED)
    assert observed(database, series_id, TRACED)["version"] == first["version"] == 2
    corrected = observed(database, series_id, TRACED | {"numerator": "60"})
    assert (corrected["version"], corrected["observations"], corrected["periods"][0]["value"]) == (3, 1, 50.0)
    with database.reading() as session:
        steps = versions(session, "indicator_series", series_id)
        assert steps[0].changes["2025-01-01/2025-12-31"][0]["numerator"] == "45"
        kinds = session.scalars(select(Event.type).where(Event.kind == "indicator_series")).all()  # type: ignore[arg-type]
    assert kinds == ["indicator.created", "indicator.updated", "indicator.updated"]


def test_only_the_state_writes_and_what_is_private_is_hidden(database: Database) -> None:
    series_id = begun(database, visibility="private")
    for stranger in (FRANCE, ANONYMOUS):
        with database.reading() as session, pytest.raises(NotFound):
            service.get_series(session, stranger, series_id)
    with pytest.raises(NotAllowed), database.transaction() as session:
        service.observe(session, COORDINATOR, series_id, {"observations": [TRACED]})
    with database.transaction() as session:
        service.plan(session, KENYA, series_id, {"visibility": "public"}, 1)
    with database.reading() as session:
        assert service.get_series(session, ANONYMOUS, series_id).visibility == "public"


def test_a_state_has_one_series_of_an_indicator(database: Database) -> None:
    begun(database)
    with pytest.raises(Conflict):
        begun(database)
    assert begun(database, actor=FRANCE)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"indicator": "no-such"}, "indicator"),
        ({"baseline": "-1", "baseline_on": "2020-01-01"}, "baseline"),
        ({"baseline": "1e400", "baseline_on": "2020-01-01"}, "baseline"),
        ({"baseline": "10"}, "baseline_on"),
        ({"baseline_on": "2020-01-01"}, "baseline"),
        ({"target": "10", "target_on": "2030-01-01"}, "baseline"),
        (PLAN | {"target": "5"}, "target"),
        (PLAN | {"target": "101"}, "target"),
        (PLAN | {"target_on": "2020-12-31"}, "target_on"),
        (PLAN | {"target_on": "2030-02-30"}, "target_on"),
        ({"visibility": "friends"}, "visibility"),
    ],
)
def test_a_plan_that_makes_no_sense_names_its_field(database: Database, data: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        begun(database, **{"indicator": "sdg-16-4-2", **data})
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize(
    ("observation", "field"),
    [
        (YEAR | {"numerator": "3"}, "denominator"),
        (YEAR | {"numerator": "130", "denominator": "120"}, "numerator"),
        (YEAR | {"value": "37.5", "numerator": "45", "denominator": "120"}, "value"),
        (YEAR | {"value": "100.1"}, "value"),
        (YEAR, "numerator"),
        (YEAR | {"value": "many"}, "value"),
        (YEAR | {"value": True}, "value"),
        (YEAR | {"value": "٣"}, "value"),
        (TRACED | {"period_end": "2024-12-31"}, "period_end"),
        (TRACED | {"period_start": ""}, "period_start"),
        (TRACED | {"groups": {"sex": "female"}}, "groups.sex"),
        (TRACED | {"groups": {"shoe size": "44"}}, "groups.shoe size.key"),
        (TRACED | {"quality": "guess"}, "quality"),
        (TRACED | {"colour": "red"}, "colour"),
    ],
)
def test_an_observation_that_does_not_fit_names_its_field(
    database: Database, observation: dict[str, Any], field: str
) -> None:
    found = refused(database, begun(database), TRACED | {"period_start": "2024-06-01"}, observation)
    assert [path.removesuffix(".key") for path in found] == [f"observations.1.{field}".removesuffix(".key")]


def test_all_observations_are_kept_or_none(database: Database) -> None:
    series_id = begun(database)
    assert list(refused(database, series_id, TRACED, TRACED)) == ["observations.1"]
    with database.reading() as session:
        assert not service.observations_of(session, service.get_series(session, KENYA, series_id))


def test_an_observation_taken_back_stays_in_the_history(database: Database) -> None:
    series_id = begun(database)
    observed(database, series_id, TRACED)
    with database.transaction() as session:
        row = service.observations_of(session, service.get_series(session, KENYA, series_id))[0]
        with pytest.raises(VersionMismatch):
            service.take_back(session, KENYA, series_id, row.id or 0, 1)
    with database.transaction() as session:
        service.take_back(session, KENYA, series_id, row.id or 0, 2)
        assert versions(session, "indicator_series", series_id)[0].changes["2025-01-01/2025-12-31"][1] is None


def test_storing_a_surplus_is_held_against_destroying_it(database: Database) -> None:
    for indicator, value in (("surplus-storage-cost", "40000"), ("surplus-destruction-cost", "100000")):
        observed(database, begun(database, indicator), YEAR | {"value": value})
    with database.reading() as session:
        found = views.surplus_costs(session, KENYA, "KEN")
        assert views.surplus_costs(session, ANONYMOUS, "KEN") is None
    assert found and (found["years_to_break_even"], found["storing_ten_years_usd"]) == (2.5, 400_000.0)


def test_a_table_is_imported_row_by_row(database: Database, tmp_path: Path, settings: Any) -> None:
    table = tmp_path / "figures.csv"
    table.write_text(
        "state;indicator;year;sex;numerator;denominator;value;source\n"
        "KEN;violent-deaths;2025;;151;50000000;;police\n"
        "KEN;violent-deaths;2025;female;35;25000000;;police\n"
        "KEN;violent-deaths;2025;female;36;25000000;;police\n"
        "Atlantis;surplus;2025;;;;12;\n"
        "KEN;surplus;2025;;;;-12;\n"
        "KEN;surplus;2025;;;;12;\n"
    )
    environment = {"CASA_DATABASE_URL": database.url, "CASA_DATA_DIR": str(tmp_path), "CASA_SECRET_KEY": "k" * 20}
    arguments = ["import", "observations", str(table), "--format", "csv"]
    looked = CliRunner().invoke(casa, [*arguments, "--dry-run"], env=environment)
    assert "3 created, 1 updated, 0 unchanged, 2 refused" in looked.output and looked.exit_code == 0
    result = CliRunner().invoke(casa, arguments, env=environment)
    assert "row 5, state:" in result.output and "row 6, value:" in result.output
    again = CliRunner().invoke(casa, arguments, env=environment)
    assert "0 created, 2 updated, 2 unchanged, 2 refused" in again.output
    with database.reading() as session:
        deaths = service.find_series(session, system("test"), "KEN", "violent-deaths")
        assert deaths and views.describe(session, [deaths])[0]["periods"][0]["value"] == pytest.approx(0.302)


def test_the_api_begins_observes_and_takes_back(app: RegistryFlask, database: Database) -> None:
    client = app.test_client()
    headers = token_headers(
        database, make_user(database, "state", state="KEN"), ["assessments:read", "assessments:write"]
    )
    made = client.post(
        "/api/v1/indicator-series", json={"indicator": "surplus", "visibility": "public"}, headers=headers
    )
    assert made.status_code == 201, made.text
    where = made.headers["Location"]
    wrong = client.post(f"{where}/observations", json={"observations": [YEAR | {"value": "x"}]}, headers=headers)
    assert wrong.status_code == 422 and "/observations/0/value" in wrong.text
    seen = client.post(f"{where}/observations", json={"observations": [YEAR | {"value": 12}]}, headers=headers)
    assert seen.json and seen.json["periods"][0]["exact"] == "12"
    row = client.get(f"{where}/observations").json["items"][0]  # type: ignore[index]
    gone = client.delete(f"{where}/observations/{row['id']}", headers=headers | {"If-Match": seen.headers["ETag"]})
    assert gone.json and gone.json["periods"] == []
    assert len(client.get(f"{where}/history").json["items"]) == 3  # type: ignore[index]
    listed = client.get("/api/v1/indicators").json
    with database.reading() as session:
        assert listed and listed["total"] == len(all_indicators(session))
    assert next(item for item in listed["items"] if item["id"] == "surplus")["states"] == 1


def test_a_state_enters_its_figures_on_the_pages(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    client = client_for(sqlite_app, make_user(sqlite_database, "state", state="KEN"))
    page = "/en/states/KEN/indicators/sdg-16-4-2"
    check_page(client.get(page).text)
    wrong = client.post(f"{page}/observations", data=YEAR | {"numerator": "5", "denominator": "4", "quality": "final"})
    assert wrong.status_code == 422 and 'value="5"' in wrong.text
    assert client.post(f"{page}/observations", data=TRACED | {"quality": "final"}).status_code == 303
    plan = client.post(f"{page}/plan", data=PLAN | {"visibility": "public", "note": "", "version": "2"})
    assert plan.status_code == 303
    stale = client.post(f"{page}/plan", data=PLAN | {"visibility": "public", "note": "other", "version": "2"})
    assert stale.status_code == 412
    shown = sqlite_app.test_client().get(page)
    check_page(shown.text)
    assert "37.5" in shown.text and "On track" in shown.text and 'class="seen-dot"' in shown.text
    for other in ("/en/indicators", "/en/indicators/sdg-16-4-2", "/en/states/KEN/indicators"):
        check_page(client.get(other).text)
