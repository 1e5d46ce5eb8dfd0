"""Reports without a database: what a wrong template is told, which remarks a report gets and how they go away."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidInput
from registry.reporting import content, judging, rules, templates
from registry.reporting.content import Found
from registry.yaml_files.reading import BadFile

TODAY = date(2026, 11, 24)
PERIOD = (date(2024, 1, 1), date(2025, 12, 31))
SMALL = """\
schema: 1
id: small
version: "1"
instruments: [poa]
duties: [poa-report]
years: 2
title: {en: Small report}
source: made up
checked: false
sections:
- id: one
  title: {en: One}
  entries:
  - {id: body, question: {en: Which body?}, from: answers, clauses: ["poa#ii-4", "poa#ii-5"], required: true}
  - {id: work, question: {en: Which programmes?}, from: programmes}
  - {id: help, question: {en: What help?}, from: needs}
  - {id: figure, question: {en: How much?}, from: indicators, indicators: [surplus]}
  - {id: office, question: {en: Who answers?}, from: contacts, instruments: [poa]}
  - {id: men, question: {en: How many men?}, from: number}
  - id: found
    question: {en: What was found?}
    from: table
    columns: [{id: year, kind: number, title: {en: Year}}, {id: pieces, kind: number, title: {en: Pieces}}]
