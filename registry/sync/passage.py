"""A whole document into the catalogue, batch by batch: one batch is one transaction, and what is read waits for none.

Several processes may read ahead; batches are written in the document's order, each with the run's numbers, so that a
run which is taken over goes on behind the last one written.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from sqlmodel import Session

from registry.db import Database, utcnow
from registry.settings import Settings
from registry.sync import runs
from registry.sync.applying import MAX_REFUSALS, apply_batch
from registry.sync.crew import crew
from registry.sync.judging import Batch, Writing, items_of, sift
from registry.sync.reading import Candidate, Verdict
from registry.sync.records import read_known
from registry.sync.report import Counts, Report

SELDOM = 2
"""Seconds between two transactions of a run that has nothing to write but numbers"""


class Watch(Protocol):
    """Told how far a stage is: (stage, bytes done, all). Raises where the run is not to go on."""

    def __call__(self, stage: str, done: int, everything: int | None, /) -> None: ...


class Passage:
    """The way of one document. `counts` of a run that was taken over are those of its earlier processes at first."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        writing: Writing,
        report: Report,
        transaction: Callable[[], Any],
        feed_of: Callable[[Session], int],
        watch: Watch,
        dry_run: bool,
    ) -> None:
        self.database, self.settings, self.writing, self.report = database, settings, writing, report
        self.transaction, self.feed_of, self.watch, self.dry_run = transaction, feed_of, watch, dry_run
        self.counts = Counts()
        self.seen: set[str] = set()
        """Identifiers of the document's records, also of those that an earlier process had passed"""
        self.done = 0
        self.verified = False
        self._written_at = time.monotonic()

    def apply(self, path: Path, size: int) -> None:
        """Read the document twice: once to its end, to know that it is whole, then record by record."""
        self.report.run.bytes = size
        reading = self.writing.reading
        with crew(reading, size, self.settings.sync_processes) as readers:
            judged = readers.judge(self._batches(path, size))
            reading.reader.verify(path, lambda done: self._tick("verify", done, size))
            if noting := getattr(reading.reader, "notes", None):
                self.report.notes = noting(path)
            pause = self.settings.sync_pause_ms / 1000 if self.database.is_sqlite and not self.dry_run else 0
            unwritten = Counts()
            self.verified = True
            for batch, verdicts in judged:
                if batch.changed or batch.moved:
                    self._write(batch, verdicts, unwritten)
                    unwritten = Counts()
                    time.sleep(pause)
                else:
                    # Nothing to write but numbers: a transaction now and then will do.
                    unwritten.plus(batch.counts)
                    self.report.refusals += batch.refusals[: MAX_REFUSALS - len(self.report.refusals)]
                    if time.monotonic() - self._written_at > SELDOM:
                        self._write(Batch(), [], unwritten)
                        unwritten = Counts()
            if unwritten.records:
                self._write(Batch(), [], unwritten)

    def _batches(self, path: Path, size: int) -> Iterator[tuple[Batch, list[Candidate]]]:
        """The document's batches behind what a run that was taken over had counted."""
        passed = self.counts.records
        rows = self.settings.sync_batch_rows
        for pieces in self.writing.reading.reader.split(path, rows, lambda done: self._tick("apply", done, size)):
            self.seen.update(piece.remote_id for piece in pieces)
            left = pieces[passed:]
            passed = max(0, passed - len(pieces))
            if left:
                with self.database.reading() as session:
                    known = read_known(session, self.report.run.feed_id, [piece.remote_id for piece in left])
                batch = sift(left, known, self.writing.reading)
                yield batch, batch.candidates(self.writing.reading)

    def _write(self, batch: Batch, verdicts: list[Verdict], before: Counts) -> None:
        """One batch, and the numbers of those before it that wrote nothing, in one transaction."""
        items = items_of(batch, verdicts, self.writing)
        with self.transaction() as session:
            now = utcnow()
            applied = apply_batch(session, self.feed_of(session), batch, items, self.writing, now)
            applied.counts.plus(before)
            if not self.dry_run:
                runs.advance(session, self.writing.run_id, self.writing.fence, applied.counts, self.done, now)
        self._written_at = time.monotonic()
        self.counts.plus(applied.counts)
        self.report.refusals += applied.refusals[: MAX_REFUSALS - len(self.report.refusals)]
        self.report.changes += applied.changes[: MAX_REFUSALS - len(self.report.changes)]

    def _tick(self, stage: str, done: int, size: int) -> None:
        if stage == "apply" and not self.verified:
            return  # the first batches are read while the document is still being verified
        self.done = done
        self.watch(stage, done, size)
