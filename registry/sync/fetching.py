"""Fetching a feed's document, if it is not the one applied last: validators, and what is kept of each answer."""

from datetime import datetime
from pathlib import Path
from typing import Any

from registry.outbound.client import Fetched, Progress, Validators, fetch
from registry.settings import Settings
from registry.sync.models import Feed
from registry.sync.rules import Stop, document_key, is_refetch_due, was_read_alike


def fetch_feed(
    feed: Feed,
    settings: Settings,
    folder: Path,
    reading: str,
    now: datetime,
    *,
    unconditional: bool,
    progress: Progress,
    stop: Stop,
) -> Fetched:
    """Download the document into `folder`, asking only for a newer one where the last was read as it would be now.

    `reading`: rules.reading_key. Raises FetchFailed.
    """
    unconditional = unconditional or is_refetch_due(feed.full_fetch_at, now, settings.refetch_days)
    conditional = was_read_alike(reading, feed.document_sha256) and not unconditional
    return fetch(
        feed.url or "",
        settings=settings,
        sink=folder / "document",
        validators=Validators(feed.etag, feed.last_modified) if conditional else None,
        progress=progress,
        stop=stop,
    )


def is_repetition(feed: Feed, fetched: Fetched, reading: str) -> bool:
    """Whether what came is what was applied last, read as it would be now."""
    return fetched.path is None or document_key(reading, fetched.sha256) == feed.document_sha256


def kept_of_repetition(feed: Feed, fetched: Fetched, now: datetime) -> dict[str, Any]:
    """The feed's columns after a repetition: validators are kept of every answer, of one with known content too."""
    if fetched.path is not None:
        return {
            "etag": fetched.validators.etag,
            "last_modified": fetched.validators.last_modified,
            "full_fetch_at": now,
        }
    # A 304 may leave validators out: that does not take back those of the 200.
    return {
        "etag": fetched.validators.etag or feed.etag,
        "last_modified": fetched.validators.last_modified or feed.last_modified,
    }


def kept_of_document(fetched: Fetched, reading: str, now: datetime) -> dict[str, Any]:
    """The feed's columns after a document was applied whole."""
    return {
        "etag": fetched.validators.etag,
        "last_modified": fetched.validators.last_modified,
        "document_sha256": document_key(reading, fetched.sha256),
        "full_fetch_at": now,
    }
