"""Runs from beginning to end, over HTTP and from files: what is counted, what is untouched, what heals."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from registry.accounts.actor import system
from registry.accounts.models import AuditEntry
from registry.catalogue.models import Organisation, Programme
from registry.db import Database, utcnow
from registry.errors import Conflict, NotFound
from registry.events.models import Event
from registry.settings import Settings
from registry.sync import applying, crew, feeds, judges, runs, targets
from registry.sync.classification import classifier
from registry.sync.models import Feed, FeedRecord, Run
from registry.sync.report import Report
from registry.sync.runner import import_file, run_feed
from tests.support.fault_server import FaultServer, body, chunked, conditional, drip, fault_server, head, raw, zipped
from tests.support.iati import activity, document, many, write

CLI = system("cli")
WHOLE = document(*many(30))


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as server:
        yield server


@pytest.fixture
def allowing(settings: Settings, server: FaultServer) -> Settings:
    return replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=1, sync_batch_rows=10, sync_pause_ms=0)


@pytest.fixture
def feed(database: Database, server: FaultServer) -> int:
    """A feed of the server's /feed."""
    return make_feed(database, server.url("/feed"))


def make_feed(database: Database, url: str | None, scope: str = "all", name: str = "Partner") -> int:
    with database.transaction() as session:
        found = feeds.create_feed(session, CLI, {"name": name, "adapter": "iati", "url": url, "scope": scope})
        return found.id or 0


@pytest.fixture
def sync(database: Database, allowing: Settings, feed: int) -> Callable[..., Report]:
    """Synchronise the feed."""
    return lambda **options: run_feed(database, allowing, feed, **options)


def counts(report: Report) -> dict[str, int]:
    """Numbers that are not zero."""
    shown = report.as_dict()
    names = ("created", "updated", "unchanged", "ignored", "quarantined", "archived", "revived")
    return {name: shown[name] for name in names if shown[name]}


