"""What is flagged is found and decided, the rest called off and entries corrected: by page, API and command."""

from typing import Any

from click.testing import CliRunner

from registry.cli import casa
from registry.db import Database
from registry.http import RegistryFlask
from registry.matching import offers
from registry.matching.ledger import service, views
from tests.support.ledger import Ids, agreed, done, open_pair, shown
from tests.support.matching import COORDINATOR, KENYA, donor
from tests.support.pages import Page, check_page
from tests.support.people import client_for, make_user, token_headers


def flagged(database: Database) -> tuple[Ids, int]:
    """A commitment of 50,000, of it 20,000 paid, whose offer no longer reaches Kenya."""
    pair = open_pair(database)
    number = agreed(database, pair)
    done(database, donor(pair["giver"]), number, "disburse", amount=20_000_00, on="2026-11-23")
    with database.transaction() as session:
        offers.update_offer(session, donor(pair["giver"]), pair["offer"], {"places": ["FRA"]}, None)
    done(database, KENYA, number, "deliver", amount=1_00, on="2026-11-23")
    return pair, number


def acts(page: Page) -> list[str]:
    found = [str(form["action"]) for form in page.all("form") if "/proposals/" in str(form.get("action"))]
    return [address.rsplit("/", 1)[1] for address in found]


def test_the_forms_of_the_coordinator_and_of_corrections_are_on_the_page(
    sqlite_app: RegistryFlask, sqlite_database: Database
) -> None:
    pair, number = flagged(sqlite_database)
    address = f"/en/proposals/{number}"
    staff = client_for(sqlite_app, make_user(sqlite_database, "coordinator"))
    giver = client_for(sqlite_app, make_user(sqlite_database, "donor", organisation_id=pair["giver"]))
    state = client_for(sqlite_app, make_user(sqlite_database, "state"))
    other = client_for(sqlite_app, make_user(sqlite_database, "donor"))
    assert acts(check_page(staff.get(address).text)) == ["allow", "end"]
    assert {"reduce", "reverse"} <= set(acts(check_page(giver.get(address).text)))
    assert {"reduce", "reverse"} <= set(acts(check_page(state.get(address).text)))
    for client in (staff, giver, state):
        assert address in client.get("/en/proposals?flagged=1").text
        assert "flagged=1" in client.get("/en/proposals").text
    assert (
        address not in other.get("/en/proposals?flagged=1").text and "flagged=1" not in other.get("/en/proposals").text
    )
    for what, client in (("reverse", giver), ("reduce", giver), ("allow", staff), ("end", staff)):
        refused = client.post(f"{address}/{what}", data={})
        assert refused.status_code == 422 and what in acts(check_page(refused.text)), what
    entry = Page(giver.get(address).text).all("option")
    paid = next(str(each["value"]) for each in entry if str(each.get("value", "")).isdecimal())
    corrected = giver.post(f"{address}/reverse", data={"step_id": paid, "text": "Typed twice"})
    assert corrected.status_code == 303
    less = giver.post(f"{address}/reduce", data={"amount.written": "30,000", "reason": "amount"})
    assert less.status_code == 303 and shown(sqlite_database, number)["amount"] == 30_000_00
    assert staff.post(f"{address}/allow", data={"text": "Agreed before the offer changed"}).status_code == 303
    page = check_page(giver.get(address).text)
    assert "Agreed before the offer changed" in page.text and "takes back entry no." in page.text
    assert address not in staff.get("/en/proposals?flagged=1").text


def test_the_api_lists_what_is_flagged_to_its_sides(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    pair, number = flagged(sqlite_database)
    client, scopes = sqlite_app.test_client(), ["proposals:read"]
    seen: dict[str, list[int]] = {}
    for name, role, owner in (
        ("giver", "donor", pair["giver"]), ("other", "donor", None), ("state", "state", None),
        ("staff", "coordinator", None),
    ):  # fmt: skip
        headers = token_headers(sqlite_database, make_user(sqlite_database, role, organisation_id=owner), scopes)
        answer: Any = client.get("/api/v1/proposals?flagged=true", headers=headers).json
        seen[name] = [item["id"] for item in answer["items"]]
    assert seen == {"giver": [number], "other": [], "state": [number], "staff": [number]}


def test_the_command_decides_reduces_and_takes_back(database: Database, tmp_path: Any) -> None:
    _, number = flagged(database)
    environment = {"CASA_DATABASE_URL": database.url, "CASA_DATA_DIR": str(tmp_path), "CASA_SECRET_KEY": "k" * 20}

    def run(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(casa, ["proposals", *words], env=environment)
        return found.exit_code, found.output

    assert "Giving Agency" in run("list", "--flagged")[1]
    assert "geography" in run("show", str(number))[1]
    with database.reading() as session:
        steps = views.step_rows(session, COORDINATOR, service.get_proposal(session, COORDINATOR, number))
    paid = next(str(step["id"]) for step in steps if step["act"] == "disburse")
    assert f"disburse no. {paid}" in run("show", str(number))[1]
    assert run("allow", str(number))[0] == 2, "a reason is needed"
    assert run("reverse", str(number), "--entry", paid, "--reason", "Typed twice")[0] == 0
    assert run("reduce", str(number), "--amount", "0.50", "--reason", "amount")[0] == 1, "less than is received"
    assert run("reduce", str(number), "--amount", "30,000", "--reason", "amount") == (0, "agreed: USD 30,000\n")
    assert run("allow", str(number), "--reason", "Agreed before")[0] == 0
    assert run("end", str(number), "--reason", "Too late")[0] == 1, "nothing is flagged any more"
    assert "There is none" in run("list", "--flagged")[1]
