"""What pages show of a programme's document and of a record's history."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_babel import Babel

from registry.catalogue.history import Version
from registry.web import presentation, programme_forms, programme_view, results_view
from registry.web.history_view import revisions, said, who


@pytest.fixture(autouse=True)
def _language():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context("/"):
        yield


def _money(amount: int, currency: str | None = "USD", on: str | None = "2024-05-01") -> dict:
    return {"amount": amount, "currency": currency, "value_date": on}


def test_money_by_year_counts_each_amount_in_its_year_and_series() -> None:
    found = programme_view.money_by_year(
        {
            "budgets": [{"period_start": "2023-01-01", "value": _money(100)}],
            "transactions": [
                {"type": "2", "date": "2024-01-01", "value": _money(70)},
                {"type": "3", "date": "2024-02-01", "value": _money(20)},
                {"type": "4", "date": "2024-03-01", "value": _money(5)},
                {"type": "1", "date": "2024-03-01", "value": _money(999)},
            ],
        }
    )
    assert found.years == {"2023": [100, None, None], "2024": [None, 70, 25]}
    assert found.unconverted == 0


def test_a_revised_budget_takes_the_place_of_the_first_one() -> None:
    period = {"period_start": "2023-01-01", "period_end": "2023-12-31"}
    budgets = [{**period, "type": "1", "value": _money(100)}, {**period, "type": "2", "value": _money(60)}]
    assert programme_view.money_by_year({"budgets": budgets}).years == {"2023": [60, None, None]}


def test_amounts_without_currency_or_date_are_counted_as_left_out_not_as_zero() -> None:
    found = programme_view.money_by_year(
        {"budgets": [{"value": _money(5, None), "period_start": "2024-01-01"}, {"value": _money(5, "USD", None)}]}
    )
    assert found.years == {} and found.unconverted == 2


def test_the_timeline_is_in_calendar_order() -> None:
    dates = [
        {"type": "3", "date": "2025-01-01"},
        {"type": "1", "date": "2023-01-01"},
        {"type": "2", "date": "2024-01-01"},
    ]
    steps = programme_view.timeline({"dates": dates})
    assert [(step.date[:4], step.planned) for step in steps] == [("2023", True), ("2024", False), ("2025", True)]


def test_sectors_on_transactions_only_are_said_to_be_so() -> None:
    sectors, only_there = programme_view.sectors({"transactions": [{"sectors": [{"code": "15240"}]}]})
    assert only_there and sectors[0].code == "15240" and sectors[0].share is None
    assert programme_view.sectors({"sectors": [{"code": "15240", "percentage": 40}]})[1] is False


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "ftp://host/x", "http://[", "", None]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert results_view.web_link(url) == ""


def test_a_missing_target_is_a_dash_and_never_a_zero() -> None:
    item = {"indicators": [{"periods": [{"targets": [{}], "actuals": [{"value": "0"}]}]}]}
    period = results_view.results({"results": [item]})[0].indicators[0].periods[0]
    assert period.targets == ["–"] and period.actuals == ["0"]


def test_history_names_fields_and_hides_who_it_was() -> None:
    step = Version(2, datetime(2026, 1, 1, tzinfo=UTC), "user:7", {"title": ["old", "new"]})
    (found,) = revisions([step], str.upper)
    assert found.changes == [("TITLE", "old", "new")]
    assert found.actor == who("user:7") == "a person" and "7" not in found.actor


def test_long_values_are_cut_and_structures_are_readable() -> None:
    assert len(said("x" * 1000)) == 300
    assert said([{"text": "one", "lang": "en"}, {"text": "two"}]) == "one, two"
    assert said({"amount": 5, "currency": None}) == "amount: 5"
    assert said(None) == ""


BEFORE = {"title": "Old", "description": "D", "status": "2", "themes": ["marking"], "visibility": "public"}
DOCUMENT = {
    "title": [{"text": "Vieux", "lang": "fr"}, {"text": "Old", "lang": "en"}],
    "descriptions": [{"type": "1", "narratives": [{"text": "D", "lang": "en"}, {"text": "D fr", "lang": "fr"}]}],
}


def test_a_correction_changes_only_what_was_changed_and_keeps_other_languages() -> None:
    patch = programme_forms.patch_of({**BEFORE, "title": "New"}, BEFORE, DOCUMENT)
    assert patch == {"document": {"title": [{"text": "Vieux", "lang": "fr"}, {"text": "New", "lang": "en"}]}}
    patch = programme_forms.patch_of({**BEFORE, "description": "E"}, BEFORE, DOCUMENT)
    assert [n["text"] for n in patch["document"]["descriptions"][0]["narratives"]] == ["E", "D fr"]
    assert programme_forms.patch_of(BEFORE, BEFORE, DOCUMENT) == {}
    assert DOCUMENT["title"][1]["text"] == "Old"


def test_errors_of_the_document_are_shown_at_the_form_s_fields() -> None:
    assert programme_forms.errors_of({"document.title.0.text": ["x"], "themes.1": ["y"]}) == {
        "title": ["x"],
        "themes": ["y"],
    }


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, "by hand"), (1, "every minute"), (90, "every 90 minutes"), (60, "every hour"), (720, "every 12 hours"),
        (1440, "every day"), (10080, "every 7 days"),
    ],
)  # fmt: skip
def test_a_schedule_is_said_in_the_largest_unit_that_fits(minutes: int | None, words: str) -> None:
    assert presentation.schedule(minutes) == words
