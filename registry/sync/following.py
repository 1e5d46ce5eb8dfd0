"""Fetching by following: an adapter asks its partner one thing after another, each answer a page of the document.

The limits of time and bytes are for all answers together, and none leads to another server than the feed's own.
"""

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from registry.outbound.client import Fetched, Progress, Validators
from registry.outbound.retrying import Turn, at_once, fetch_again
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync.adapters.contract import Asked, Followed, Following
from registry.sync.rules import Stop, document_key

MAX_ASKED = 2_000
"""Answers in one run"""


@dataclass(frozen=True)
class FetchedByFollowing(Fetched):
    """A document made of answers; `complete` where it holds everything there is."""

    followed: Followed = Followed(False, {}, True)

    def kept(self, reading: str, now: datetime) -> dict[str, Any]:
        """The feed's columns once it is applied."""
        whole = {"full_fetch_at": now} if self.followed.whole else {}
        key = document_key(reading, self.sha256)
        return {"etag": None, "last_modified": None, "document_sha256": key, "followed": self.followed.state, **whole}


class Asking(Following):
    """One run's questions."""

    def __init__(
        self, url: str, state: dict[str, Any] | None, registry: str, folder: Path, settings: Settings,
        *, token: str | None, progress: Progress, stop: Stop, turn: Turn = at_once,
    ) -> None:  # fmt: skip
        self.url, self.state, self.registry = url, state, registry
        self._folder, self._settings, self._token, self._stop, self._turn = folder, settings, token, stop, turn
        self._progress: Callable[[int], None] = lambda done: progress(done, None)
        self._until = time.monotonic() + settings.fetch_timeout_seconds
        self._asked = self._received = 0
        self.begin_again()
        self.last: Fetched
        self.complete = True

    def begin_again(self) -> None:
        """Drop what was answered so far; the limits go on."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self._sha256 = hashlib.sha256()
        self.bytes = 0
        self.complete = True

    def ask(self, address: str) -> Asked:
        """Raises FetchFailed."""
        self._asked += 1
        if self._asked > MAX_ASKED:
            raise FetchFailed("pages", f"The partner was asked {MAX_ASKED:,} times and there is no end.")
        before = self._received
        self.last = fetch_again(
            address,
            settings=self._settings,
            sink=self._folder / f"{self._asked:06}",
            deadline=max(0.1, self._until - time.monotonic()),
            max_bytes=max(1, self._settings.fetch_max_bytes - before),
            progress=lambda done, _all: self._progress(before + done),
            stop=self._stop,
            turn=self._turn,
            token=self._token,
        )
        assert self.last.path is not None  # only a conditional request is answered by 304
        self._received += self.last.bytes
        self.bytes += self.last.bytes
        self.complete = self.complete and self.last.complete
        self._sha256.update(bytes.fromhex(self.last.sha256))
        return Asked(self.last.path, self.last.headers)

    def document(self, followed: Followed) -> FetchedByFollowing:
        """All answers as one document."""
        whole = replace(
            self.last, validators=Validators(), path=self._folder, bytes=self.bytes, url=self.url,
            sha256=self._sha256.hexdigest(), complete=self.complete and followed.whole, headers={},
        )  # fmt: skip
        return FetchedByFollowing(**vars(whole), followed=followed)
