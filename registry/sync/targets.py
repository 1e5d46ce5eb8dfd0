"""What a feed's records become: where they are kept, how they go. Runner, ledger and absence serve all kinds alike.

Who judges whether they belong here stands in judges.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Table
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue import programmes
from registry.catalogue.models import Programme
from registry.catalogue.programmes import Incoming, Stored
from registry.matching import listed
from registry.matching.models import ListedParty


class Store(Protocol):
    """Keeps documents of one kind: tells what became of each, in the order given."""

    def __call__(
        self,
        session: Session,
        incoming: Sequence[Incoming],
        *,
        source: str,
        run_id: int | None,
        actor: Actor,
        now: datetime,
    ) -> list[Stored]: ...


@dataclass(frozen=True)
class Target:
    """One kind of thing that records become. Its rows are never deleted: they are archived, and revived."""

    name: str
    table: Table
    """Holds `id` and `archived_at`"""
    column: str
    """FeedRecord's reference to the table"""
    store: Store
    archive: Callable[[Session, Sequence[int], str, Actor, datetime], int]
    """(session, ids, reason, actor, now) → how many were archived"""


PROGRAMMES = Target(
    "programme",
    Programme.__table__,  # type: ignore[attr-defined]
    "programme_id",
    programmes.store_batch,
    programmes.archive,
)


def _store_listed(
    session: Session, incoming: Sequence[Incoming], *, source: str, run_id: int | None, actor: Actor, now: datetime
) -> list[Stored]:
    """An Incoming's id, and a Stored's, is here that of the listed party."""
    entries = [(item.text, item.programme_id) for item in incoming]
    return [Stored(*kept) for kept in listed.store_batch(session, entries, source=source, actor=actor, now=now)]


LISTED = Target(
    "listed",
    ListedParty.__table__,  # type: ignore[attr-defined]
    "listed_id",
    _store_listed,
    listed.archive,
)
TARGETS = {target.name: target for target in (PROGRAMMES, LISTED)}
