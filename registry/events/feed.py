"""Reading events in the order of their positions: what the change feed, the command line and consumers share.

A cursor is opaque to its holder: the registry's epoch and a position. Another epoch (a database set up anew or
restored) or a position no longer kept is Expired: the reader starts over from the lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, delete, func, select
from sqlmodel import Session

from registry.errors import N_, RegistryError
from registry.events.sequencer import EVENT, last_position
from registry.schemas import LARGEST_ID, decode_opaque, encode_opaque, invalid_token

PREFIX = "casa."
"""Before our type in CloudEvents' `type`, so that consumers of several sources tell them apart."""
NOW = "now"
"""In place of a cursor: nothing that was, only what comes."""
SUBJECTS = {"standard": "standards/{standard}", "run": "feeds/runs/{id}"}
"""Kinds whose address is not kind + s and the id: made of the id and the event's data."""


class Expired(RegistryError):
    """The cursor belongs to another epoch of this registry, or to a time no longer kept."""

    status = 410
    code = "gone"


@dataclass(frozen=True)
class Changes:
    """A page of the feed: CloudEvents, the cursor behind them, whether more wait already."""

    events: Sequence[dict[str, Any]]
    next: str
    has_more: bool


def read_changes(
    session: Session, visible: ColumnElement[bool], after: str | None, limit: int, *, epoch: str, source: str
) -> Changes:
    """At most `limit` CloudEvents behind the cursor that `visible` (the policy's clause over Event) lets through.

    Without cursor from the oldest that is kept. Only sequenced events are read: see sequencer. Raises InvalidInput
    naming `after` for what is no cursor, Expired for one that leads nowhere any more.
    """
    # The end is read first: what is sequenced between the two statements comes with the next page.
    last = last_position(session)
    if after == NOW:
        return Changes([], encode_cursor(epoch, last), False)
    position = 0
    if after:
        position = decode_cursor(after, epoch)
        if position > last or position < _first_position(session, last) - 1:
            raise Expired(N_("What this cursor points to is no longer kept. Read the lists, then follow from now on."))
    events = session.execute(
        select(EVENT)
        .where(EVENT.c.position > position, EVENT.c.position <= last, visible)
        .order_by(EVENT.c.position)
        .limit(limit + 1)
    ).all()
    has_more = len(events) > limit
    page = events[:limit]
    reached = page[-1].position if has_more else last
    return Changes([cloud_event(event, source) for event in page], encode_cursor(epoch, reached or 0), has_more)


def _first_position(session: Session, last: int) -> int:
    first: int | None = session.execute(select(func.min(EVENT.c.position))).scalar_one()
    return last + 1 if first is None else first


def cloud_event(event: Row[Any], source: str) -> dict[str, Any]:
    """A sequenced row of the table as CloudEvents 1.0; `data` is the record's summary with its version and address."""
    data = orjson.loads(event.data)
    subject = SUBJECTS.get(event.kind, f"{event.kind}s/{{id}}").format_map({**data, "id": event.record_id})
    data |= {"version": event.record_version, "href": f"{source}/api/v1/{subject}"}
    if event.type.endswith(".archived"):
        data["tombstone"] = True
    return {
        "specversion": "1.0",
        "id": event.uid,
        "source": source,
        "type": PREFIX + event.type,
        "time": _instant(event.at),
        "subject": subject,
        "datacontenttype": "application/json",
        "sequence": f"{event.position:020d}",
        "data": data,
    }


def current_cursor(session: Session, epoch: str) -> str:
    """The cursor behind all that is sequenced: what follows it is only what comes."""
    return encode_cursor(epoch, last_position(session))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode_cursor(epoch: str, position: int) -> str:
    """The place behind the event with this position."""
    return encode_opaque([epoch, position])


def decode_cursor(cursor: str, epoch: str) -> int:
    """The position in a cursor. Raises InvalidInput naming `after` for garbage, Expired for another epoch's."""
    match decode_opaque(cursor, "after"):
        case [str(of_epoch), int(position)] if not isinstance(position, bool) and 0 <= position <= LARGEST_ID:
            if of_epoch != epoch:
                raise Expired(
                    N_("This cursor is from before this registry was set up anew. Start over from the lists.")
                )
            return position
        case _:
            raise invalid_token("after")


def prune_events(session: Session, before: datetime) -> int:
    """Forget sequenced events older than `before`, from the oldest on without a gap. Returns how many.

    The newest is kept, whatever its age: it holds the place where positions go on.
    """
    last = last_position(session)
    first_kept = session.execute(select(func.min(EVENT.c.position)).where(EVENT.c.at >= before)).scalar_one() or last
    result = session.execute(delete(EVENT).where(EVENT.c.position < first_kept))
    return int(result.rowcount)  # type: ignore[attr-defined]
