"""Editions of standards in the database: loaded, superseded, refused, found changed."""

from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from registry.accounts.actor import system
from registry.compliance import editions, library, listing
from registry.compliance.models import Standard
from registry.db import Database
from registry.errors import (
    ConfigurationError,
    InvalidInput,
    NotAllowed,
)
from tests.support.standards import SECOND, STANDARD, changed, events, load_text, person, write


def test_a_new_edition_is_kept_beside_the_old_one(small: Session, tmp_path: Path) -> None:
    load_text(small, tmp_path, SECOND)
    rows = small.execute(select(Standard.version, Standard.current).order_by(Standard.version)).all()
    assert [tuple(row) for row in rows] == [("1.0.0", False), ("2.0.0", True)]
    assert listing.list_standards(small)[0]["versions"] == ["2.0.0", "1.0.0"]
    assert listing.describe_standard(small, "small", "1.0.0")["current"] is False
    assert [kind for kind, _ in events(small)] == ["standard.loaded", "standard.loaded"]


def test_loading_again_changes_nothing(small: Session, tmp_path: Path) -> None:
    report = library.load(small, system("test"), [write(tmp_path, "# a remark\n" + STANDARD)])
    assert report.as_dict()["unchanged"] == 1
    assert len(events(small)) == 1


def test_other_content_under_the_same_version_is_refused(small: Session, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        load_text(small, tmp_path, changed(("Is every weapon", "Is each weapon")))
    assert list(error.value.fields) == ["small version"]


def test_a_removed_clause_needs_its_migration(small: Session, tmp_path: Path) -> None:
    silent = changed(("      - {kind: removed, old: [rec-law], new: []}\n", ""), text=SECOND)
    with pytest.raises(InvalidInput) as error:
        load_text(small, tmp_path, silent)
    assert "rec-law is gone" in str(error.value.fields)


def test_an_older_edition_loaded_late_does_not_become_current(session: Session, tmp_path: Path) -> None:
    load_text(session, tmp_path, SECOND)
    load_text(session, tmp_path, STANDARD)
    assert editions.find(session, "small").version == "2.0.0"
    assert editions.find(session, "small", "1.0.0").current is False


def test_one_refused_file_keeps_all_others_out(session: Session, tmp_path: Path) -> None:
    good, bad = write(tmp_path), write(tmp_path, "id: [", "bad.yaml")
    with pytest.raises(InvalidInput):
        library.load(session, system("test"), [good, bad])
    assert listing.list_standards(session) == []


def test_a_dry_run_says_what_it_would_do_and_does_nothing(database: Database, tmp_path: Path) -> None:
    with database.reading() as session:
        report = library.load(session, system("test"), [write(tmp_path)], dry_run=True)
    assert report.as_dict()["new"] == 1
    with database.reading() as session:
        assert listing.list_standards(session) == []


def test_only_staff_loads_standards(session: Session, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        library.load(session, person(session), [write(tmp_path)])
    library.load(session, person(session, "admin"), [write(tmp_path)])


def test_an_edition_changed_in_the_database_scores_no_more(session: Session, tmp_path: Path) -> None:
    load_text(session, tmp_path, changed(("Does a law say", "Does some law say")))
    session.execute(update(Standard).values(document=Standard.document + " "))
    editions.find(session, "small")
    session.execute(update(Standard).values(sha256="0" * 64))
    with pytest.raises(ConfigurationError, match="changed after loading"):
        listing.list_standards(session)


# The life of an assessment


def test_an_id_given_up_once_is_never_used_again(small: Session, tmp_path: Path) -> None:
    load_text(small, tmp_path, SECOND)
    with pytest.raises(InvalidInput) as error:
        load_text(
            small, tmp_path, changed(("version: 1.0.0", "version: 3.0.0"), ("id: mark-made", "id: mark-imported"))
        )
    assert "mark-import was given up in an earlier edition: an id is never reused." in str(error.value.fields)
    assert editions.find(small, "small").version == "2.0.0", "what was loaded stays"
