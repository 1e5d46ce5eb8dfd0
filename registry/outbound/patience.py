"""How long to wait before something that failed is tried again. Pure: chance and clock are passed in."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST_WAIT = 1.0
"""Seconds: jitter never brings a try back at once"""
LONGEST_RETRY_AFTER = 24 * 3600
"""Seconds that a server may ask for; more is taken as this much."""


def backoff_seconds(failures: int, first: float, longest: float, chance: float) -> float:
    """The wait after so many failures in a row (1 or more): up to `first`, doubled each time, never over `longest`.

    Full jitter: `chance` (0…1) picks any moment of that span, so that many who failed together do not come back
    together.
    """
    ceiling = min(first * 2 ** min(failures - 1, 30), longest)
    return max(min(SHORTEST_WAIT, longest), chance * ceiling)


def retry_after_seconds(text: str | None, now: datetime) -> int | None:
    """The header Retry-After (seconds, or a date) as seconds from now, within reason; None where unreadable."""
    text = (text or "").strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:10]), LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return int(min(max(seconds, 0), LONGEST_RETRY_AFTER))
