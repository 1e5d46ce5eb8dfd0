"""Decisions of sync that need no database: what absence means, when to fetch anew, what counts as the same. Pure."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Stop = Callable[[], bool]
"""Asked now and then: whether work is to stop"""


def never() -> bool:
    """For work that nobody stops."""
    return False


GRACE = timedelta(days=7)
SNAPSHOTS = 2
"""A record is archived once it was absent for GRACE and from this many complete snapshots."""
BRAKE_RECORDS, BRAKE_SHARE = 20, 0.2
LEASE = timedelta(seconds=60)
"""A run whose process gave no sign of life for so long is taken to be dead."""


def is_brake(missing: int, active: int, held: int) -> bool:
    """Whether so many absent records are more likely the source's accident than its will.

    `missing` of the feed's `active` records do not stand in a document that holds `held` records. A document that holds
    none at all proves nothing: publishers have replaced whole files by empty ones.
    """
    if not missing:
        return False
    return held == 0 or missing > max(BRAKE_RECORDS, BRAKE_SHARE * active)


@dataclass(frozen=True, slots=True)
class Absence:
    """Since when and from how many complete snapshots a record has been absent."""

    since: datetime
    snapshots: int

    def is_over(self, now: datetime) -> bool:
        """Whether the record may be archived."""
        return self.snapshots >= SNAPSHOTS and now - self.since >= GRACE


def absent_once_more(since: datetime | None, snapshots: int, now: datetime, *, confirmed: bool = False) -> Absence:
    """The absence of a record after one more complete snapshot without it that counts.

    `confirmed`: a person said that it is gone since it was first missed. Else what was missed while the brake held says
    nothing: the days count from the first snapshot that does.
    """
    return Absence(since if since and (snapshots or confirmed) else now, snapshots + 1)


def is_refetch_due(full_fetch_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether the next fetch must be unconditional, against servers that say 304 for ever."""
    return full_fetch_at is None or now - full_fetch_at >= timedelta(days=days)


def is_dead(heartbeat_at: datetime, now: datetime) -> bool:
    """Whether a run marked as running has lost its process."""
    return now - heartbeat_at > LEASE


def reading_key(adapter: str, adapter_version: str, classifier: str, scope: str) -> str:
    """What decides, besides a record's content, what becomes of it: 64 hex characters."""
    return hashlib.sha256("\n".join((adapter, adapter_version, classifier, scope)).encode()).hexdigest()


def record_key(reading: str, record_sha256: str) -> str:
    """A record's content and how it was read: unchanged means that nothing is to be done."""
    return hashlib.sha256(f"{reading}{record_sha256}".encode()).hexdigest()


def content_key(reading: str, text: str, touched: str | None, version: Any = None) -> str:
    """What a record says (its document as JSON), whatever its layout, and not when its source last touched it.

    `version` counts too, where the record has one: what comes back to what it said before may have said more meanwhile.
    """
    said = text.replace(f'"last_updated":"{touched}",', "", 1) if touched else text
    return hashlib.sha256(f"{reading}{said}{version or ''}".encode()).hexdigest()


def document_key(reading: str, document_sha256: str) -> str:
    """The same for a whole document; the first 16 characters alone say how it was read."""
    return reading[:16] + document_sha256[:48]


def was_read_alike(reading: str, key: str | None) -> bool:
    """Whether the document last applied was read as it would be now: only then 304 means that nothing is to be done."""
    return key is not None and key[:16] == reading[:16]
