"""Fetching a feed's document, if it is not the one applied last: validators, and what is kept of each answer.

A document of several pages is fetched page after page into a folder; nothing is used before its last page is there.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from registry.outbound.client import Fetched, Progress, Validators
from registry.outbound.retrying import Turn, at_once, fetch_again
from registry.outbound.urls import FetchFailed, check_url
from registry.settings import Settings
from registry.sync.adapters.contract import Adapter
from registry.sync.following import Asking, FetchedByFollowing
from registry.sync.models import Feed
from registry.sync.rules import Stop, document_key, is_refetch_due, was_read_alike

NextPage = Callable[[Path, str], str | None]
"""(a fetched page, its address) → the address of the next"""
MAX_PAGES = 10_000


def fetch_feed(
    feed: Feed,
    adapter: Adapter,
    settings: Settings,
    folder: Path,
    reading: str,
    now: datetime,
    *,
    unconditional: bool,
    progress: Progress,
    stop: Stop,
    turn: Turn = at_once,
    registry: str = "",
    token: str | None = None,
) -> Fetched:
    """Download the document into `folder`, asking only for a newer one where the last was read as it would be now.

    `reading`: rules.reading_key. Documents of several pages are asked for anew each time: an unchanged first page says
    nothing of the others. `registry`, our own id, and `token`, for the partner's server, are for adapters that follow.
    Raises FetchFailed, and DocumentRefused for a page that is none.
    """
    if adapter.follow:
        due = is_refetch_due(feed.full_fetch_at, now, settings.refetch_days)
        state = feed.followed if was_read_alike(reading, feed.document_sha256) and not due else None
        asking = Asking(
            feed.url or "", state, registry, folder / "pages", settings, token=token, progress=progress, stop=stop,
            turn=turn,
        )  # fmt: skip
        return asking.document(adapter.follow(asking))
    if adapter.next_page:
        return fetch_pages(feed.url or "", adapter.next_page, settings, folder, progress=progress, stop=stop, turn=turn)
    unconditional = unconditional or is_refetch_due(feed.full_fetch_at, now, settings.refetch_days)
    conditional = was_read_alike(reading, feed.document_sha256) and not unconditional
    return fetch_again(
        feed.url or "",
        settings=settings,
        sink=folder / "document",
        validators=Validators(feed.etag, feed.last_modified) if conditional else None,
        progress=progress,
        stop=stop,
        turn=turn,
    )


def fetch_pages(
    url: str,
    next_page: NextPage,
    settings: Settings,
    folder: Path,
    *,
    progress: Progress,
    stop: Stop,
    turn: Turn = at_once,
    max_pages: int = MAX_PAGES,
) -> Fetched:
    """Download a document's pages into a folder of their own below `folder`, in order: that folder is its path.

    The limits of time and bytes are for all pages together. Raises as fetch_feed; code `pages` where the pages do not
    come to an end, or lead to another server.
    """
    pages = folder / "pages"
    pages.mkdir()
    until = time.monotonic() + settings.fetch_timeout_seconds
    seen = {url: 1}
    received, complete, sha256 = 0, True, hashlib.sha256()
    contents: dict[str, int] = {}
    following: str | None = url
    fetched: Fetched
    while following is not None:
        number = len(seen)
        address = following
        before = received
        fetched = fetch_again(
            address,
            settings=settings,
            sink=pages / f"{number:06}",
            deadline=max(0.1, until - time.monotonic()),
            max_bytes=max(1, settings.fetch_max_bytes - received),
            progress=lambda done, _all, before=before: progress(before + done, None),  # type: ignore[misc]
            stop=stop,
            turn=turn,
        )
        assert fetched.path is not None  # only a conditional request is answered by 304
        same = contents.setdefault(fetched.sha256, number)
        if same != number:
            raise FetchFailed("pages", f"Page {number} is the same as page {same}: the pages would never end.")
        received, complete = received + fetched.bytes, complete and fetched.complete
        sha256.update(bytes.fromhex(fetched.sha256))
        following = _following(next_page(fetched.path, address), address, number)
        if following is not None:
            if following in seen:
                raise FetchFailed("pages", f"Page {number} names page {seen[following]} as the next: a circle.")
            if number >= max_pages:
                raise FetchFailed("pages", f"There are more than {max_pages:,} pages.")
            seen[following] = number + 1
    return replace(
        fetched,
        validators=Validators(),
        path=pages,
        bytes=received,
        sha256=sha256.hexdigest(),
        complete=complete,
        url=url,
    )


def _following(link: str | None, address: str, number: int) -> str | None:
    """The next page's address, made absolute and checked: on the server of the page that names it."""
    if link is None:
        return None
    try:
        absolute = urljoin(address, link)
        check_url(absolute)
        here, there = urlsplit(address), urlsplit(absolute)
    except (FetchFailed, ValueError) as error:
        raise FetchFailed("pages", f"Page {number} names a next page that has no valid address: {error}") from None
    if (here.scheme, here.hostname, here.port) != (there.scheme, there.hostname, there.port):
        raise FetchFailed("pages", f"Page {number} names a next page on another server, “{there.netloc[:100]}”.")
    return absolute


def is_repetition(feed: Feed, fetched: Fetched, reading: str) -> bool:
    """Whether what came is what was applied last, read as it would be now."""
    if isinstance(fetched, FetchedByFollowing):
        return fetched.followed.nothing
    return fetched.path is None or document_key(reading, fetched.sha256) == feed.document_sha256


def kept_of_repetition(feed: Feed, fetched: Fetched, reading: str, now: datetime) -> dict[str, Any]:
    """The feed's columns after a repetition: validators are kept of every answer, of one with known content too."""
    if isinstance(fetched, FetchedByFollowing):
        return fetched.kept(reading, now)
    if fetched.path is not None:
        validators = fetched.validators if fetched.complete else Validators()
        return {"etag": validators.etag, "last_modified": validators.last_modified, "full_fetch_at": now}
    # A 304 may leave validators out: that does not take back those of the 200.
    return {
        "etag": fetched.validators.etag or feed.etag,
        "last_modified": fetched.validators.last_modified or feed.last_modified,
    }


def kept_of_document(fetched: Fetched, reading: str, now: datetime) -> dict[str, Any]:
    """The feed's columns after a document was applied whole."""
    if isinstance(fetched, FetchedByFollowing):
        return fetched.kept(reading, now)
    # Of one not proven complete no validators: a 304 would prove nothing either.
    validators = fetched.validators if fetched.complete else Validators()
    return {
        "etag": validators.etag,
        "last_modified": validators.last_modified,
        "document_sha256": document_key(reading, fetched.sha256),
        "full_fetch_at": now,
    }