"""
ANSWER = {
    "clause": "poa#ii-4", "instrument": {"en": "PoA"}, "ref": "II, para. 4",
    "question": {"en": "?"}, "helpable": True, "value": "full",
    "label": {"en": "In place"}, "fulfilment": "1", "reason": "", "evidence": "Act 3", "older": False,
    "in_law": "yes", "in_practice": "partly", "disagrees": False,
    "origin": {"kind": "assessment", "id": 7, "latest": 7, "reviewed": True, "on": "2025-03-01"},
}  # fmt: skip
OPEN = {
    "clause": "poa#ii-5", "ref": "II, para. 5", "question": {}, "helpable": True, "value": None,
    "fulfilment": None, "origin": None,
}  # fmt: skip
NEED = {
    "title": "Marking machines", "language": "en", "priority": "high", "types": ["equipment"], "quantities": [],
    "window_start": "2027-01-01", "window_end": "2028-01-01", "partner_wished": "RECSA",
    "asked": [{"currency": "USD", "amount": 5_000_00}], "asked_usd_cents": 5_000_00, "closes": [],
    "origin": {"kind": "need", "id": 3},
}  # fmt: skip
PROGRAMME = {
    "title": "Marking", "title_language": "en", "status": "2", "start_date": "2024-02-01", "end_date": None,
    "organisation": "UNODA", "budget_usd": 100, "commitment_usd": None, "disbursement_usd": None,
    "origin": {"kind": "programme", "id": 4},
}  # fmt: skip
OFFICE = {
    "office": "National focal point", "role": "point_of_contact", "instruments": ["poa"], "confirmed_on": "2026-01-01",
    "stale": False, "origin": {"kind": "contact", "id": 6},
}  # fmt: skip
FIGURE = {
    "indicator": "surplus", "title": {"en": "Surplus"}, "unit": "count", "checked": False, "value": 12.0,
    "start": "2025-01-01", "end": "2025-12-31", "inside": True, "baseline": None, "target": None,
    "origin": {"kind": "indicator", "id": 5},
}  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> templates.Template:
    path = tmp_path_factory.mktemp("templates") / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return templates.read(path)


def report(template: templates.Template, own: dict[str, Any] | None = None, **items: Any) -> content.Content:
    """A report whose entries of these ids hold these items."""
    return content.compose(
        template, {"en": "Kenya"}, PERIOD, lambda entry: Found(items.get(entry["id"], [])), own or {}
    )


def written(text: str = "", **more: Any) -> dict[str, Any]:
    return {"text": text, "replaces": False, "rows": [], "none": False, "seen": "", **more}


def codes(found: content.Content, entry: str = "") -> set[str]:
    remarks = rules.checks(found, TODAY)
    assert all(rules.words(remark) and remark.kind in rules.KINDS for remark in remarks)
    return {remark.code for remark in remarks if entry in ("", remark.entry)}


@pytest.mark.parametrize(
    ("replaced", "by", "line", "said"),
    [
        ("poa#ii-5", "poa#ii-999", 14, "no clause poa#ii-999"),
        ("id: work", "id: body", 15, "used twice"),
        ("[surplus]", "[moon-dust]", 17, "no indicator moon-dust"),
        ("[poa-report]", "[att-annual]", 5, "another instrument"),
        ("from: needs", "from: stars", 16, "'stars' is not one of"),
        (", indicators: [surplus]", "", 17, "says which under indicators"),
        ("from: number", "from: number, clauses: [\"poa#ii-4\"]", 19, "has no clauses"),
        ("years: 2", "years: two", 6, "not of type 'integer'"),
        ("id: small", "id: other", 1, "named small"),
    ],
)  # fmt: skip
def test_a_wrong_template_is_refused_with_line_and_reason(
    tmp_path: Path, replaced: str, by: str, line: int, said: str
) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace(replaced, by, 1), encoding="utf-8")
    with pytest.raises(BadFile) as told:
        templates.read(path)
    assert any(problem.line == line and said in problem.message for problem in told.value.problems), told.value.fields


def test_the_registrys_own_templates_are_in_order() -> None:
    assert {"poa-iti", "att-initial", "att-annual", "unroca-annual"} <= templates.templates().keys()
    for template in templates.templates().values():
        assert template.document["source"] and template.document["checked"] is False


def test_a_full_report_gets_no_remark(small: templates.Template) -> None:
    both = [ANSWER, {**ANSWER, "clause": "poa#ii-5"}]
    full = report(small, body=both, work=[PROGRAMME], help=[NEED], figure=[FIGURE])
    assert codes(full) == set()
    assert content.progress(full) == {"entries": 7, "filled": 4, "required": 1, "required_filled": 1}


@pytest.mark.parametrize(
    ("entry", "item", "change", "code"),
    [
        ("work", PROGRAMME, {"budget_usd": None}, "programme_without_money"),
        ("work", PROGRAMME, {"start_date": None}, "programme_without_date"),
        ("help", NEED, {"asked": []}, "need_without_amount"),
        ("help", NEED, {"partner_wished": None}, "need_without_partner"),
        ("help", NEED, {"window_end": None}, "need_without_date"),
        ("help", NEED, {"window_end": "2026-11-23"}, "need_over"),
        ("help", NEED, {"closes": ["poa#ii-4"]}, "need_of_what_is_in_place"),
        ("figure", FIGURE, {"inside": False}, "other_period"),
        ("body", ANSWER, {"older": True}, "older_answer"),
        ("body", ANSWER, {"disagrees": True}, "practice_disagrees"),
        ("office", OFFICE, {"stale": True}, "contact_not_confirmed"),
        ("body", ANSWER, {"evidence": ""}, "no_evidence"),
        ("body", ANSWER, {"fulfilment": "1/2"}, "gap_without_need"),
        ("body", ANSWER, {"origin": {**ANSWER["origin"], "reviewed": False}}, "not_reviewed"),  # type: ignore[dict-item]
    ],
)
def test_a_remark_is_found_and_goes_away_when_it_is_mended(
    small: templates.Template, entry: str, item: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    others = {"body": [ANSWER]} if entry != "body" else {}
    assert code in codes(report(small, **{entry: [{**item, **change}]}, **others), entry)
    assert code not in codes(report(small, **{entry: [item]}, **others), entry)


def test_what_is_not_answered_is_missing_until_it_is_written(small: templates.Template) -> None:
    assert codes(report(small)) == {"unanswered"}
    assert codes(report(small, body=[ANSWER, OPEN])) == {"part_unanswered"}
    assert codes(report(small, {"body": written("The commission, since 2003")}, body=[ANSWER, OPEN])) == set()
    assert codes(report(small, {"body": written("The commission")}, body=[OPEN])) == set()


def test_words_that_ask_for_help_without_amount_or_year_are_vague(small: templates.Template) -> None:
    vague = {"body": written("x"), "help": written("We need machines for our police")}
    assert codes(report(small, vague)) == {"words_without_amount", "words_without_date"}
    for text in ("USD 200 000 by 2027", "200,000 dollars until 2027", "2 million EUR from 2027", "€5m in 2027"):
        assert codes(report(small, {"body": written("x"), "help": written(text)})) == set(), text


def test_a_table_without_number_or_of_another_year_is_named(small: templates.Template) -> None:
    rows = [{"year": "2023", "pieces": "4"}, {"year": "2024"}]
    assert codes(report(small, {"found": written(rows=rows)}), "found") == {"row_of_other_year", "row_without_number"}
    assert codes(report(small, {"found": written(rows=[{"year": "2024", "pieces": "4"}])}), "found") == set()


def test_words_in_place_of_what_is_prefilled_survive_and_are_told_when_it_changes(small: templates.Template) -> None:
    own = {"body": written("Ours", replaces=True, seen=content.fingerprint([ANSWER]))}
    same = report(small, own, body=[ANSWER])
    assert codes(same) == set() and content.shown_items(same["sections"][0]["entries"][0]) == []
    changed = report(small, own, body=[{**ANSWER, "value": "none"}])
    assert codes(changed) == {"replaced_changed"}
    assert changed["sections"][0]["entries"][0]["own"]["text"] == "Ours"


@pytest.mark.parametrize(
    ("entry", "own", "path"),
    [
        ("moon", {}, "entries.moon"),
        ("men", {"text": "some"}, "entries.men.text"),
        ("men", {"rows": [{"year": "2024"}]}, "entries.men.rows"),
        ("body", {"replaces": True}, "entries.body.text"),
        ("found", {"rows": [{"moons": "1"}]}, "entries.found.rows.0.moons"),
        ("found", {"rows": [{"pieces": "many"}]}, "entries.found.rows.0.pieces"),
        ("found", {"rows": [{"pieces": "1"}], "none": True}, "entries.found.none"),
    ],
)
def test_what_does_not_fit_its_entry_is_refused_at_its_field(
    small: templates.Template, entry: str, own: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as told:
        judging.judge(small.entries, {entry: written(**{"text": "", **own})})
    assert list(told.value.fields) == [path]


@given(order=st.permutations(["year", "pieces"]), text=st.text(max_size=20))
def test_the_same_report_is_the_same_value(order: list[str], text: str) -> None:
    template = templates.templates()["poa-iti"]
    row = dict.fromkeys(order, "2024")
    own = {"more": written(text), "found-figures": written(rows=[row])}
    first = report(template, own)
    again = report(template, dict(reversed(deepcopy(own).items())))
    assert first == again and content.fingerprint([first]) == content.fingerprint([again])


def test_a_report_due_in_a_year_covers_the_years_before_it() -> None:
    assert rules.period_before(date(2026, 12, 31), 2) == PERIOD
    assert rules.period_before(date(2026, 5, 31), 1) == (date(2025, 1, 1), date(2025, 12, 31))
