"""The pass itself: fetch → verify → split → judge and apply batch by batch → settle. One batch is one transaction.

A document that is not whole changes nothing. A preview runs the same code and rolls every batch back.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.db import Database, utcnow
from registry.errors import N_, RegistryError
from registry.outbound.client import Fetched, FetchFailed
from registry.settings import Settings
from registry.sync import absence, runs
from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import DocumentRefused, Piece
from registry.sync.applying import MAX_REFUSALS, apply_batch
from registry.sync.collector import collecting_seldom
from registry.sync.feeds import feed_for_files
from registry.sync.fetching import fetch_feed, is_repetition, kept_of_document, kept_of_repetition
from registry.sync.judging import Reading, judge_batch
from registry.sync.models import Feed, Run
from registry.sync.reasons import RUN_REASONS
from registry.sync.records import Known, read_known
from registry.sync.report import Counts, Report
from registry.sync.rules import Stop, never, reading_key
from registry.sync.runs import Heartbeat, Progress, no_progress
from registry.sync.targets import TARGETS

log = logging.getLogger(__name__)
Opening = Callable[[Session], Feed]
"""Finds (or makes) the feed of a run, in the session at hand"""


def run_feed(
    database: Database,
    settings: Settings,
    feed_id: int,
    *,
    trigger: str = "hand",
    actor: Actor | None = None,
    progress: Progress = no_progress,
    dry_run: bool = False,
    accept_losses: bool = False,
    stop: Stop = never,
) -> Report:
    """Fetch a feed and apply it. What goes wrong with the source ends the run as failed, with its reason.

    `accept_losses`: the records that the brake asked about are really gone. `stop` is asked now and then whether to
    go on. Raises NotFound; Conflict while another run of the feed is alive; and whatever is this registry's own
    trouble, after noting it on the run.
    """
    with database.reading() as session:
        feed = runs.find_feed(session, feed_id)
    run = _Run(database, settings, actor, trigger, progress, dry_run, lambda session: runs.find_feed(session, feed_id))
    run.stop = stop
    return run.carry_out(lambda: run.sync(feed, accept_losses))


def import_file(
    database: Database,
    settings: Settings,
    path: Path,
    adapter: str,
    *,
    feed_name: str = "imports",
    scope: str | None = None,
    config: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    progress: Progress = no_progress,
    dry_run: bool = False,
) -> Report:
    """Apply a file at hand under the feed of this name, made where there is none. Absence says nothing here.

    Every import is read: there is no shortcut for a file that was seen before. Raises as run_feed.
    """

    def opening(session: Session) -> Feed:
        return feed_for_files(session, actor or system("cli"), feed_name, adapter, scope, config)

    run = _Run(database, settings, actor, "import", progress, dry_run, opening, scope)
    return run.carry_out(lambda: run.read(path, path.stat().st_size))


@contextmanager
def _rolled_back(database: Database) -> Iterator[Session]:
    """A transaction of a preview: everything happens, nothing stays."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.flush()
        session.expunge_all()  # what was read stays readable: a rollback would expire it
        session.rollback()


