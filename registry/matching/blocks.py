"""A reason against a pair of need and offer. Pure."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Block:
    """One reason against a pair. `message` and `unblock` are msgids, filled with `params`."""

    code: str
    message: str
    need_field: str | None
    offer_field: str | None
    unblock: str
    params: dict[str, Any] = field(default_factory=dict)
    held: bool = False
    """Somebody's act here can lift it: a checklist, a decision on a name. Until then the pair is as good as blocked."""
