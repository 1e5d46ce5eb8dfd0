"""Every way in which a source fails × every format: what is published, breaks, and comes back; and what that did.

Used by the suite (small) and by `make experiments` (whole, on both engines).
"""

import gzip
import io
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.matching.models import ListedParty
from registry.settings import Settings
from registry.sync import feeds
from registry.sync.adapters import ADAPTERS
from registry.sync.models import FeedRecord
from registry.sync.reasons import RUN_REASONS
from registry.sync.report import Report
from registry.sync.runner import run_feed
from tests.support.adapters import SAMPLES
from tests.support.fault_server import Answer, FaultServer, body, chunked, drip, head, raw, redirect

RECORDS = 100
BOMB = 40_000_000
"""Bytes that a bomb unpacks to"""
LONG_AGO = timedelta(days=60)


def _zipped(size: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<row>" * (size // 5))
    return packed.getvalue()


def _entities() -> bytes:
    lines = [b'<!ENTITY a0 "boom">']
    lines += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)]
    return b"<?xml version='1.0'?><!DOCTYPE x [" + b"".join(lines) + b"]><x>&a11;</x>"


PATHS = {"peer": "/feed/api/v1/snapshot/for-peers"}
"""Where a format's documents stand, where that is not the feed's address itself. A peer's changes answer 404 here, so
that everything is asked for each time."""
Fault = Callable[[bytes], Answer]
"""What the server answers, given a whole document"""
FAULTS: dict[str, Fault] = {
    "nobody there any more": lambda _good: raw(b""),
    "closed in headers": lambda _good: raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut body": lambda good: raw(head(Content_Length=str(len(good))) + good[: len(good) // 2]),
    "cut body without length": lambda good: raw(head() + good[: len(good) // 2]),
    "cut chunks": lambda good: chunked(good[: len(good) // 2], finish=False),
    "length too large": lambda good: raw(head(Content_Length=str(len(good) + 9)) + good),
    "length too small": lambda good: raw(head(Content_Length=str(len(good) // 2)) + good),
    "dripped headers": lambda _good: drip(b"HTTP/1.1 200 OK\r\nX-Filler: "),
    "dripped body": lambda good: drip(head(Content_Length=str(len(good))) + good[:10]),
    "redirect loop": lambda _good: redirect("/feed"),
    "304 for ever": lambda _good: raw(head("304 Not Modified")),
    "gzip bomb": lambda _good: body(gzip.compress(b" " * BOMB), Content_Encoding="gzip"),
    "gzip in gzip": lambda good: body(gzip.compress(gzip.compress(good)), Content_Encoding="gzip"),
    "zip bomb": lambda _good: body(_zipped(BOMB)),
    "entity bomb": lambda _good: body(_entities()),
    "nesting bomb": lambda _good: body(b"[" * 3_000_000),
    "HTML page": lambda _good: body(b"<!DOCTYPE html><html><body>Please sign in</body></html>"),
    "no bytes": lambda _good: body(b""),
    "404": lambda _good: body(b"", "404 Not Found"),
    "503": lambda _good: body(b"", "503 Service Unavailable"),
}
UNSEEN = frozenset({("csv", "cut body without length")})
"""A table has no end by which a cut could be seen: it is read as far as it came, and nothing goes because of it"""
SLOW = frozenset({"dripped headers", "dripped body"})
"""Last as long as a download may"""


@dataclass(frozen=True)
class Source:
    """A feed of one format in a database of its own, and the server that it comes from."""

    database: Database
    settings: Settings
    server: FaultServer
    adapter: str
    feed: int

    def good(self, records: int) -> bytes:
        return SAMPLES[self.adapter].good(records)

    def sync(self, answer: Answer) -> Report:
        self.server.serve(PATHS.get(self.adapter, "/feed"), answer)
        return run_feed(self.database, self.settings, self.feed)

    @property
    def gone(self) -> int:
        """How many of its records are archived."""
        table: Any = {"programme": Programme, "listed": ListedParty}[ADAPTERS[self.adapter].target]
        with self.database.reading() as session:
            archived = select(func.count()).where(table.archived_at.is_not(None), table.source == f"feed:{self.feed}")
            return session.execute(archived).scalar_one()

    def pass_time(self) -> None:
        """Whatever is missing has been missing for very long."""
        with self.database.transaction() as session:
            long_missing = update(FeedRecord).where(FeedRecord.missing_since.is_not(None))  # type: ignore[union-attr]
            session.execute(long_missing.values(missing_since=utcnow() - LONG_AGO))


def source(database: Database, settings: Settings, server: FaultServer, adapter: str, seconds: int = 1) -> Source:
    """A feed that has everything of a good document. `seconds`: of one download at most."""
    allowing = replace(
        settings, outbound_allow=server.allow, fetch_timeout_seconds=seconds, fetch_max_bytes=BOMB // 4,
        fetch_tries=1, host_gap_ms=0, sync_pause_ms=0, sync_processes=1,
    )  # fmt: skip
    with database.transaction() as session:
        form = {
            "name": adapter, "adapter": adapter, "url": server.url("/feed"), "scope": "all",
            "config": dict(SAMPLES[adapter].config),
        }  # fmt: skip
        feed = feeds.create_feed(session, system("cli"), form).id or 0
    made = Source(database, replace(allowing, fetch_timeout_seconds=60), server, adapter, feed)
    first = made.sync(body(made.good(RECORDS)))
    assert (first.run.status, first.run.created) == ("succeeded", RECORDS), first.run.reason
    return replace(made, settings=allowing)


def broken(source: Source, name: str) -> list[str]:
    """Break the source for months, then mend it. Returns what went wrong; nothing must."""
    wrong = []
    good = source.good(RECORDS)
    for _ in range(2):
        begun = time.monotonic()
        run = source.sync(FAULTS[name](good)).run
        if time.monotonic() - begun > source.settings.fetch_timeout_seconds + 15:
            wrong.append("the run did not end in time")
        asked = run.status in ("succeeded", "not_modified") and run.reason_code == "brake"
        said_no = run.status == "failed" and run.reason_code in RUN_REASONS and run.reason
        read_so_far = (source.adapter, name) in UNSEEN and run.status in ("succeeded", "not_modified")
        if not (asked or said_no or read_so_far) or run.reason_code == "internal":
            wrong.append(f"the run ended as {run.status}, {run.reason_code}: {run.reason}")
        if source.gone:
            wrong.append(f"{source.gone} records were archived")
        source.pass_time()
    patient = replace(source, settings=replace(source.settings, fetch_timeout_seconds=60))
    run = patient.sync(body(good)).run
    if run.status not in ("succeeded", "not_modified") or run.created or run.revived or source.gone:
        wrong.append(f"it did not heal: {run.status}, {run.created} created, {run.revived} revived, {source.gone} gone")
    return wrong


SHRINKING: Mapping[int, int] = {0: 0, 79: 0, 80: 20, 81: 19, 99: 1}
"""Of RECORDS records so many are left → so many may go after the grace: up to 20, or a fifth, by themselves."""


def shrunk(source: Source, left: int) -> list[str]:
    """Leave so many records for months, then bring all back. Returns what went wrong."""
    wrong = []
    less = body(source.good(left) if left else SAMPLES[source.adapter].empty)
    source.sync(less)
    if source.gone:
        wrong.append(f"{source.gone} records went without grace")
    source.pass_time()
    source.sync(less)
    source.pass_time()
    source.sync(less)
    if source.gone != SHRINKING[left]:
        wrong.append(f"{source.gone} records went, {SHRINKING[left]} might")
    back = source.sync(body(source.good(RECORDS))).run
    if (source.gone, back.created, back.revived) != (0, 0, SHRINKING[left]):
        wrong.append(f"{back.revived} were revived, {back.created} made anew, {source.gone} stayed away")
    return wrong
