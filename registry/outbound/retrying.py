"""A download that is tried again where its failure may pass: bounded in tries and in time, stopped when asked to.

What says no (404, 401, a certificate, a refused address, a body too large) is not asked twice.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from registry.outbound.client import Fetched, Progress, Validators, fetch
from registry.outbound.patience import backoff_seconds
from registry.outbound.urls import FetchFailed
from registry.settings import Settings

FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds. A server that wants to be left alone for longer is left to the next run."""
ASK_SECONDS = 0.5
TRANSIENT = frozenset({"connection", "timeout", "cut_body", "empty_body"})
"""An empty body too: a server that closes inside its headers looks like one."""
TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
log = logging.getLogger(__name__)
Turn = Callable[[str], AbstractContextManager[object]]
"""address → what holds while it is asked; entering may wait"""


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests need not wait for either."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


REAL = Clock()


def at_once(_url: str) -> AbstractContextManager[object]:
    """For downloads that wait for nobody."""
    return nullcontext()


def is_transient(failure: FetchFailed) -> bool:
    """Whether the same request may well succeed a moment later."""
    return failure.code in TRANSIENT or failure.http_status in TRANSIENT_STATUSES


def fetch_again(
    url: str,
    *,
    settings: Settings,
    sink: Path,
    validators: Validators | None = None,
    deadline: float | None = None,
    max_bytes: int | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    turn: Turn = at_once,
    token: str | None = None,
    clock: Clock = REAL,
) -> Fetched:
    """As client.fetch, at most CASA_FETCH_TRIES times; `deadline` bounds all tries and the waits between them.

    Raises the last try's FetchFailed, which says how many there were.
    """
    until = clock.now() + (settings.fetch_timeout_seconds if deadline is None else deadline)
    number = 0
    while True:
        number += 1
        try:
            asked = clock.now()
            with turn(url):
                until += clock.now() - asked  # who waits for its turn does not lose time by it
                return fetch(
                    url,
                    settings=settings,
                    sink=sink,
                    validators=validators,
                    deadline=max(0.1, until - clock.now()),
                    max_bytes=max_bytes,
                    progress=progress,
                    stop=stop,
                    token=token,
                )
        except FetchFailed as failure:
            wait = max(
                backoff_seconds(number, FIRST_WAIT, LONGEST_WAIT, clock.chance()), float(failure.retry_after or 0)
            )
            is_last = number >= settings.fetch_tries or wait > LONGEST_WAIT or clock.now() + wait >= until
            if is_last or not is_transient(failure):
                if number == 1:
                    raise
                said = f"{failure} It was tried {number} times."
                raise FetchFailed(failure.code, said, failure.http_status, failure.retry_after) from failure
            log.info("try %d of %s failed, the next in %.1f s: %s", number, url, wait, failure)
        rest(wait, stop, clock)


def rest(seconds: float, stop: Callable[[], bool], clock: Clock = REAL) -> None:
    """Wait. Raises FetchFailed `cancelled` as soon as `stop` says so."""
    end = clock.now() + seconds
    while True:
        if stop():
            raise FetchFailed("cancelled", "The download was stopped while it waited.")
        left = end - clock.now()
        if left <= 0:
            return
        clock.sleep(min(left, ASK_SECONDS))
