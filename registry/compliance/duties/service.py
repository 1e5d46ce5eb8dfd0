"""A State's reports due, from its participation; noting that one was filed."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.models import Participation
from registry.compliance.duties import rules
from registry.compliance.duties.rules import Act, Due, Duty
from registry.compliance.editions import text_in
from registry.compliance.schemas import NEEDED, Form, Trimmed
from registry.db import utcnow
from registry.errors import N_, ConfigurationError, Conflict, InvalidInput
from registry.schemas import load
from registry.settings import data_path
from registry.yaml_files.parsing import parse

FILE = "duties.yaml"
_DAY = validate.Regexp(r"\d{4}-\d{2}-\d{2}\Z")


class DutySchema(Schema):
    """One duty of standards/duties.yaml."""

    id = fields.String(required=True, validate=validate.Regexp(r"[a-z0-9-]{1,60}\Z"))
    instrument = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    who = fields.String(required=True, validate=validate.OneOf(("all", "parties")))
    every_years = fields.Integer(validate=validate.Range(1, 10))
    in_years = fields.String(validate=validate.OneOf(("even",)))
    due = fields.String(validate=validate.Regexp(r"\d{2}-\d{2}\Z"))
    fixed_day = fields.Boolean(load_default=True)
    once_months_after_entry = fields.Integer(validate=validate.Range(1, 120))
    in_force = fields.String(validate=_DAY)
    entry_days = fields.Integer(load_default=0, validate=validate.Range(0, 1000))
    source = fields.String(required=True)
    checked = fields.Boolean(required=True)


class FiledForm(Form):
    """That a report was filed."""

    instrument = Trimmed(60, required=True)
    on = fields.Date(
        required=True, error_messages={"required": NEEDED, "null": NEEDED, "invalid": N_("Write a date as YYYY-MM-DD.")}
    )
    source = Trimmed(500, required=True, metadata={"description": "where it can be read: a link or a symbol"})


@cache
def duties() -> dict[str, tuple[Duty, dict[str, Any]]]:
    """Id → (rule, what the file says besides). Raises ConfigurationError naming what does not fit."""
    document, _lines = parse((data_path("standards") / FILE).read_text(encoding="utf-8"))
    found: dict[str, tuple[Duty, dict[str, Any]]] = {}
    for item in document["duties"]:
        try:
            said = DutySchema().load(item)
        except ValidationError as error:
            raise ConfigurationError(f"{FILE}: {item.get('id')}: {error}") from None
        if said["id"] in found:
            raise ConfigurationError(f"{FILE}: the duty {said['id']} stands twice.")
        month, day = map(int, said.get("due", "12-31").split("-"))
        duty = Duty(
            said["id"], said["instrument"], said["who"], month, day, said.get("every_years"),
            said.get("in_years") == "even", said.get("once_months_after_entry"),
            date.fromisoformat(said["in_force"]) if "in_force" in said else None, said["entry_days"],
        )  # fmt: skip
        found[duty.id] = duty, said
    return found


def owed(session: Session, state: str, today: date) -> list[Due]:
    """What a State owes and owed, the latest due day first."""
    acts: dict[str, list[Act]] = {}
    for row in session.scalars(select(Participation).where(col(Participation.state) == state)):
        acts.setdefault(row.instrument, []).append(Act(row.act, row.on))
    found = [due for duty, _ in duties().values() for due in rules.dues(duty, acts.get(duty.instrument, []), today)]
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
        "filed_on": due.filed,
        "source": said["source"],
        "checked": said["checked"],
    }


def note_filed(
    session: Session, actor: Actor, state: str, data: Mapping[str, Any], now: datetime | None = None
) -> Participation:
    """Note that a State filed a report (FiledForm). Raises InvalidInput, NotAllowed, Conflict where it is noted."""
    form, now = load(FiledForm(), data), now or utcnow()
    row = Participation(state=state, act="report", instrument=form["instrument"], on=form["on"], source=form["source"])
    policy.require(actor, "participation.report", row)
    if form["instrument"] not in {duty.instrument for duty, _ in duties().values()}:
        raise InvalidInput({"instrument": [N_("No report on this instrument is due.")]})
    if form["on"] > now.date():
        raise InvalidInput({"on": [N_("This day has not come yet.")]})
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(N_("This report is noted already.")) from None
    audit.record(
        session, actor, "participation.report", f"state:{state}", instrument=form["instrument"], on=str(form["on"])
    )
    return row
