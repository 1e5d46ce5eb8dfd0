"""Needs and offers from files: every row counted once, bad ones named by row and column; a dry run writes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import system
from registry.catalogue import importing
from registry.catalogue.exporting import export
from registry.catalogue.tabular import ImportReport, Row, read_rows
from registry.db import Database
from registry.errors import InvalidInput
from registry.events.models import Event
from registry.matching.columns import row_of_need, row_of_offer
from registry.matching.exporting import EXPORTERS
from registry.matching.forms import need_forms, offer_forms
from registry.matching.importing import import_rows
from registry.matching.models import Match, Need, Offer
from registry.matching.views import need_views, offer_views
from tests.support.matching import KENYA, NOW, THEMES, need_form, offer_form, open_need, open_offer, organisation

CLI = system("cli")
HEADER = (
    "reference;state;title;themes;window_start;window_end;status;type_1;amount_1;currency_1;type_2;quantity_2;unit_2"
)
NEEDS = f"""{HEADER}
K-1;KEN;Marking;{THEMES[0]};2027-01-01;2028-01-01;open;funding;100,000.50;USD;training;40;officers
K-2;Kenya;No window;{THEMES[0]}; {THEMES[1]};;;;;;;
K-3;KE;Opened too early;{THEMES[0]};;;open;funding;5;USD;;;
K-4;Narnia;Nowhere;{THEMES[0]},x;;;;cash;ten;USD;;;
K-5;KEN;Fine;;;;;equipment;;;;;
K-1;KEN;Again;;;;;;;;;;
"""


def imported(
    session: Session, path: Path, content: str, kind: str = "needs", dry_run: bool = False, **how: Any
) -> ImportReport:
    file = path / "rows"
    file.write_text(content, encoding="utf-8")
    return import_rows(session, how.get("actor", CLI), kind, read_rows(file, how.get("format", "csv")), dry_run)


def count(session: Session, model: Any) -> int:
    return session.execute(select(func.count()).select_from(model)).scalar_one()


def test_good_rows_go_in_and_bad_ones_are_named_by_row_and_column(session: Session, tmp_path: Path) -> None:
    report = imported(session, tmp_path, NEEDS)
    assert (report.created, report.updated, report.unchanged, report.quarantined) == (2, 0, 0, 4)
    assert {(error.row, error.field) for error in report.errors} == {
        (3, "window_start"),  # its second theme stands in a cell of its own
        (4, "window_start"), (4, "window_end"),
        (5, "state"), (5, "themes"), (5, "type_1"), (5, "amount_1"),
        (7, "reference"),
    }  # fmt: skip
    need = session.execute(select(Need).where(Need.reference == "K-1")).scalar_one()  # type: ignore[arg-type]
    assert need.status == "open"
    lines = need_forms(session, [need.id or 0])[need.id or 0]["lines"]
    assert lines[0]["money"]["amount"] == 100_000_50
    assert (lines[1]["quantity"], lines[1]["unit"]) == (40, "officers")
    # The refused rows left nothing behind: not in the audit log, not in the events.
    audit._append(session)
    assert audit.verify(session)[0] == 3  # two created, one opened
    assert count(session, Event) == 3


@pytest.mark.parametrize("kind", ["needs", "organisations"])
def test_the_same_key_twice_is_an_error_of_the_second_in_whichever_part_of_the_file_it_stands(
    session: Session, kind: str
) -> None:
    seen: dict[str, int] = {}
    columns = {"needs": ("reference", "state", "title"), "organisations": ("identifiers", "name")}[kind]
    rows = [Row(n, {**dict.fromkeys(columns, "A"), "state": "KEN"} if kind == "needs" else
                {"identifiers": "ZZ-A", "name": "A"}, None, columns) for n in (2, 900)]  # fmt: skip
    load = importing.import_rows if kind == "organisations" else import_rows
    first, second = (load(session, CLI, kind, [row], False, seen) for row in rows)
    assert (first.created, first.quarantined) == (1, 0)
    assert (second.quarantined, second.errors[0].row, second.errors[0].field) == (1, 900, columns[0])
    assert "Row 2" in second.errors[0].message


def test_the_same_file_again_changes_nothing_and_an_empty_cell_keeps_what_is_there(
    session: Session, tmp_path: Path
) -> None:
    imported(session, tmp_path, NEEDS)
    again = imported(session, tmp_path, NEEDS)
    assert (again.created, again.updated, again.unchanged, again.quarantined) == (0, 0, 2, 4)
    changed = imported(session, tmp_path, "reference,title,state\nK-1,Marking weapons,\n")
    assert (changed.updated, changed.quarantined) == (1, 0)
    need = session.execute(select(Need).where(Need.reference == "K-1")).scalar_one()  # type: ignore[arg-type]
    assert (need.title, need.state, need.version) == ("Marking weapons", "KEN", 3)


def test_a_dry_run_reports_the_same_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        tried = imported(session, tmp_path, NEEDS, dry_run=True)
    with database.transaction() as session:
        assert count(session, Need) == count(session, Event) == count(session, Match) == 0
        assert audit.verify(session) == (0, None)
        done = imported(session, tmp_path, NEEDS)
        assert tried.as_dict() == done.as_dict()


def test_an_unknown_column_is_named_with_those_that_there_are(session: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        imported(session, tmp_path, "title,state,colour\nx,KEN,\n")
    (message,) = caught.value.fields["columns"]
    assert "“colour”" in message and "window_start" in message
    report = imported(session, tmp_path, json.dumps([{"title": "x", "state": "KEN", "colour": 1}]), format="json")
    assert [(error.row, error.field) for error in report.errors] == [(1, "colour")]


def test_offers_are_matched_with_the_needs_that_came_before(session: Session, tmp_path: Path) -> None:
    organisation(session)
    open_need(session)
    report = imported(
        session, tmp_path,
        "reference\torganisation\ttitle\ttypes\tthemes\tplaces\tbudget\tcurrency\tconditions\texpires_at\tstatus\n"
        f"O-1\tGiving Agency\tA\tequipment;funding\t{THEMES[0]}\tKEN;Western Africa\t€ 1.5 million\tEUR\t\t"
        "2099-12-31\topen\n"
        "O-2\tGiving Agency\tB\tfunding\t\t\t\t\tparticipates:att;reported:poa:24;answered:iti:5\t\t\n"
        "O-3\tNobody\tC\tfunding\t\t\t\t\treported:poa\t\t\n"
        "O-4\tGiving Agency\tD\tfunding\t\t\t\t\treported:poa\t\t\n",
        "offers",
    )  # fmt: skip
    assert (report.created, report.quarantined) == (2, 2)
    assert [(error.row, error.field) for error in report.errors] == [(4, "organisation"), (5, "conditions")]
    first, second = session.execute(select(Offer).order_by(Offer.id)).scalars()  # type: ignore[arg-type]
    assert (first.budget, first.currency, first.status) == (1_500_000_00, "EUR", "open")
    assert second.conditions == [
        {"kind": "participates", "instrument": "att"}, {"kind": "reported", "instrument": "poa", "within_months": 24},
        {"kind": "answered", "instrument": "iti", "at_least": 5},
    ]  # fmt: skip
    session.info["before_commit"]["rematch"][1](session)
    assert count(session, Match) == 1


def test_a_state_cannot_import_for_another(session: Session, tmp_path: Path) -> None:
    report = imported(session, tmp_path, "state,title\nFRA,x\nKEN,y\n", actor=KENYA)
    assert (report.created, report.quarantined) == (1, 1)
    assert report.errors[0].row == 2 and "role" in report.errors[0].message


def test_what_is_exported_is_imported_as_unchanged(session: Session, tmp_path: Path) -> None:
    need = open_need(
        session, reference="N-1", description="=1+1", min_viable_share=0.5,
        requirements=[{"standard": "iti", "clause": "iti-8"}],
    )  # fmt: skip
    giver = organisation(session)
    offer = open_offer(
        session, giver, reference="O-1", conditions=[{"kind": "reported", "instrument": "poa", "within_months": 24}]
    )
    need_view = need_views(session, CLI, [need.id or 0])[need.id or 0]
    offer_view = offer_views(session, CLI, [offer.id or 0])[offer.id or 0]
    for kind, view, flat in (("needs", need_view, row_of_need), ("offers", offer_view, row_of_offer)):
        rows = [
            Row(2, {name: text for name, text in flat(view).items() if text}, columns=tuple(flat(view))),
            Row(1, json.loads(json.dumps(view, default=str))),
        ]
        for row in rows:
            report = import_rows(session, CLI, kind, [row], dry_run=False)
            assert (report.unchanged, report.errors) == (1, [])


def test_rows_and_forms_agree_on_every_column(session: Session) -> None:
    need = open_need(session, **need_form(reference="N-1"))
    assert set(row_of_need(need_views(session, CLI, [need.id or 0])[need.id or 0])) >= {"type_1", "amount_1", "unit_2"}
    giver = organisation(session)
    offer = open_offer(session, **offer_form(giver))
    form = offer_forms(session, [offer.id or 0])[offer.id or 0]
    assert row_of_offer({**form, "status": "open"})["budget"] == "500000.00"


@pytest.mark.parametrize("format", ["csv", "xlsx", "json"])
def test_an_exported_file_is_imported_as_unchanged(session: Session, tmp_path: Path, format: str) -> None:
    open_need(session, reference="N-1", title="=HYPERLINK(1)", min_viable_share=0.5)
    open_offer(session, organisation(session), reference="O-1")
    for kind in ("needs", "offers"):
        path = tmp_path / f"{kind}.{format}"
        filters: dict[str, Any] = {"q": ""}
        path.write_bytes(b"".join(export(session, CLI, EXPORTERS, kind, format, filters, language="fr", now=NOW)))
        report = import_rows(session, CLI, kind, read_rows(path, format), dry_run=False)
        assert (report.unchanged, report.errors) == (1, [])
