"""Exemptions from embargoes: a held pair, its checklist, a coordinator's word, and the pair let through."""

from typing import Any

import pytest

from registry.accounts.actor import Actor
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.http import RegistryFlask
from registry.matching.embargoes import cases
from registry.matching.explain import explain
from registry.matching.ledger.proposing import propose
from registry.matching.matches import matches_of_need
from registry.matching.models import ExemptionCase
from registry.matching.rounds import freezing
from tests.support.ledger import done, proposed, shown
from tests.support.matching import COORDINATOR, NOW, donor, open_need, open_offer, organisation
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

JUBA = Actor("state", state="SSD", label="user:1")
LINE = {"type": "equipment", "money": {"amount": 50_000_00, "currency": "USD", "value_date": "2026-11-01"}}
FILLED = {
    "supplier": "A company", "end_user": "The police", "goods": "Forty radios", "purpose": "Guarding stores",
    "delivery_date": "2027-03-01", "entry_point": "Juba airport", "carrier": "An airline", "itinerary": "By air",
    "assurance": "Signed on 1 October", "approval": "S/AC.57/2026/1",
    "approved_on": "2026-11-20",
}  # fmt: skip
Ids = dict[str, int]


@pytest.fixture
def held(database: Database) -> Ids:
    """A pair that the embargo on South Sudan holds."""
    with database.transaction() as session:
        giver = organisation(session)
        need = open_need(session, JUBA, state="SSD", themes=["physical_security"], lines=[LINE], visibility="public")
        offer = open_offer(session, giver, themes=["physical_security"], places=["SSD"], types=["equipment"])
        return {"need": need.id or 0, "offer": offer.id or 0, "giver": giver}


def opened(database: Database, ids: Ids, actor: Actor = JUBA, exemption: str = "committee") -> int:
    data = {"need_id": ids["need"], "offer_id": ids["offer"], "regime": "un-south-sudan", "exemption": exemption}
    with database.transaction() as session:
        return cases.open_case(session, actor, data, NOW).id or 0


def filled(database: Database, number: int, actor: Actor = JUBA, **items: Any) -> ExemptionCase:
    with database.transaction() as session:
        return cases.fill(session, actor, number, {"items": items or FILLED}, None)


def blocks(database: Database, ids: Ids) -> list[str]:
    with database.reading() as session:
        return [block["code"] for block in explain(session, COORDINATOR, ids["need"], ids["offer"])["blocks"]]


def test_a_confirmed_checklist_lets_its_pair_through_and_a_withdrawn_one_no_longer(
    database: Database, held: Ids
) -> None:
    assert blocks(database, held) == ["embargo"]
    with pytest.raises(Conflict), database.transaction() as session:
        propose(session, COORDINATOR, {"need_id": held["need"], "offer_id": held["offer"], "amount": 50_000_00})
    number = opened(database, held)
    filled(database, number)
    assert blocks(database, held) == ["embargo"], "filled in is not confirmed"
    with database.reading() as session:
        assert freezing.freeze(session, NOW)["problem"]["pairs"] == []
    with database.transaction() as session:
        cases.confirm(session, COORDINATOR, number, None)
    assert blocks(database, held) == []
    with database.reading() as session:
        assert len(freezing.freeze(session, NOW)["problem"]["pairs"]) == 1
        assert [match["offer_id"] for match in matches_of_need(session, COORDINATOR, held["need"])] == [held["offer"]]
    with database.transaction() as session:
        cases.withdraw(session, COORDINATOR, number, {"reason": "The committee took it back"}, None)
    assert blocks(database, held) == ["embargo"]
    with database.reading() as session:
        assert matches_of_need(session, COORDINATOR, held["need"]) == []


def test_a_commitment_is_flagged_when_its_exemption_is_withdrawn(database: Database, held: Ids) -> None:
    number = opened(database, held)
    filled(database, number)
    with database.transaction() as session:
        cases.confirm(session, COORDINATOR, number, None, NOW)
    commitment = proposed(database, held)
    done(database, JUBA, commitment, "accept")
    done(database, donor(held["giver"]), commitment, "accept")
    with database.transaction() as session:
        cases.withdraw(session, COORDINATOR, number, {"reason": "The committee took it back"}, None)
    assert shown(database, commitment)["flags"] == ["embargo"]
    with pytest.raises(Conflict):
        done(database, COORDINATOR, commitment, "allow", text="Only an exemption lifts it")


def test_what_is_missing_is_named_and_nothing_is_confirmed(database: Database, held: Ids) -> None:
    number = opened(database, held)
    filled(database, number, supplier="A company")
    with pytest.raises(InvalidInput) as caught, database.transaction() as session:
        cases.confirm(session, COORDINATOR, number, None)
    assert set(caught.value.fields) == {f"items.{name}" for name in FILLED if name != "supplier"}
    assert blocks(database, held) == ["embargo"]