def rows(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    with database.reading() as session:
        return sorted(tuple(row) for row in session.execute(select(*columns)))


def count(database: Database, model: Any) -> int:
    with database.reading() as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


# --- the good way


def test_a_first_run_fills_the_catalogue_and_its_numbers_are_kept(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    server.serve("/feed", body(WHOLE))
    report = sync()
    assert counts(report) == {"created": 30} and report.run.status == "succeeded"
    (stored,) = rows(database, Run.status, Run.records, Run.created, Run.bytes, Run.http_status)
    assert stored == ("succeeded", 30, 30, len(WHOLE), 200)
    assert count(database, Programme) == 30
    with database.reading() as session:
        types = set(session.execute(select(Event.type)).scalars())
        assert {"programme.created", "run.finished", "feed.created"} <= types
        assert "feed.run" in session.execute(select(AuditEntry.action)).scalars().all()


def test_what_is_unchanged_writes_nothing(database: Database, server: FaultServer, sync: Callable[..., Report]) -> None:
    server.serve("/feed", body(WHOLE))
    sync()
    ledger = (FeedRecord.id, FeedRecord.run_id, FeedRecord.content_sha256)
    before = rows(database, *ledger), rows(database, Programme.id, Programme.version)
    server.serve("/feed", body(WHOLE.replace(b"><", b">\n<")))
    assert counts(sync()) == {"unchanged": 30}
    assert (rows(database, *ledger), rows(database, Programme.id, Programme.version)) == before


def test_only_what_changed_is_updated(database: Database, server: FaultServer, sync: Callable[..., Report]) -> None:
    server.serve("/feed", body(WHOLE))
    sync()
    server.serve("/feed", body(WHOLE.replace(b"small arms 7<", b"small arms, revised<")))
    assert counts(sync()) == {"updated": 1, "unchanged": 29}
    assert sum(version for (version,) in rows(database, Programme.version)) == 31


def test_validators_make_the_next_fetch_conditional(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    server.serve("/feed", conditional(WHOLE, '"v1"'))
    sync()
    report = sync()
    assert (report.run.status, report.run.reason_code, report.run.http_status) == ("not_modified", "unchanged", 304)
    assert server.requests[-1].headers["if-none-match"] == '"v1"'
    server.serve("/feed", conditional(document(*many(31)), '"v2"'))
    assert counts(sync()) == {"created": 1, "unchanged": 30}
    assert rows(database, Feed.etag) == [('"v2"',)]


def test_the_same_document_under_another_etag_is_not_read_again_and_the_etag_is_kept(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    server.serve("/feed", conditional(WHOLE, '"v1"'))
    sync()
    server.serve("/feed", conditional(WHOLE, '"v2"'))
    assert sync().run.status == "not_modified"
    assert rows(database, Feed.etag) == [('"v2"',)]


def test_after_some_days_everything_is_asked_for_against_servers_that_always_say_304(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", conditional(WHOLE, '"v1"'))
    sync()
    with database.transaction() as session:
        session.execute(update(Feed).values(full_fetch_at=utcnow() - timedelta(days=8)))
    server.serve("/feed", conditional(document(*many(31)), '"v1"'))
    assert counts(sync()) == {"created": 1, "unchanged": 30}
    assert "if-none-match" not in server.requests[-1].headers


@pytest.mark.parametrize(
    "answer", [chunked(WHOLE), zipped(WHOLE), raw(head() + WHOLE)], ids=["chunked", "gzip", "close"]
)
def test_every_proper_way_of_sending_is_read(server: FaultServer, sync: Callable[..., Report], answer: Any) -> None:
    server.serve("/feed", answer)
    assert counts(sync()) == {"created": 30}


# --- what goes wrong with the source

BAD = {
    "truncated": (body(WHOLE[: len(WHOLE) // 2]), "truncated"),
    "empty file": (body(b"   "), "empty"),
    "zero bytes": (body(b""), "empty_body"),
    "web page": (body(b"<!DOCTYPE html><html><body>Sorry</body></html>"), "html"),
    "wrong encoding": (body(WHOLE.replace(b"What", b"\xe9")), "encoding"),
    "doctype": (body(b'<!DOCTYPE iati-activities [<!ENTITY a "b">]>' + WHOLE.split(b"?>", 1)[1]), "doctype"),
    "cut body": (raw(head(Content_Length=str(len(WHOLE) + 9)) + WHOLE), "cut_body"),
    "cut chunks": (chunked(WHOLE, finish=False), "cut_body"),
    "404": (body(b"", "404 Not Found"), "http_status"),
    "500": (body(WHOLE, "500 Internal Server Error"), "http_status"),
    "timeout": (drip(head(Content_Length="9999999")), "timeout"),
    "closed": (raw(b""), "connection"),
    "cut without length": (raw(head() + WHOLE[:-20]), "truncated"),
    "gzip cut inside": (body(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xb3", Content_Encoding="gzip"), "empty_body"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_document_fails_with_its_reason_leaves_the_catalogue_alone_and_the_next_good_one_heals(
    database: Database, server: FaultServer, sync: Callable[..., Report], name: str
) -> None:
    server.serve("/feed", conditional(WHOLE, '"good"'))
    sync()
    before = rows(database, Programme.id, Programme.version, Programme.archived_at)
    answer, code = BAD[name]
    server.serve("/feed", answer)
    report = sync()
    assert (report.run.status, report.run.reason_code) == ("failed", code), report.run.reason
    assert report.run.reason and counts(report) == {}
    assert rows(database, Programme.id, Programme.version, Programme.archived_at) == before
    assert rows(database, FeedRecord.missing_since) == [(None,)] * 30
    server.serve("/feed", conditional(WHOLE, '"good"'))
    assert sync().run.status == "not_modified"
    server.serve("/feed", body(document(*many(31))))
    assert counts(sync()) == {"created": 1, "unchanged": 30}


def test_an_address_inside_is_not_fetched_from(database: Database, settings: Settings, server: FaultServer) -> None:
    server.serve("/feed", body(WHOLE))
    report = run_feed(database, settings, make_feed(database, server.url("/feed")))
    assert (report.run.status, report.run.reason_code) == ("failed", "address") and not server.requests


# --- single records


def test_one_broken_record_among_a_thousand_is_quarantined_and_999_are_in(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    listed = many(1000)
    listed[500] = activity("XX-TEST-501", "Bad", '<activity-date type="2" iso-date="2020-13-45"/>')
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
    broken[3] = activity("XX-TEST-4", "Broken", "<budget><value>many</value></budget>")
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


def test_a_preview_counts_the_same_and_writes_nothing(database: Database, settings: Settings, tmp_path: Path) -> None:
    listed = [
        *many(25),
        activity("XX-TEST-1"),
        activity("W", "Water"),
        activity("B", "Bad", "<budget><value>x</value></budget>"),
    ]
    path = write(tmp_path, document(*listed))
    small = replace(settings, sync_batch_rows=10)
    preview = import_file(database, small, path, "iati", dry_run=True)
    assert [
        count(database, model) for model in (Feed, Run, FeedRecord, Programme, Organisation, Event, AuditEntry)
    ] == [0] * 7
    assert preview.run.id is None and preview.run.status == "succeeded"
    real = import_file(database, small, path, "iati")
    assert counts(preview) == counts(real) == {"created": 25, "ignored": 1, "quarantined": 2}
    assert [refusal.code for refusal in preview.refusals] == [refusal.code for refusal in real.refusals]
    refused = import_file(database, small, write(tmp_path, b"<a>"), "iati", dry_run=True)
    assert refused.run.status == "failed" and count(database, Run) == 1


def test_a_preview_over_http_writes_nothing(
    database: Database, server: FaultServer, sync: Callable[..., Report]
) -> None:
    server.serve("/feed", conditional(WHOLE, '"1"'))
    assert counts(sync(dry_run=True)) == {"created": 30}
    assert count(database, Run) == count(database, Programme) == 0
    assert rows(database, Feed.etag, Feed.document_sha256) == [(None, None)]


# --- one run at a time


def test_a_second_run_of_a_feed_is_refused_while_the_first_is_alive(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", body(WHOLE))
    with database.transaction() as session:
        runs.begin(session, feed, "hand", CLI, utcnow())
    with pytest.raises(Conflict):
        sync()
    assert count(database, Run) == 1 and count(database, Programme) == 0


def test_a_killed_run_is_found_by_its_silence_and_taken_over(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", body(WHOLE))
    with database.transaction() as session:
        runs.begin(session, feed, "schedule", CLI, utcnow() - timedelta(minutes=5))
    assert counts(sync()) == {"created": 30}
    assert rows(database, Run.status, Run.fence, Run.created) == [("succeeded", 2, 30)]


def test_a_run_that_was_taken_over_writes_no_more(
    database: Database, server: FaultServer, sync: Callable[..., Report], feed: int
) -> None:
    server.serve("/feed", body(WHOLE))

    def taken_over(stage: str, _done: int, _all: int | None) -> None:
        if stage == "apply":
            with database.transaction() as session:
                session.execute(update(Run).where(Run.status == "running").values(status="failed"))

    with pytest.raises(runs.RunLost):
        sync(progress=taken_over)
    assert count(database, Programme) <= 30 and count(database, FeedRecord) == count(database, Programme)


def test_a_run_is_cancelled_between_batches_and_the_next_one_finishes(
    database: Database, server: FaultServer, sync: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/feed", body(WHOLE))
    advance = runs.advance

    def cancelling(session: Any, run_id: int, *rest: Any) -> None:
        advance(session, run_id, *rest)
        runs.cancel(session, CLI, run_id)

    monkeypatch.setattr(runs, "advance", cancelling)
    report = sync()
    assert (report.run.status, report.run.reason_code) == ("cancelled", "cancelled")
    assert count(database, Programme) == 10 and rows(database, Run.records, Run.created) == [(10, 10)]
    monkeypatch.undo()
    assert counts(sync()) == {"created": 20, "unchanged": 10}


def test_numbers_and_rows_of_a_batch_commit_together(
    database: Database, server: FaultServer, sync: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.serve("/feed", body(WHOLE))
    advance = runs.advance
    calls = []

    def failing(*arguments: Any) -> None:
        advance(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError("out of memory")

    monkeypatch.setattr(runs, "advance", failing)
    with pytest.raises(MemoryError):
        sync()
    assert count(database, Programme) == count(database, FeedRecord) == 10
    assert rows(database, Run.status, Run.reason_code, Run.created) == [("failed", "internal", 10)]
    monkeypatch.undo()
    assert counts(sync()) == {"created": 20, "unchanged": 10}


def test_a_heartbeat_keeps_a_slow_run_alive_and_sees_the_wish_to_stop(database: Database, feed: int) -> None:
    with database.transaction() as session:
        _feed, run = runs.begin(session, feed, "hand", CLI, utcnow() - timedelta(seconds=50))
        run_id = run.id or 0
    beat = runs.Heartbeat(database, run_id, 1)
    beat.stage = "verify"
    beat._once()
    ((at, stage),) = rows(database, Run.heartbeat_at, Run.stage)
    assert utcnow() - at < timedelta(seconds=5) and stage == "verify"
    beat.check()
    with database.transaction() as session:
        runs.cancel(session, CLI, run_id)
    beat._once()
    with pytest.raises(runs.RunCancelled):
        beat.check()
    with database.transaction() as session:
        runs.settle(session, run_id, 1, "failed", "internal", "x", utcnow())
    beat._once()
    with pytest.raises(runs.RunLost):
        beat.check()
    with pytest.raises(Conflict), database.transaction() as session:
        runs.cancel(session, CLI, run_id)


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


def test_small_writes_go_on_while_a_run_reads(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No lock is held while records are read and judged: that is where the time goes."""
    judge = crew.judge_all

    def while_reading(*arguments: Any) -> Any:
        with database.transaction() as session:
            session.execute(update(Feed).values(config={"touched": True}))
        return judge(*arguments)

    monkeypatch.setattr(crew, "judge_all", while_reading)
    assert counts(import_file(database, settings, write(tmp_path, document(*many(3))), "iati")) == {"created": 3}


def test_a_run_killed_in_the_middle_is_finished_where_it_stood(
    sqlite_database: Database, settings: Settings, tmp_path: Path
) -> None:
    path = write(tmp_path, document(*many(3000)))
    environment = {
        **os.environ,
        "CASA_DATABASE_URL": sqlite_database.url,
        "CASA_DATA_DIR": str(tmp_path),
        "CASA_SYNC_BATCH_ROWS": "50",
        "CASA_SECRET_KEY": settings.secret_key,
    }
    command = [sys.executable, "-m", "registry.cli", "import", "programmes", str(path), "--format", "iati"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while count(sqlite_database, Programme) < 200 and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    done = count(sqlite_database, Programme)
    assert 200 <= done < 3000 and done == count(sqlite_database, FeedRecord) and done % 50 == 0
    assert rows(sqlite_database, Run.status, Run.created) == [("running", done)]
    with pytest.raises(Conflict):
        import_file(sqlite_database, settings, path, "iati")
    with sqlite_database.transaction() as session:
        session.execute(update(Run).values(heartbeat_at=utcnow() - timedelta(minutes=2)))
    assert counts(import_file(sqlite_database, settings, path, "iati")) == {"created": 3000}
    assert rows(sqlite_database, Run.status, Run.created, Run.fence) == [("succeeded", 3000, 2)]
    with sqlite_database.reading() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        created = session.execute(select(Event.record_id).where(Event.type == "programme.created")).scalars().all()
        assert len(created) == len(set(created)) == 3000
