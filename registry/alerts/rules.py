"""When digests are due and when an e-mail is tried again. Pure: clock and chance are passed in."""

from datetime import datetime, timedelta

DIGEST_HOUR = 6
"""UTC, of the day's and of Monday's digest"""
GATHER = timedelta(minutes=5)
"""Between two e-mails at once to one person: what is found meanwhile comes in one."""
RETRY_SECONDS = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
"""From each failed try to the next: eight tries in a good forty hours"""
JITTER = 0.1


def next_digest(delivery: str, now: datetime) -> datetime | None:
    """When what is found from now on is sent together, in UTC; None: it is not."""
    if delivery not in ("daily", "weekly"):
        return None
    at = now.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if at <= now:
        at += timedelta(days=1)
    if delivery == "weekly":
        at += timedelta(days=-at.weekday() % 7)
    return at


def at_once(last: datetime | None, now: datetime) -> datetime:
    """When an e-mail at once goes out, where the last one to this person was due at `last`."""
    return now if last is None else max(now, last + GATHER)


def retry_at(tries: int, now: datetime, chance: float) -> datetime | None:
    """When an e-mail that failed `tries` times is tried again; None: never. `chance`: 0…1, for the jitter."""
    if tries > len(RETRY_SECONDS):
        return None
    return now + timedelta(seconds=RETRY_SECONDS[tries - 1] * (1 - JITTER + 2 * JITTER * chance))
