"""The course of one run: begun under a lease, its document found, passed through, and ended with its reason.

A document that is not whole changes nothing. A preview runs the same code and rolls every transaction back.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.catalogue.identity import registry_id
from registry.db import Database, utcnow
from registry.errors import N_, RegistryError
from registry.outbound.client import Fetched
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync import absence, credentials, runs, spooling
from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import DocumentRefused
from registry.sync.collector import collecting_seldom
from registry.sync.fetching import fetch_feed, is_repetition, kept_of_document, kept_of_repetition
from registry.sync.judges import JUDGES
from registry.sync.judging import Writing
from registry.sync.models import Feed, Run
from registry.sync.passage import Passage
from registry.sync.reading import Reading
from registry.sync.reasons import RUN_REASONS
from registry.sync.report import Counts, Report
from registry.sync.rules import Stop, never, reading_key
from registry.sync.runs import Heartbeat, Progress
from registry.sync.settling import settle_document
from registry.sync.targets import TARGETS
from registry.sync.turns import Turns

log = logging.getLogger(__name__)
Opening = Callable[[Session], Feed]
"""Finds (or makes) the feed of a run, in the session at hand"""


@contextmanager
def _rolled_back(database: Database) -> Iterator[Session]:
    """A transaction of a preview: everything happens, nothing stays."""
    with Session(database.engine, expire_on_commit=False) as session:
        yield session
        session.flush()
        session.expunge_all()  # what was read stays readable: a rollback would expire it
        session.rollback()


class Course:
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
        self.file: Path | None = None
        """What is imported, where it was not fetched"""
        self.report: Report
        self.heartbeat: Heartbeat | None = None
        self.writing: Writing
        self.is_lost = False
        self.passage: Passage

    @property
    def reading(self) -> Reading:
        return self.writing.reading

    def carry_out(self, work: Callable[[], None]) -> Report:
        """Begin, work, and end the run whatever happens."""
        started = time.monotonic()
        run = self._begin()
        self.report = Report(run)
        self.passage = Passage(
            self.database, self.settings, self.writing, self.report, self._transaction, self._feed_id, self._tick,
            self.dry_run,
        )  # fmt: skip
        self.heartbeat = None if self.dry_run else Heartbeat(self.database, run.id or 0, self.writing.fence)
        with self.heartbeat or nullcontext(), collecting_seldom():
            try:
                work()
            except FetchFailed as error:
                status = "cancelled" if error.code == "cancelled" else "failed"
                self.report.retry_after = error.retry_after
                self._settle(status, error.code, str(error), http_status=error.http_status)
            except DocumentRefused as error:
                self._settle("failed", error.code, str(error))
            except runs.RunCancelled as error:
                self._settle("cancelled", "cancelled", str(error))
            except runs.RunLost:
                self.is_lost = True
                raise
            except (KeyboardInterrupt, SystemExit):
                self._settle("cancelled", "cancelled", RUN_REASONS["cancelled"])
                raise
            except BaseException as error:
                log.exception("run %s of feed %s failed", run.id, run.feed_id)
                reason = str(error) if isinstance(error, RegistryError) else f"{type(error).__name__}: {error}"
                self._settle("failed", "internal", reason or RUN_REASONS["internal"])
                raise
            finally:
                if run.id and not self.is_lost:  # another process reads what was spooled
                    spooling.drop(self.settings, run.id)
        self.report.seconds = time.monotonic() - started
        return self.report

    def _begin(self) -> Run:
        now = utcnow()
        with self._transaction() as session:
            feed = self.opening(session)
            adapter = ADAPTERS[feed.adapter]
            adapter.bind(feed.config)
            _feed, run = runs.begin(session, feed.id or 0, self.trigger, self.actor, now, self._goes_on)
            alive = runs.running(session)
            registry = registry_id(session)
        if not self.dry_run:
            spooling.drop_others(self.settings, alive, now)
        scope = self.scope or feed.scope
        key = reading_key(adapter.name, adapter.reads_as(feed.config), JUDGES[adapter.target]().version, scope)
        self.writing = Writing(
            Reading(adapter.name, feed.config, scope, key, f"feed:{feed.id}", registry),
            system(f"feed:{feed.id} run:{run.id}"),
            TARGETS[adapter.target],
            run.id or 0,
            run.fence,
        )
        if self.dry_run:
            run.id = None
        return run

    def _goes_on(self, dead: Run) -> bool:
        """Whether a run whose process died is one that this one can finish."""
        if self.dry_run or (dead.trigger == "import") != (self.file is not None):
            return False
        return self.file is None or dead.document.get("sha256") == spooling.sha256_of(self.file)

    def _transaction(self) -> Any:
        return _rolled_back(self.database) if self.dry_run else self.database.transaction()

    def _feed_id(self, session: Session) -> int:
        """In a preview the feed itself may be one that was rolled back: then it is made anew in each transaction."""
        return (self.opening(session).id or 0) if self.dry_run else self.report.run.feed_id

    def _stage(self, stage: str) -> None:
        self.report.run.stage = stage
        if self.heartbeat:
            self.heartbeat.stage = stage
            self.heartbeat.check()

    # --- over HTTP

    def sync(self, feed: Feed) -> None:
        """Fetch, and read what came unless it is what was applied last."""
        if not feed.url:
            raise FetchFailed("address", "This feed has no address: it is filled from files.")
        run, key = self.report.run, self.reading.key
        resumed, owner = self.writing.fence > 1, f"{'preview' if self.dry_run else 'feed'}:{feed.id}"
        found = spooling.found_again(self.settings, run) if resumed else None
        with self._spool(found) as folder:
            fetched = found or fetch_feed(
                feed,
                ADAPTERS[feed.adapter],
                self.settings,
                folder,
                key,
                utcnow(),
                # Part of another document may have been applied: the last whole one is not what is in force.
                unconditional=resumed,
                progress=lambda done, everything: self._tick("fetch", done, everything),
                stop=self._is_unwanted,
                turn=Turns(self.database, self.settings, owner, self._is_unwanted),
                registry=self.reading.registry,
                token=credentials.token_of(self.database, self.settings, feed),
            )
            run.http_status, run.bytes = fetched.status, fetched.bytes
            if fetched.path is None or (is_repetition(feed, fetched, key) and not resumed):
                self._repeat(feed, fetched)
            else:
                self._take_up(spooling.noted(fetched, key))
                self._apply_fetched(feed, fetched, fetched.path)

    @contextmanager
    def _spool(self, found: Fetched | None) -> Iterator[Path]:
        """Where the document is kept until the run ends, however often it is taken over."""
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        if self.dry_run:
            with TemporaryDirectory(prefix="preview-", dir=self.settings.data_dir) as name:
                yield Path(name)
        elif found and found.path:
            yield found.path.parent
        else:
            yield spooling.folder_of(self.settings, self.writing.run_id)

    def _take_up(self, document: dict[str, Any]) -> None:
        """Go on behind what was counted of this very document, else begin with its first record."""
        run = self.report.run
        if self.writing.fence > 1 and spooling.is_same(run, document["sha256"], document["key"]):
            self.passage.counts = Counts.of(run)
            return
        if not self.dry_run:
            with self.database.transaction() as session:
                runs.begin_document(session, self.writing.run_id, self.writing.fence, document, document["bytes"])

    def _repeat(self, feed: Feed, fetched: Fetched) -> None:
        """The document is the one applied last: what was missing from it is missing once more."""
        now = utcnow()
        with self._transaction() as session:
            self._hold(session)
            settled = absence.Settled(0)
            if fetched.complete:
                settled = absence.after_repetition(session, self._settling(session, now))
            runs.note_fetch(session, feed.id or 0, kept_of_repetition(feed, fetched, self.reading.key, now))
            self.passage.counts.add("archived", settled.archived)
            code = settled.code or "unchanged"
            self._end(session, "not_modified", code, settled.reason or RUN_REASONS[code])

    def _apply_fetched(self, feed: Feed, fetched: Fetched, path: Path) -> None:
        self.passage.apply(path, fetched.bytes)
        self._stage("settle")
        # One transaction: a run that is killed here has aged nothing yet, and does it once when it is taken over.
        with self._transaction() as session:
            self._hold(session)
            now = utcnow()
            reader = self.reading.reader
            settled = settle_document(session, self._settling(session, now), fetched, self.passage.seen, reader)
            self.passage.counts.add("archived", settled.archived)
            runs.note_fetch(session, feed.id or 0, kept_of_document(fetched, self.reading.key, now))
            self._end(session, "succeeded", settled.code, settled.reason)

    def _settling(self, session: Session, now: datetime) -> absence.Settling:
        return absence.Settling(
            self._feed_id(session), self.writing.run_id, self.writing.target, self.writing.actor, now
        )  # fmt: skip

    # --- from a file

    def read(self, path: Path) -> None:
        """Apply a file at hand."""
        size = path.stat().st_size
        self._take_up({"key": self.reading.key, "sha256": spooling.sha256_of(path), "bytes": size})
        self.passage.apply(path, size)
        self._settle("succeeded", None, None)

    def _is_unwanted(self) -> bool:
        return self.stop() or (self.heartbeat is not None and (self.heartbeat.cancelled or self.heartbeat.lost))

    def _tick(self, stage: str, done: int, everything: int | None) -> None:
        if self.heartbeat:
            self.heartbeat.check()
        if self.stop():
            raise runs.RunCancelled(N_("The process was stopped; the next run goes on from what was applied."))
        if stage != self.report.run.stage:
            self._stage(stage)
        self.progress(stage, done, everything)

    # --- the end

    def _hold(self, session: Session) -> None:
        if not self.dry_run:
            runs.hold(session, self.writing.run_id, self.writing.fence)

    def _settle(self, status: str, code: str | None, reason: str | None, http_status: int | None = None) -> None:
        with self._transaction() as session:
            self._end(session, status, code, reason, http_status)

    def _end(
        self, session: Session, status: str, code: str | None, reason: str | None, http_status: int | None = None
    ) -> None:
        run, now = self.report.run, utcnow()
        columns = self.passage.counts.as_dict() | {
            "records": self.passage.counts.records, "bytes": run.bytes, "stage": run.stage,
            "done_bytes": self.passage.done, "http_status": http_status or run.http_status,
            "notes": self.report.notes,
        }  # fmt: skip
        if self.dry_run:
            for name, value in columns.items():
                setattr(run, name, value)
            run.status, run.reason_code, run.reason, run.finished_at = status, code, reason, now
            return
        self.report.run = runs.settle(
            session, self.writing.run_id, self.writing.fence, status, code, reason, now, **columns
        )
