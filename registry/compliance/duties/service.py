"""A State's reports due, from its participation; noting that one was filed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import fields
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.acts import REPORT
from registry.catalogue.models import Participation
from registry.compliance.duties.everybody import owed_by
from registry.compliance.duties.reading import duties
from registry.compliance.duties.rules import Due
from registry.compliance.editions import text_in
from registry.compliance.participation import service as participation
from registry.compliance.schemas import NEEDED, Form, Trimmed
from registry.errors import N_, InvalidInput
from registry.schemas import load


class FiledForm(Form):
    """That a report was filed."""

    instrument = Trimmed(60, required=True)
    on = fields.Date(
        required=True, error_messages={"required": NEEDED, "null": NEEDED, "invalid": N_("Write a date as YYYY-MM-DD.")}
    )
    source = Trimmed(500, required=True, metadata={"description": "where it can be read: a link or a symbol"})


def owed(session: Session, state: str, today: date) -> list[Due]:
    """What a State owes and owed or is invited to send, the latest due day first."""
    found = [row.due for row in owed_by(session, today, [state])]
    return sorted(found, key=lambda due: (-due.on.toordinal(), due.duty))


def describe(due: Due, language: str = "en") -> dict[str, Any]:
    """A due day with its duty's words, source and whether that is verified."""
    _, said = duties()[due.duty]
    return {
        "duty": due.duty,
        "instrument": due.instrument,
        "title": text_in(said["title"], language),
        "due_on": due.on,
        "fixed_day": said["fixed_day"],
        "status": due.status,
        "invited_by": said.get("invited_by"),
        "filed_on": due.filed,
        "source": said["source"],
        "checked": said["checked"],
    }


def note_filed(
    session: Session, actor: Actor, state: str, data: Mapping[str, Any], now: datetime | None = None
) -> Participation:
    """Note that a State filed a report (FiledForm). Raises InvalidInput, NotAllowed, Conflict where it is noted."""
    form = load(FiledForm(), data)
    if form["instrument"] not in {duty.instrument for duty, _ in duties().values()}:
        raise InvalidInput({"instrument": [N_("No report on this instrument is due.")]})
    filed = {**form, "on": form["on"].isoformat(), "act": REPORT}
    return participation.enter(session, actor, state, filed, now).row
