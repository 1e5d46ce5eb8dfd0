"""The ground: migrations on both engines, transactions, the audit chain."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from registry import db, migrate
from registry.accounts import audit
from registry.accounts.actor import system
from registry.catalogue.models import Meta, Organisation
from registry.db import Database
from registry.events.models import Event
from registry.events.outbox import Change, emit


def test_models_and_migrations_agree(database: Database) -> None:
    migrate.check_drift(database)


def test_a_reading_session_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(SQLAlchemyError):
        session.execute(text("UPDATE registry_meta SET value = 'x'"))
    with database.transaction() as session:
        session.add(Meta(key="written", value="yes"))
    with database.reading() as session:
        assert session.get(Meta, "written") is not None


def test_a_writer_on_sqlite_waits_for_its_turn(sqlite_database: Database) -> None:
    asked, done = threading.Event(), threading.Event()

    def write() -> None:
        asked.set()
        with sqlite_database.transaction() as session:
            session.add(Organisation(name="The second"))
        done.set()

    with sqlite_database.transaction() as session:
        session.add(Organisation(name="The first"))
        session.flush()
        second = threading.Thread(target=write)
        second.start()
        assert asked.wait(10) and not done.wait(0.05), "only one writes at a time"
    assert done.wait(10), "the second writes as soon as the first is done"
    second.join(10)
    with sqlite_database.reading() as session:
        assert list(session.scalars(select(Organisation.name).order_by(Organisation.id))) == ["The first", "The second"]


def test_a_writer_on_sqlite_does_not_wait_for_ever(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "WAIT", 0.02)
    with sqlite_database.transaction() as session:
        session.add(Organisation(name="The first"))
        session.flush()
        with pytest.raises(OperationalError, match="locked"), sqlite_database.transaction() as other:
            other.add(Organisation(name="The second"))
            other.flush()
    with sqlite_database.transaction() as session:
        session.add(Organisation(name="The third"))


def test_an_instant_keeps_its_moment_and_comes_back_in_utc(database: Database) -> None:
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    with database.transaction() as session:
        session.add(Organisation(name="x", created_at=moment))
    with database.reading() as session:
        found = session.execute(select(Organisation)).scalar_one()
        assert found.created_at == moment
        assert found.created_at.tzinfo == UTC


def test_a_change_and_its_event_commit_together_or_not_at_all(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.add(Organisation(name="lost"))
        emit(session, Change("organisation.created", "organisation", 1, 1, {}))
        raise ZeroDivisionError
    with database.reading() as session:
        assert session.execute(select(Organisation)).first() is None
        assert session.execute(select(Event)).first() is None


def test_the_audit_chain_holds_and_shows_a_change(database: Database) -> None:
    for number in range(3):
        with database.transaction() as session:
            audit.record(session, system("cli"), "test.act", f"thing:{number}", number=number)
            audit.record(session, system("cli"), "test.more", f"thing:{number}")
    with database.reading() as session:
        assert audit.verify(session) == (6, None)
    with database.transaction() as session:
        session.execute(text("UPDATE audit_entry SET detail = '{}' WHERE subject = 'thing:1' AND action = 'test.act'"))
    with database.reading() as session:
        _, broken = audit.verify(session)
        assert broken is not None and broken.entry_id == 3


def test_the_audit_chain_shows_a_cut_end(database: Database) -> None:
    for number in range(2):
        with database.transaction() as session:
            audit.record(session, system("cli"), "test.act", f"thing:{number}")
    with database.transaction() as session:
        session.execute(text("DELETE FROM audit_entry WHERE id = 2"))
    with database.reading() as session:
        _, broken = audit.verify(session)
        assert broken is not None


def test_the_audit_log_refuses_secrets(database: Database) -> None:
    with database.transaction() as session, pytest.raises(ValueError, match="secrets"):
        audit.record(session, system("cli"), "x", password="hunter2")
