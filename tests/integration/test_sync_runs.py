"""Runs from beginning to end, over HTTP and from files: what is counted, what is untouched, what heals."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from registry.accounts.models import AuditEntry
from registry.catalogue.models import Organisation, Programme
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.settings import Settings
from registry.sync.models import Feed, FeedRecord, Run
from registry.sync.report import Report
from registry.sync.runner import import_file, run_feed
from tests.support.fault_server import FaultServer, body, chunked, conditional, drip, head, raw, zipped
from tests.support.iati import BAD_DAY, activity, document, many, write
from tests.support.syncing import count, counts, make_feed, rows

WHOLE = document(*many(30))


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


def test_a_preview_counts_the_same_and_writes_nothing(database: Database, settings: Settings, tmp_path: Path) -> None:
    listed = [
        *many(25),
        activity("XX-TEST-1"),
        activity("W", "Water"),
        activity("B", "Bad", BAD_DAY),
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