class _Run:
    """One run on its way."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        actor: Actor | None,
        trigger: str,
        progress: Progress,
        dry_run: bool,
        opening: Opening,
        scope: str | None = None,
    ) -> None:
        self.database, self.settings, self.progress, self.dry_run = database, settings, progress, dry_run
        self.actor, self.trigger, self.opening, self.scope = actor or system("cli"), trigger, opening, scope
        self.stop: Stop = never
        self.counts = Counts()
        self.report: Report
        self.heartbeat: Heartbeat | None = None
        self.reading: Reading
        self.seen: set[str] = set()

    def carry_out(self, work: Callable[[], None]) -> Report:
        """Begin, work, and end the run whatever happens."""
        started = time.monotonic()
        run = self._begin()
        self.report = Report(run)
        self.heartbeat = None if self.dry_run else Heartbeat(self.database, run.id or 0)
        with self.heartbeat or nullcontext(), collecting_seldom():
            try:
                work()
            except FetchFailed as error:
                status = "cancelled" if error.code == "cancelled" else "failed"
                self._settle(status, error.code, str(error), http_status=error.http_status)
            except DocumentRefused as error:
                self._settle("failed", error.code, str(error))
            except runs.RunCancelled as error:
                self._settle("cancelled", "cancelled", str(error))
            except runs.RunLost:
                raise
            except (KeyboardInterrupt, SystemExit):
                self._settle("cancelled", "cancelled", RUN_REASONS["cancelled"])
                raise
            except BaseException as error:
                log.exception("run %s of feed %s failed", run.id, run.feed_id)
                reason = str(error) if isinstance(error, RegistryError) else f"{type(error).__name__}: {error}"
                self._settle("failed", "internal", reason or RUN_REASONS["internal"])
                raise
        self.report.seconds = time.monotonic() - started
        return self.report

    def _begin(self) -> Run:
        now = utcnow()
        with self._transaction() as session:
            feed = self.opening(session)
            adapter = ADAPTERS[feed.adapter]
            reader = adapter.bind(feed.config)
            _feed, run = runs.begin(session, feed.id or 0, self.trigger, self.actor, now)
        scope, target = self.scope or feed.scope, TARGETS[adapter.target]
        judge = target.judge()
        self.reading = Reading(
            reader=reader,
            target=target,
            scope=scope,
            key=reading_key(adapter.name, adapter.reads_as(feed.config), judge.version, scope),
            classify=judge.classify,
            actor=system(f"feed:{feed.id} run:{run.id}"),
            run_id=run.id or 0,
        )
        if self.dry_run:
            run.id = None
        return run

    def _transaction(self) -> Any:
        return _rolled_back(self.database) if self.dry_run else self.database.transaction()

    def _stage(self, stage: str) -> None:
        self.report.run.stage = stage
        if self.heartbeat:
            self.heartbeat.stage = stage
            self.heartbeat.check()

    # --- over HTTP

    def sync(self, feed: Feed, accept_losses: bool) -> None:
        """Fetch, and read what came unless it is what was applied last."""
        if not feed.url:
            raise FetchFailed("address", "This feed has no address: it is filled from files.")
        key = self.reading.key
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="spool-", dir=self.settings.data_dir) as folder:
            fetched = fetch_feed(
                feed,
                ADAPTERS[feed.adapter],
                self.settings,
                Path(folder),
                key,
                utcnow(),
                unconditional=accept_losses,
                progress=lambda done, everything: self._tick("fetch", done, everything),
                stop=self._is_unwanted,
            )
            self.report.run.http_status, self.report.run.bytes = fetched.status, fetched.bytes
            if fetched.path is None or (is_repetition(feed, fetched, key) and not accept_losses):
                self._repeat(feed, fetched)
            else:
                self._apply_fetched(feed, fetched, fetched.path, accept_losses)

    def _repeat(self, feed: Feed, fetched: Fetched) -> None:
        """The document is the one applied last: what was missing from it is missing once more."""
        now = utcnow()
        with self._transaction() as session:
            archived = absence.after_repetition(session, feed.id or 0, self.reading.target, self.reading.actor, now)
            runs.note_fetch(session, feed.id or 0, kept_of_repetition(feed, fetched, now))
        self.counts.add("archived", archived)
        self._settle("not_modified", "unchanged", RUN_REASONS["unchanged"])

    def _apply_fetched(self, feed: Feed, fetched: Fetched, path: Path, accept_losses: bool) -> None:
        self.apply(path, fetched.bytes)
        columns = kept_of_document(fetched, self.reading.key, utcnow())
        brake: absence.Brake | None = None
        if fetched.complete:
            self._stage("settle")
            try:
                with self._transaction() as session:
                    archived = absence.after_snapshot(
                        session,
                        feed.id or 0,
                        self.reading.target,
                        self.seen,
                        self.reading.actor,
                        utcnow(),
                        accept_losses=accept_losses,
                    )
                self.counts.add("archived", archived)
            except absence.Brake as error:
                # Not kept as applied: the next run looks again, and says so again.
                brake, columns["document_sha256"] = error, None
        with self._transaction() as session:
            runs.note_fetch(session, feed.id or 0, columns)
        self._settle("succeeded", "brake" if brake else None, str(brake) if brake else None)

    # --- from a file

    def read(self, path: Path, size: int) -> None:
        """Apply a file at hand."""
        self.apply(path, size)
        self._settle("succeeded", None, None)

    def apply(self, path: Path, size: int) -> None:
        """Read the document twice: once to its end, to know that it is whole, then record by record."""
        self.report.run.bytes = size
        self._stage("verify")
        self.reading.reader.verify(path, lambda done: self._tick("verify", done, size))
        self._stage("apply")
        rows = self.settings.sync_batch_rows
        pause = self.settings.sync_pause_ms / 1000 if self.database.is_sqlite and not self.dry_run else 0
        for pieces in self.reading.reader.split(path, rows, lambda done: self._tick("apply", done, size)):
            judged = judge_batch(pieces, self._known(pieces), self.reading)
            with self._transaction() as session:
                now = utcnow()
                applied = apply_batch(session, self._feed_id(session), judged, self.reading, now)
                if not self.dry_run:
                    runs.advance(session, self.reading.run_id, applied.counts, now)
            self.counts.plus(applied.counts)
            if self.trigger != "import":  # only a snapshot of a source says what is missing
                self.seen.update(piece.remote_id for piece in pieces)
            self.report.refusals += applied.refusals[: MAX_REFUSALS - len(self.report.refusals)]
            time.sleep(pause)

    def _known(self, pieces: Sequence[Piece]) -> dict[str, Known]:
        with self.database.reading() as session:
            return read_known(session, self.report.run.feed_id, [piece.remote_id for piece in pieces])

    def _feed_id(self, session: Session) -> int:
        """In a preview the feed itself may be one that was rolled back: then it is made anew in each transaction."""
        return self.opening(session).id or 0 if self.dry_run else self.report.run.feed_id

    def _is_unwanted(self) -> bool:
        return self.stop() or (self.heartbeat is not None and (self.heartbeat.cancelled or self.heartbeat.lost))

    def _tick(self, stage: str, done: int, everything: int | None) -> None:
        if self.heartbeat:
            self.heartbeat.check()
        if self.stop():
            raise runs.RunCancelled(N_("The process was stopped; the next run goes on from what was applied."))
        self.progress(stage, done, everything)

    # --- the end

    def _settle(self, status: str, code: str | None, reason: str | None, http_status: int | None = None) -> None:
        run, now = self.report.run, utcnow()
        columns = self.counts.as_dict() | {
            "records": self.counts.records, "bytes": run.bytes, "stage": run.stage,
            "http_status": http_status or run.http_status,
        }  # fmt: skip
        if self.dry_run:
            for name, value in columns.items():
                setattr(run, name, value)
            run.status, run.reason_code, run.reason, run.finished_at = status, code, reason, now
            return
        with self.database.transaction() as session:
            self.report.run = runs.settle(session, self.reading.run_id, status, code, reason, now, **columns)
