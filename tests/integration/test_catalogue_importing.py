"""Organisations from tables."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, system
from registry.catalogue import exporting, organisations
from registry.catalogue.importing import import_rows
from registry.catalogue.models import Organisation
from registry.catalogue.tabular import ImportReport, read_rows
from registry.db import utcnow
from registry.errors import InvalidInput

CLI = system("cli")
TABLE = """name,identifiers,names,kind,state
Institut d'État,fr-1;FR-2,en=State Institute;fr=Institut d'État,10,FRA
No Reference,,,22,
Bad Kind,XX-9,,banana,FRA
,XX-8,,10,
"""


def load(session: Session, path: Path, text: str, dry_run: bool = False) -> ImportReport:
    path.write_text(text, encoding="utf-8")
    return import_rows(session, CLI, "organisations", read_rows(path, path.suffix[1:]), dry_run)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.quarantined


def test_good_rows_are_in_and_bad_ones_named(session: Session, tmp_path: Path) -> None:
    report = load(session, tmp_path / "o.csv", TABLE)
    assert counts(report) == (2, 0, 0, 2)
    assert {(error.row, error.field) for error in report.errors} == {(4, "kind"), (5, "name")}
    found = organisations.find_by_identifier(session, "FR-2")
    assert found is not None
    organisation, identifiers = organisations.get_organisation(session, ANONYMOUS, found)
    assert identifiers == ["FR-1", "FR-2"]
    assert organisation.names == {"en": "State Institute", "fr": "Institut d'État"}


def test_a_row_is_known_by_any_of_its_identifiers_and_only_adds_to_them(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path / "o.csv", TABLE)
    changed = "name,identifiers\nInstitut,FR-2;FR-3\n"
    assert counts(load(session, tmp_path / "o.csv", changed)) == (0, 1, 0, 0)
    assert counts(load(session, tmp_path / "o.csv", changed)) == (0, 0, 1, 0)
    found = organisations.find_by_identifier(session, "fr-3")
    assert found is not None
    assert organisations.identifiers_of(session, found) == ["FR-1", "FR-2", "FR-3"]


def test_a_dry_run_says_the_same_and_writes_nothing(session: Session, tmp_path: Path) -> None:
    assert counts(load(session, tmp_path / "o.csv", TABLE, dry_run=True)) == (2, 0, 0, 2)
    assert session.execute(select(func.count()).select_from(Organisation)).scalar_one() == 0
    assert session.info.get("audit", []) == []


def test_a_column_that_is_not_known_is_named(session: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        load(session, tmp_path / "o.csv", "name,colour\nA,red\n")
    assert "colour" in caught.value.fields["columns"][0]


def test_what_was_exported_comes_back_unchanged(session: Session, tmp_path: Path) -> None:
    load(session, tmp_path / "o.csv", TABLE.replace("No Reference", "=No Reference"))
    for format in ("csv", "xlsx", "json"):
        path = tmp_path / f"out.{format}"
        pieces = exporting.export(
            session, CLI, exporting.EXPORTERS, "organisations", format, {}, language="en", now=utcnow()
        )
        path.write_bytes(b"".join(pieces))
        rows = read_rows(path, format)
        assert counts(import_rows(session, CLI, "organisations", rows, False)) == (0, 0, 2, 0), format
    assert {item["name"] for item in orjson.loads(path.read_bytes())["items"]} == {"Institut d'État", "=No Reference"}
