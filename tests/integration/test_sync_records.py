"""One record among many: quarantined, kept with parts left out, not relevant, judged by a person."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from registry.catalogue.models import Programme
from registry.db import Database
from registry.errors import NotFound
from registry.settings import Settings
from registry.sync import applying, crew, feeds, judges, targets
from registry.sync.classification import classifier
from registry.sync.models import FeedRecord
from registry.sync.report import Report
from registry.sync.runner import import_file, run_feed
from tests.support.fault_server import FaultServer, body, conditional
from tests.support.iati import BAD_DAY, activity, document, many, write
from tests.support.syncing import CLI, count, counts, make_feed, rows

WHOLE = document(*many(30))


def test_one_broken_record_among_a_thousand_is_quarantined_and_999_are_in(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    listed = many(1000)
    listed[500] = activity("XX-TEST-501", "Bad", BAD_DAY)
    report = import_file(database, settings, write(tmp_path, document(*listed)), "iati", scope="all")
    assert counts(report) == {"created": 999, "quarantined": 1}
    (refusal,) = report.refusals
    assert (refusal.remote_id, refusal.code, refusal.line) == ("XX-TEST-501", "date", 503)
    with database.reading() as session:
        record = session.execute(select(FeedRecord).where(FeedRecord.outcome == "quarantined")).scalar_one()
    assert record.line == 503 and record.fragment and record.fragment.startswith("<iati-activity")
    assert record.reason and "2020-13-45" in record.reason


def test_a_record_that_breaks_keeps_its_last_good_version_and_heals(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    server.serve("/feed", body(WHOLE))
    sync()
    broken = many(30)
    broken[3] = activity("XX-TEST-4", "Broken", BAD_DAY)
    server.serve("/feed", body(document(*broken)))
    assert counts(sync()) == {"unchanged": 29, "quarantined": 1}
    assert count(database, Programme) == 30 and (None,) in rows(database, Programme.archived_at)
    broken[3] = activity("XX-TEST-4", "Mended")
    server.serve("/feed", body(document(*broken)))
    assert counts(sync()) == {"unchanged": 29, "updated": 1}
    assert count(database, FeedRecord) == 30


def test_what_the_database_does_not_take_is_found_and_quarantined_alone(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = targets.PROGRAMMES.store

    def refusing(session: Any, incoming: Any, **options: Any) -> Any:
        if any(item.document["iati_identifier"] == "XX-TEST-3" for item in incoming):
            session.execute(update(Programme).values(visibility="nonsense"))  # breaks a CHECK once there are rows
            session.add(Programme(iati_identifier="x", title="x", visibility="nonsense"))
            session.flush()
        return store(session, incoming, **options)

    monkeypatch.setitem(targets.TARGETS, "programme", replace(targets.PROGRAMMES, store=refusing))
    report = import_file(database, settings, write(tmp_path, document(*many(5))), "iati", scope="all")
    assert counts(report) == {"created": 4, "quarantined": 1}
    assert report.refusals[0].code == "not_storable" and count(database, Programme) == 4


def test_a_reader_that_fails_on_one_record_does_not_end_the_run(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = document(*many(3))
    path = write(tmp_path, content)
    judge = classifier().classify

    class Failing:
        version = "x"

        @staticmethod
        def classify(found: dict[str, Any]) -> Any:
            if found["iati_identifier"] == "XX-TEST-2":
                raise ZeroDivisionError("never seen before")
            return judge(found)

    monkeypatch.setitem(judges.JUDGES, "programme", lambda: Failing)
    report = import_file(database, settings, path, "iati", scope="all")
    assert counts(report) == {"created": 2, "quarantined": 1}
    assert "ZeroDivisionError: never seen before" in report.refusals[0].reason


def test_records_kept_with_parts_left_out_say_so(database: Database, settings: Settings, tmp_path: Path) -> None:
    odd = document(activity(extra='<sector code="15240" percentage="lots"/>'))
    assert counts(import_file(database, settings, write(tmp_path, odd), "iati")) == {"created": 1}
    ((code, reason),) = rows(database, FeedRecord.reason_code, FeedRecord.reason)
    assert code == "warnings" and "1 left out" in reason and "lots" in reason


# --- relevance and verdicts


def test_scope_relevant_keeps_what_is_about_small_arms_and_says_why(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    mixed = document(*many(3), *(activity(f"W-{n}", "Rural water supply") for n in range(4)))
    path = write(tmp_path, mixed)
    assert counts(import_file(database, settings, path, "iati")) == {"created": 3, "ignored": 4}
    assert {relevance for (relevance,) in rows(database, Programme.relevance)} == {'text "small arms"'}
    assert set(rows(database, FeedRecord.outcome, FeedRecord.reason_code)) == {
        ("applied", None), ("ignored", "not_relevant"),
    }  # fmt: skip
    assert counts(import_file(database, settings, path, "iati")) == {"unchanged": 3, "ignored": 4}
    everything = counts(import_file(database, settings, path, "iati", scope="all"))
    assert everything["created"] == 4 and sum(everything.values()) == 7
    assert count(database, Programme) == 7


def test_a_programme_that_is_no_longer_relevant_is_archived_and_comes_back_with_its_history(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    def go(title: str) -> dict[str, int]:
        return counts(import_file(database, settings, write(tmp_path, document(activity("A", title))), "iati"))

    assert go("Control of small arms") == {"created": 1}
    ((first,),) = rows(database, Programme.id)
    assert go("Rural water supply") == {"ignored": 1, "archived": 1}
    with database.reading() as session:
        programme = session.execute(select(Programme)).scalar_one()
        assert programme.archived_at and programme.archived_reason == applying.NOT_RELEVANT
    assert go("Control of small arms") == {"updated": 1, "revived": 1}
    assert rows(database, Programme.id, Programme.archived_at) == [(first, None)]


def test_a_persons_verdict_wins_from_the_next_run_on(
    database: Database, server: FaultServer, allowing: Settings
) -> None:
    content = document(activity("ARMS"), activity("WATER", "Rural water supply"))
    feed = make_feed(database, server.serve("/relevant", conditional(content, '"1"')), "relevant", "Other")
    assert counts(run_feed(database, allowing, feed)) == {"created": 1, "ignored": 1}
    ids = dict(rows(database, FeedRecord.remote_id, FeedRecord.id))
    with database.transaction() as session:
        feeds.set_verdict(session, CLI, ids["ARMS"], "ignore")
        feeds.set_verdict(session, CLI, ids["WATER"], "keep")
    assert counts(run_feed(database, allowing, feed)) == {"created": 1, "ignored": 1, "archived": 1}
    assert run_feed(database, allowing, feed).run.status == "not_modified"
    with database.transaction() as session:
        feeds.set_verdict(session, CLI, ids["ARMS"], None)
        feeds.set_verdict(session, CLI, ids["WATER"], None)
    assert counts(run_feed(database, allowing, feed)) == {"updated": 1, "revived": 1, "ignored": 1, "archived": 1}
    with pytest.raises(NotFound), database.transaction() as session:
        feeds.set_verdict(session, CLI, 999, "keep")


# --- preview


def test_a_verdict_given_while_the_record_is_being_judged_is_not_lost(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file(database, settings, write(tmp_path, document(activity("A", "Rural water supply"))), "iati")
    judge = crew.judge_all

    def meanwhile(*arguments: Any) -> Any:
        judged = judge(*arguments)
        with database.transaction() as session:
            record = session.execute(select(FeedRecord)).scalar_one()
            feeds.set_verdict(session, CLI, record.id or 0, "keep")
        return judged

    monkeypatch.setattr(crew, "judge_all", meanwhile)
    changed = write(tmp_path, document(activity("A", "Rural water supply, phase two")))
    assert counts(import_file(database, settings, changed, "iati")) == {"created": 1}
