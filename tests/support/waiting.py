"""Waiting for what other threads and processes do: for a condition, with a generous end."""

import time
from collections.abc import Callable


def eventually(true: Callable[[], object], seconds: float = 30) -> None:
    """Return as soon as it is true; fail where that takes too long."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
