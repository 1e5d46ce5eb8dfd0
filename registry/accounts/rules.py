"""When a login may be tried again after failures. Pure: the failures and `now` are passed in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Limit:
    """So many failures within the window are free; each further one doubles the wait, up to the longest."""

    free: int
    window: timedelta = timedelta(hours=1)
    first_wait: timedelta = timedelta(seconds=30)
    longest_wait: timedelta = timedelta(minutes=15)


ACCOUNT = Limit(free=5)
"""A person mistypes a few times; a guesser gets about a dozen tries an hour. Nobody waits longer than 15 minutes."""
ADDRESS = Limit(free=30)
"""An office may share one address; a guesser who goes through many accounts meets this one."""


def wait_seconds(limit: Limit, failures: Sequence[datetime], now: datetime) -> int:
    """Whole seconds until the next try is taken; 0: at once. `failures` in any order."""
    recent = [at for at in failures if now - at < limit.window]
    beyond = len(recent) - limit.free
    if beyond < 0:
        return 0
    # 2^beyond of a long siege is a number no timedelta holds.
    wait = min(limit.first_wait * 2 ** min(beyond, 16), limit.longest_wait)
    return max(0, math.ceil((max(recent) + wait - now).total_seconds()))
