"""What may be said of a need or an offer, and how what does not fit is named."""

from typing import Any

import pytest

from registry.catalogue.reference import themes
from registry.errors import InvalidInput
from registry.matching.forms import dump_need, dump_offer
from registry.matching.schemas import NeedForm, OfferForm
from registry.schemas import load

THEME = next(iter(themes()))


def need(**changed: Any) -> dict[str, Any]:
    return load(NeedForm(), {"state": "KEN", "title": "x", **changed})


def offer(**changed: Any) -> dict[str, Any]:
    return load(OfferForm(), {"organisation_id": 1, "title": "x", **changed})


def line(**changed: Any) -> dict[str, Any]:
    return {"lines": [{"type": "funding", **changed}]}


def money(amount: Any, currency: Any = "USD", **more: Any) -> dict[str, Any]:
    return line(money={"amount": amount, "currency": currency, **more})


BAD_NEEDS: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": "x" * 301}, "title"),
    ({"title": 7}, "title"),
    ({"title": "a\x00b"}, "title"),
    ({"title": "a\x07b"}, "title"),
    ({"title": "\ud800"}, "title"),
    ({"state": "Atlantis"}, "state"),
    ({"state": None}, "state"),
    ({"state": 404}, "state"),
    ({"language": "klingonese-x-long"}, "language"),
    ({"themes": ["no-such"]}, "themes.0"),
    ({"themes": THEME}, "themes"),
    ({"priority": "asap"}, "priority"),
    ({"visibility": "secret"}, "visibility"),
    ({"min_viable_share": 1.01}, "min_viable_share"),
    ({"min_viable_share": "half"}, "min_viable_share"),
    ({"min_viable_share": float("nan")}, "min_viable_share"),
    ({"window_start": "2028-01-01", "window_end": "2027-01-01"}, "window_end"),
    ({"window_start": "2028-01-01", "window_end": "2028-01-01"}, "window_end"),
    ({"window_start": "1989-12-31"}, "window_start"),
    ({"window_end": "2101-01-01"}, "window_end"),
    ({"window_end": "2027-02-30"}, "window_end"),
    ({"window_end": "31/01/2027"}, "window_end"),
    ({"window_end": 20270131}, "window_end"),
    ({"lines": [{}]}, "lines.0.type"),
    (line(money={"amount": {"written": "1"}, "currency": "USD", "written": "USD 1,000"}), "lines.0.money.written"),
    (line(money={"amount": {"written": "1", "unit": "m"}, "currency": "USD"}), "lines.0.money.amount"),
    (line(money={"amount": {"written": "", "unit": "m"}, "currency": "USD"}), "lines.0.money.amount"),
    (line(colour=None), "lines.0.colour"),
    ({"requirements": [{"standard": "iti", "clause": "iti-8", "level": ""}]}, "requirements.0.level"),
    ({"lines": [{"type": "money"}]}, "lines.0.type"),
    ({"lines": ["funding"]}, "lines.0"),
    ({"lines": [{"type": "funding"}] * 31}, "lines"),
    (line(description="x" * 501), "lines.0.description"),
    (line(quantity=0), "lines.0.quantity"),
    (line(quantity="many"), "lines.0.quantity"),
    (line(quantity=1.5), "lines.0.quantity"),
    (line(quantity=True), "lines.0.quantity"),
    (money(0), "lines.0.money.amount"),
    (money(-5), "lines.0.money.amount"),
    (money("100"), "lines.0.money.amount"),
    (money(10.5), "lines.0.money.amount"),
    (money(True), "lines.0.money.amount"),
    (money(10**15), "lines.0.money.amount"),
    (money(10**30, "JPY"), "lines.0.money.amount"),
    (money(100, None), "lines.0.money.currency"),
    (money(100, "XXL"), "lines.0.money.currency"),
    (money(100, "USD", value_date="soon"), "lines.0.money.value_date"),
    (money({"written": "a lot"}), "lines.0.money.amount"),
    (money({"written": "1.234"}), "lines.0.money.amount"),
    (money({"written": "-5"}), "lines.0.money.amount"),
    (money({"written": "EUR 5"}), "lines.0.money.amount"),
    (money({"text": "5"}), "lines.0.money.amount"),
    ({"requirements": [{"standard": "iti"}]}, "requirements.0.clause"),
    ({"requirements": [{"standard": "iti", "clause": "x", "assessment_id": -1}]}, "requirements.0.assessment_id"),
    ({"status": "open"}, "status"),
]


def test_money_under_another_name_is_not_taken_for_none() -> None:
    with pytest.raises(InvalidInput) as caught:
        need(**line(money={"written": "USD 1,000"}))
    assert "lines.0.money.written" in caught.value.fields


@pytest.mark.parametrize(("changed", "field"), BAD_NEEDS, ids=[f"{n}-{f}" for n, (_, f) in enumerate(BAD_NEEDS)])
def test_what_does_not_fit_a_need_is_named_at_its_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        need(**changed)
    assert list(caught.value.fields) == [field]
    assert all(message and message[0].isupper() for message in caught.value.fields[field])


