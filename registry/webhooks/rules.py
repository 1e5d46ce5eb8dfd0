"""When a message is tried again, when a receiver is given up, which events a subscription is for. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

RETRY_SECONDS = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""From each failed try to the next: eleven tries in a good three days (75.6 hours)."""
JITTER = 0.1
"""Share of the wait by which it may be shorter or longer, so that many messages do not come back at once."""
HELD_FROM = 5
"""After so many failures in a row a receiver counts as down: one message at a time asks whether it is back."""
FIRST_HOLD, LONGEST_HOLD = 60, 1800
"""Seconds between two such questions: the first pause doubles up to the longest."""
GIVEN_UP_AFTER = timedelta(seconds=sum(RETRY_SECONDS) * (1 - JITTER))
"""A receiver that took nothing for so long is switched off: not before one message can have had all of its tries."""
DONE, GONE = "done", "gone"


def verdict_on(status: int) -> str | None:
    """What an answer's status means: `done`, `gone` (wants no more, 410), or None: a failed try.

    Redirections are failures: where they lead was never checked, and a receiver can be told its new address.
    """
    if 200 <= status < 300:
        return DONE
    return GONE if status == 410 else None


def retry_at(tries: int, now: datetime, retry_after: int | None, chance: float) -> datetime | None:
    """When a message that failed `tries` times is tried again; None: never. `chance`: 0…1, for the jitter."""
    if tries > len(RETRY_SECONDS):
        return None
    wait = RETRY_SECONDS[tries - 1] * (1 - JITTER + 2 * JITTER * chance)
    return now + timedelta(seconds=max(wait, retry_after or 0))


def hold_seconds(failures: int) -> int:
    """How long a receiver is left alone after this many failures in a row; 0: it is not held."""
    if failures < HELD_FROM:
        return 0
    return int(min(FIRST_HOLD * 2 ** min(failures - HELD_FROM, 16), LONGEST_HOLD))


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether a receiver that fails now has failed for too long."""
    return failing_since is not None and now - failing_since >= GIVEN_UP_AFTER


def is_wanted(types: Collection[str], event_type: str) -> bool:
    """Whether a subscription is for this type: named as it is or by its kind (`need.*`); no types: for all."""
    return not types or event_type in types or f"{event_type.partition('.')[0]}.*" in types


def is_about(states: Collection[str], concerned: Iterable[str | None]) -> bool:
    """Whether a subscription to these States is for an event that concerns those; no States: for all."""
    return not states or any(state in states for state in concerned)
