"""What the staff do with dead letters (events that a consumer could not take): tried again, or given up with a reason.

Beside jobs.py, which does the same for work on the schedule: events themselves stand on a floor that knows no accounts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marshmallow import Schema
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.db import utcnow
from registry.errors import N_, NotFound
from registry.events import dead_letters
from registry.events.dead_letters import Letter
from registry.matching.fields import Text

ACTION = "consumer.manage"


class GivingUp(Schema):
    """Why an event is given up: whoever looks into the audit log later wants to know."""

    reason = Text(300, required=True, metadata={"description": "why it need not have its effect; for the audit log"})


def retry(session: Session, actor: Actor, letter_ids: Iterable[int] | None = None) -> Sequence[Letter]:
    """Have these (None: all) tried again: the consumers do it within seconds. Raises NotAllowed, NotFound."""
    policy.require(actor, ACTION)
    found = dead_letters.letters(session) if letter_ids is None else _all_of(session, set(letter_ids))
    dead_letters.ask_again(session, found, utcnow())
    for letter in found:
        audit.record(session, actor, "dead_letter.retry", f"dead_letter:{letter.id}", of=letter.consumer)
    return found


def discard(session: Session, actor: Actor, letter_id: int, data: Mapping[str, Any]) -> None:
    """Give one up (GivingUp): its event will have no effect on that consumer. Raises NotAllowed, NotFound."""
    policy.require(actor, ACTION)
    (letter,) = _all_of(session, {letter_id})
    dead_letters.discard(session, letter_id)
    audit.record(
        session, actor, "dead_letter.discard", f"dead_letter:{letter_id}", of=letter.consumer, event=letter.event.uid,
        why=data["reason"], failed_with=letter.reason,
    )  # fmt: skip


def letter_row(letter: Letter) -> dict[str, Any]:
    """One of them, as machines read it."""
    event = letter.event
    return {
        "id": letter.id,
        "consumer": letter.consumer,
        "event": {"uid": event.uid, "type": event.type, "subject": f"{event.kind}:{event.record_id}", "at": event.at},
        "reason": letter.reason,
        "tries": letter.tries,
        "set_aside_at": letter.set_aside_at,
        "retry_at": letter.retry_at,
    }


def _all_of(session: Session, wanted: set[int]) -> Sequence[Letter]:
    found = dead_letters.letters(session, wanted)
    if missing := wanted - {letter.id for letter in found}:
        raise NotFound(
            N_("There is no dead letter %(number)s: it had its effect by now, or was given up."), number=min(missing)
        )
    return found
