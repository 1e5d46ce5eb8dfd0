"""Reading events in the order of their positions: what the change feed, its stream and the command line share.

A cursor is opaque to its holder: the registry's epoch, the audience that its reader belongs to, and a position. Another
epoch (a database set up anew or restored), another audience (a role that changed: what was passed over would never be
read) or a position no longer kept is Expired: the reader begins again with a snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, false, func, or_, select, true
from sqlmodel import Session

from registry.errors import N_, RegistryError
from registry.events import origin
from registry.events.sequencer import EVENT, last_position
from registry.schemas import LARGEST_ID, decode_opaque, encode_opaque, invalid_token

NOW = "now"
"""In place of a cursor: nothing that was, only what comes."""
SCAN = 100_000
"""Positions looked at for one page: who may see few of very many events gets short pages, each within bounded time."""
NAMES = ("position", "uid", "type", "kind", "record_id", "record_version", *origin.COLUMNS, "data", "at")
"""Columns that cloudevents.py makes an event of"""
_COLUMNS = [EVENT.c[name] for name in NAMES]


class Expired(RegistryError):
    """The cursor is of another epoch or audience, or from a time no longer kept: begin again with a snapshot."""

    status = 410
    code = "gone"


@dataclass(frozen=True)
class Reader:
    """Who reads, as conditions over Event. Doors make it of the policy's."""

    visible: ColumnElement[bool]
    """The record was visible to this reader after the event."""
    lost: ColumnElement[bool]
    """It was visible before the event, and perhaps no longer after it: the reader is told to drop it."""
    audience: str
    """Equal for readers who may see the same."""


EVERYTHING = Reader(true(), false(), "all")
"""Who may read the whole database: commands on this machine."""


@dataclass(frozen=True)
class Changes:
    """A page of the feed: its rows, with `shown` False for a record lost sight of; see cloudevents.py."""

    rows: Sequence[Row[Any]]
    position: int
    """Behind which the next page begins"""
    has_more: bool
    """More is there already: nothing will ever be added to this page."""
    epoch: str
    audience: str

    @property
    def next(self) -> str:
        """The cursor behind this page."""
        return encode_cursor(self.epoch, self.audience, self.position)

    def behind(self, row: Row[Any]) -> str:
        """The cursor behind one of its rows."""
        return encode_cursor(self.epoch, self.audience, row.position)


def read_changes(session: Session, reader: Reader, after: str | None, limit: int, *, epoch: str) -> Changes:
    """At most `limit` events behind the cursor that concern the reader.

    Without cursor from the oldest that is kept. Only sequenced events are read: see sequencer. Raises InvalidInput
    naming `after` for what is no cursor, Expired for one that leads nowhere any more.
    """
    # The end is read first: what is sequenced between the statements comes with the next page.
    last = last_position(session)
    if after == NOW:
        return Changes([], last, False, epoch, reader.audience)
    position = decode_cursor(after, epoch, reader.audience) if after else _first_position(session, last) - 1
    end = min(last, position + SCAN)
    rows: list[Row[Any]] = []
    reached, window = position, limit + 1
    # Positions are dense: who sees most finds a page at once in as many of them. Who sees little looks ever wider.
    while len(rows) <= limit and reached < end:
        start, reached = reached, min(end, reached + window)
        rows += session.connection().execute(_page(reader, start, reached, limit + 1 - len(rows))).all()
        window *= 8
    # Checked behind the reading: what is pruned between the statements must not be passed over in silence.
    if after:
        _require_kept(session, position, last)
    full = len(rows) > limit
    if full:
        reached = rows[limit - 1].position
    return Changes(rows[:limit], reached, full or reached < last, epoch, reader.audience)


def position_of(session: Session, cursor: str, *, epoch: str, audience: str) -> int:
    """The position in a cursor of this audience. Raises InvalidInput naming `after`, Expired."""
    position = decode_cursor(cursor, epoch, audience)
    _require_kept(session, position, last_position(session))
    return position


def _require_kept(session: Session, position: int, last: int) -> None:
    if position > last or position < _first_position(session, last) - 1:
        raise Expired(N_("What this cursor points to is no longer kept. Take a snapshot and follow from its cursor."))


def _page(reader: Reader, position: int, end: int, limit: int) -> Select[Any]:
    return (
        select(*_COLUMNS, reader.visible.label("shown"))
        .where(EVENT.c.position > position, EVENT.c.position <= end, or_(reader.visible, reader.lost))
        .order_by(EVENT.c.position)
        .limit(limit)
    )


def _first_position(session: Session, last: int) -> int:
    first: int | None = session.execute(select(func.min(EVENT.c.position))).scalar_one()
    return last + 1 if first is None else first


def current_cursor(session: Session, reader: Reader, epoch: str) -> str:
    """The cursor behind all that is sequenced: what follows it is only what comes."""
    return encode_cursor(epoch, reader.audience, last_position(session))


def encode_cursor(epoch: str, audience: str, position: int) -> str:
    """The place behind the event with this position."""
    return encode_opaque([epoch, audience, position])


def decode_cursor(cursor: str, epoch: str, audience: str) -> int:
    """The position in a cursor. Raises InvalidInput naming `after` for garbage, Expired for another's."""
    match decode_opaque(cursor, "after"):
        case [str(of_epoch), str(of_audience), int(position)] if (
            not isinstance(position, bool) and 0 <= position <= LARGEST_ID
        ):
            if of_epoch != epoch:
                raise Expired(
                    N_("This cursor is from before this registry was set up anew. Take a snapshot and follow from it.")
                )
            if of_audience != audience:
                raise Expired(
                    N_("This cursor was given to who may see other records. Take a snapshot and follow from it.")
                )
            return position
        case _:
            raise invalid_token("after")


def prune_events(session: Session, before: datetime, limit: int | None = None, held: int | None = None) -> int:
    """Forget sequenced events older than `before`, from the oldest on without a gap, at most `limit`. Returns how many.

    The newest is kept, whatever its age: it holds the place where positions go on. So is what lies behind the position
    `held`: somebody has not read it yet.
    """
    last = last_position(session)
    # Along the positions: the first that is young enough stands near the front once this runs regularly.
    young = select(EVENT.c.position).where(EVENT.c.at >= before, EVENT.c.position.is_not(None))
    first_kept: int = session.execute(young.order_by(EVENT.c.position).limit(1)).scalar() or last
    if limit is not None:
        first_kept = min(first_kept, _first_position(session, last) + limit)
    if held is not None:
        first_kept = min(first_kept, held + 1)
    result = session.execute(delete(EVENT).where(EVENT.c.position < first_kept))
    return int(result.rowcount)  # type: ignore[attr-defined]