@pytest.mark.parametrize(
    ("items", "field"),
    [({"broker": "Somebody"}, "items.broker"), ({"delivery_date": "soon"}, "items.delivery_date"),
     ({"shoe_size": "44"}, "items.shoe_size"), ({"goods": "x" * 2001}, "items.goods")],
)  # fmt: skip
def test_what_does_not_fit_the_checklist_names_its_item(
    database: Database, held: Ids, items: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        filled(database, opened(database, held), **items)
    assert list(caught.value.fields) == [field]


def test_a_standing_exemption_asks_only_for_its_ground_and_the_document(database: Database, held: Ids) -> None:
    number = opened(database, held, exemption="peace-agreement")
    with pytest.raises(InvalidInput) as caught:
        filled(database, number, approval="S/AC.57/2026/1")
    assert list(caught.value.fields) == ["items.approval"]
    filled(database, number, ground="Radios for joint units of the peace agreement", document="Letter of 2 November")
    with database.transaction() as session:
        cases.confirm(session, COORDINATOR, number, None, NOW)
    assert blocks(database, held) == []


def test_days_that_cannot_be_are_refused_at_their_field(database: Database, held: Ids) -> None:
    number = opened(database, held)
    filled(database, number, **FILLED | {"delivery_date": "2026-11-01", "approved_on": "2026-12-24"})
    with pytest.raises(InvalidInput) as caught, database.transaction() as session:
        cases.confirm(session, COORDINATOR, number, None, NOW)
    assert set(caught.value.fields) == {"items.delivery_date", "items.approved_on"}


def test_both_sides_fill_in_nobody_else_sees_and_only_coordinators_confirm(database: Database, held: Ids) -> None:
    number, giver = opened(database, held), donor(held["giver"])
    filled(database, number, giver, carrier="An airline")
    assert opened(database, held, giver) == number, "a second click opens no second one"
    for actor in (JUBA, giver):
        with pytest.raises(NotAllowed), database.transaction() as session:
            cases.confirm(session, actor, number, None)
    with pytest.raises(NotFound), database.transaction() as session:
        cases.get_case(session, donor(held["giver"] + 9), number)
    with pytest.raises(VersionMismatch), database.transaction() as session:
        cases.fill(session, JUBA, number, {"items": {"supplier": "B"}}, 1)


def test_only_an_embargo_on_this_state_and_its_own_exemptions_can_be_opened(database: Database, held: Ids) -> None:
    for regime, exemption, field in (
        ("un-drc", "committee", "regime"), ("un-atlantis", "committee", "regime"),
        ("un-south-sudan", "notice", "exemption"),
    ):  # fmt: skip
        data = {"need_id": held["need"], "offer_id": held["offer"], "regime": regime, "exemption": exemption}
        with pytest.raises(InvalidInput) as caught, database.transaction() as session:
            cases.open_case(session, JUBA, data)
        assert list(caught.value.fields) == [field]


def test_pages_and_api_take_a_checklist_to_its_end(app: RegistryFlask, database: Database, held: Ids) -> None:
    state = client_for(app, make_user(database, "state", state="SSD"))
    pair = state.get(f"/en/matches/{held['need']}/{held['offer']}").text
    assert "Checklist: Other supplies that the Committee approves in advance" in pair
    data = {"need_id": held["need"], "offer_id": held["offer"], "regime": "un-south-sudan", "exemption": "committee"}
    opened = state.post("/en/exemptions/new", data=data)
    assert opened.status_code == 303, opened.text
    form = {f"items.{name}": text for name, text in FILLED.items()} | {"version": "1"}
    wrong = state.post("/en/exemptions/1", data=form | {"items.delivery_date": "soon"})
    assert wrong.status_code == 422 and "Juba airport" in wrong.text
    assert state.post("/en/exemptions/1", data=form).status_code == 303
    for page in ("/en/exemptions", "/en/exemptions/1", "/en/exemptions/1/note"):
        check_page(state.get(page).text)
    assert "Juba airport" in state.get("/en/exemptions/1/note").text
    staff = token_headers(database, make_user(database, "coordinator"), ["proposals:read", "proposals:write"])
    api = app.test_client()
    shown = api.get("/api/v1/exemptions/1", headers=staff)
    assert shown.json and shown.json["missing"] == [] and shown.json["kind"] == "approval"
    confirmed = api.post("/api/v1/exemptions/1/confirm", headers=staff | {"If-Match": shown.headers["ETag"]})
    assert confirmed.json and confirmed.json["status"] == "confirmed"
    assert "Propose this offer" in state.get(f"/en/matches/{held['need']}/{held['offer']}").text