BAD_OFFERS: list[tuple[dict[str, Any], str]] = [
    ({"budget": 100}, "currency"),
    ({"budget": -1, "currency": "USD"}, "budget"),
    ({"budget": 10**15, "currency": "USD"}, "budget"),
    ({"min_grant": 200, "max_grant": 100, "currency": "USD"}, "min_grant"),
    ({"min_grant": 200, "budget": 100, "currency": "USD"}, "min_grant"),
    ({"max_grant": 200, "budget": 100, "currency": "USD"}, "max_grant"),
    ({"max_grant": {"written": "ten"}, "currency": "USD"}, "max_grant"),
    ({"types": ["cash"]}, "types.0"),
    ({"places": ["Narnia"]}, "places.0"),
    ({"places": ["999"]}, "places.0"),
    ({"conditions": [{"kind": "pays", "instrument": "att"}]}, "conditions.0.kind"),
    ({"conditions": [{"kind": "reported", "instrument": "att"}]}, "conditions.0.within_months"),
    ({"conditions": [{"kind": "participates", "instrument": "att", "within_months": 2}]}, "conditions.0.within_months"),
    ({"conditions": [{"kind": "answered", "instrument": "att"}]}, "conditions.0.at_least"),
    ({"conditions": [{"kind": "answered", "instrument": "att", "at_least": 0}]}, "conditions.0.at_least"),
    ({"conditions": [{"kind": "participates", "instrument": "att", "at_least": 3}]}, "conditions.0.at_least"),
    ({"conditions": [{"kind": "answered", "instrument": "att", "at_least": n} for n in (5, 9)]}, "conditions.1.kind"),
    ({"conditions": [{"kind": "participates", "instrument": "A TT"}]}, "conditions.0.instrument"),
    ({"expires_at": "tomorrow"}, "expires_at"),
    ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
    ({"expires_at": 5}, "expires_at"),
    ({"organisation_id": "abc"}, "organisation_id"),
]


@pytest.mark.parametrize(("changed", "field"), BAD_OFFERS, ids=[f"{n}-{f}" for n, (_, f) in enumerate(BAD_OFFERS)])
def test_what_does_not_fit_an_offer_is_named_at_its_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        offer(**changed)
    assert list(caught.value.fields) == [field]


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        load(NeedForm(), {"state": "?", "themes": ["?"], "lines": [{"type": "?"}], "surprise": 1})
    assert set(caught.value.fields) == {"state", "title", "themes.0", "lines.0.type", "surprise"}


def test_states_and_regions_are_known_by_many_names() -> None:
    for text in ("KE", "ken", "404", "Kenya", "肯尼亚", "Кения"):
        assert need(state=text)["state"] == "KEN"
    assert offer(places=["Eastern Africa", "2", "Kenya", "KEN"])["places"] == ["002", "014", "KEN"]
    assert offer(places=["LDC", "lldc", " SIDS", "Oda"])["places"] == ["199", "432", "722", "998"]
    assert offer(places=["001", "KEN"])["places"] == []


def test_amounts_are_minor_units_or_what_a_person_wrote() -> None:
    assert need(**money(91_501_05))["lines"][0]["money"]["amount"] == 91_501_05
    assert need(**money({"written": "91,501.05"}))["lines"][0]["money"]["amount"] == 91_501_05
    assert need(**money({"written": "91 501,05"}))["lines"][0]["money"]["amount"] == 91_501_05
    assert need(**money({"written": "150000"}, "JPY"))["lines"][0]["money"]["amount"] == 150_000
    assert need(**money({"written": "EUR 5.56 m"}, ""))["lines"][0]["money"]["currency"] == "EUR"
    assert offer(budget={"written": "1,000,000"}, currency="USD")["budget"] == 1_000_000_00


def test_empty_fields_of_a_form_are_no_fields() -> None:
    found = need(
        description="", window_start="", window_end=None, min_viable_share="", reference="",
        lines=[
            {"type": "training", "money": {"amount": {"written": ""}, "currency": "USD"}, "quantity": "12", "unit": ""},
        ],
    )  # fmt: skip
    assert found["window_start"] is found["reference"] is found["min_viable_share"] is None
    assert found["lines"][0] == {
        "type": "training", "description": "", "money": None, "quantity": 12, "unit": None,
    }  # fmt: skip


def test_a_dumped_form_loads_to_the_same() -> None:
    found = need(
        themes=[THEME, THEME], window_start="2027-01-01", window_end="2028-01-01", min_viable_share=0.25, **money(5),
        requirements=[{"standard": "iti", "clause": "b"}, {"standard": "iti", "clause": "a"}],
    )  # fmt: skip
    assert load(NeedForm(), dump_need(found)) == found
    given = offer(
        budget=5, currency="EUR", expires_at="2027-01-31", places=["KEN"], types=["funding"],
        conditions=[{"kind": "reported", "instrument": "poa", "within_months": "24"}],
    )  # fmt: skip
    again = load(OfferForm(), dump_offer(given))
    assert again == given
    assert [item["clause"] for item in found["requirements"]] == ["a", "b"]
