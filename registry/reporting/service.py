"""A State's national reports: begin, write, submit, publish. Only the State writes; submitted ones change no more."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.catalogue import reference
from registry.catalogue.history import Changes, changes_between, record_revision
from registry.catalogue.models import Participation
from registry.compliance.duties import service as duty_service
from registry.compliance.duties.rules import OPEN
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, VersionMismatch
from registry.events.outbox import Change, emit
from registry.json_text import dumps
from registry.reporting import templates
from registry.reporting.content import Content, compose, entries_of, fingerprint, is_filled
from registry.reporting.gathering import Gathering
from registry.reporting.judging import judge
from registry.reporting.models import NationalReport
from registry.reporting.rules import period_before
from registry.reporting.schemas import BeginForm, FillForm, SubmitForm
from registry.reporting.templates import Template, template_of
from registry.schemas import load

MISSING_REPORT = N_("There is no such report.")
EVENTS = {"create": "created", "update": "updated", "submit": "submitted", "publish": "published"}
_MOST_YEARS = 10


def get_report(session: Session, actor: Actor, report_id: int, *, lock: bool = False) -> NationalReport:
    """Raises NotFound, also where the actor may not know of it."""
    return visible_one(session, actor, NationalReport, report_id, MISSING_REPORT, lock=lock)


def list_reports(session: Session, actor: Actor, state: str) -> list[NationalReport]:
    """A State's reports that the actor may see, the latest period first."""
    rows = select(NationalReport).where(col(NationalReport.state) == state, policy.visible(actor, NationalReport))
    return list(session.scalars(rows.order_by(col(NationalReport.period_end).desc(), col(NationalReport.id).desc())))


def template_in(report: NationalReport) -> Template:
    """The template that the report was begun with."""
    return template_of(orjson.loads(report.template_document))


def content_of(session: Session, actor: Actor, report: NationalReport) -> Content:
    """The whole report: as it was submitted, else composed of what is known now."""
    if report.content is not None:
        frozen: Content = orjson.loads(report.content)
        return frozen
    period = report.period_start, report.period_end
    return composed(session, actor, template_in(report), report.state, period, report.entries)


def composed(
    session: Session, actor: Actor, template: Template, state: str, period: tuple[date, date],
    own: Mapping[str, Mapping[str, Any]],
) -> Content:  # fmt: skip
    """A report of what is known now, as far as the actor may see it; nothing of it is stored."""
    names = reference.states()[state].names
    return compose(template, names, period, Gathering(session, actor, state, *period).of, own)


def usual_period(session: Session, state: str, template: Template, today: date) -> tuple[date, date]:
    """The years that the report covers which is next due or invited (or not known of late); without any, up to now."""
    duties = template.document["duties"]
    owed = [due for due in duty_service.owed(session, state, today) if due.duty in duties]
    open_days = [due.on for due in owed if due.status in OPEN]
    day = min(open_days, key=lambda on: abs((on - today).days), default=today)
    return period_before(day, template.document["years"])


def begin(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> NationalReport:
    """Begin a report (BeginForm), or give the draft there is. Raises InvalidInput, NotAllowed."""
    form, now = load(BeginForm(), data), now or utcnow()
    state = form["state"] or actor.state
    if state is None:
        raise InvalidInput({"state": [N_("This is needed.")]})
    if form["template"] not in templates.templates():
        raise InvalidInput({"template": [N_("There is no such report.")]})
    template = templates.template(form["template"])
    usual = usual_period(session, state, template, now.date())
    period = _period(form["period_start"] or usual[0], form["period_end"] or usual[1], now.date())
    report = _blank(actor, state, template, period, now)
    policy.require(actor, "national_report.create", report)
    try:
        with session.begin_nested():
            session.add(report)
    except IntegrityError:
        return _draft(session, state, template.id, period)
    _note(session, actor, report, "create", {"status": [None, "draft"], "template": [None, template.id]}, now)
    return report


def preview(session: Session, actor: Actor, state: str, template: Template, now: datetime) -> NationalReport:
    """A report of now that nobody began; it is not stored."""
    return _blank(actor, state, template, usual_period(session, state, template, now.date()), now)


def _blank(actor: Actor, state: str, template: Template, period: tuple[date, date], now: datetime) -> NationalReport:
    return NationalReport(
        state=state, template=template.id, template_version=template.version, template_sha256=template.sha256,
        template_document=dumps(template.document), period_start=period[0], period_end=period[1],
        created_by=actor.user_id, created_at=now, updated_at=now,
    )  # fmt: skip


def _draft(session: Session, state: str, template: str, period: tuple[date, date]) -> NationalReport:
    return session.scalars(
        select(NationalReport).where(
            col(NationalReport.state) == state, col(NationalReport.template) == template,
            col(NationalReport.period_start) == period[0], col(NationalReport.period_end) == period[1],
            col(NationalReport.status) == "draft",
        )
    ).one()  # fmt: skip


def _period(start: date, end: date, today: date) -> tuple[date, date]:
    if end < start:
        raise InvalidInput({"period_end": [N_("The period ends before it begins.")]})
    if start > today:
        raise InvalidInput({"period_start": [N_("This day has not come yet.")]})
    if end.year - start.year >= _MOST_YEARS:
        raise InvalidInput({"period_start": [N_("A report covers at most ten years.")]})
    return start, end


def fill(
    session: Session, actor: Actor, report_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> NationalReport:  # fmt: skip
    """Write, change or (null) take back own words, set the period (FillForm). All of it or nothing.

    Raises InvalidInput by `entries.<id>.text` and the like, Conflict once submitted, VersionMismatch.
    """
    now = now or utcnow()
    report = _held(session, actor, report_id, "update", "draft", expected_version)
    form, template = load(FillForm(), data), template_in(report)
    judged = judge(template.entries, form["entries"])
    before = report.period_start, report.period_end
    period = _period(form["period_start"] or before[0], form["period_end"] or before[1], now.date())
    gathering = Gathering(session, actor, report.state, *period)
    kept = dict(report.entries)
    for name, own in judged.items():
        if own is None:
            kept.pop(name, None)
        else:
            seen = fingerprint(list(gathering.of(template.entries[name]).items)) if own["replaces"] else ""
            kept[name] = {**own, "seen": seen}
    changes = changes_between({"period": _written(before), **report.entries}, {"period": _written(period), **kept})
    if changes:
        try:
            with session.begin_nested():
                touch(report, None, now)
                (report.period_start, report.period_end), report.entries = period, kept
        except IntegrityError:
            raise Conflict(N_("There is another draft of this report on the same period.")) from None
        _note(session, actor, report, "update", changes, now)
    return report


def submit(
    session: Session, actor: Actor, report_id: int, data: Mapping[str, Any], expected_version: int | None,
    now: datetime | None = None,
) -> NationalReport:  # fmt: skip
    """Keep a draft for ever as it is now, and note it as filed for the duties it fulfils (SubmitForm).

    Raises InvalidInput, Conflict where it is submitted already, VersionMismatch.
    """
    now = now or utcnow()
    report = _held(session, actor, report_id, "submit", "draft", expected_version)
    form = load(SubmitForm(), data)
    if form["on"] > now.date():
        raise InvalidInput({"on": [N_("This day has not come yet.")]})
    if form["on"] < report.period_start:
        raise InvalidInput({"on": [N_("This day is before the period that the report covers.")]})
    content = content_of(session, actor, report)
    if not any(is_filled(entry) for _, entry in entries_of(content)):
        raise Conflict(N_("There is nothing in this report yet."))
    touch(report, None, now)
    report.content, report.status = dumps(content), "submitted"
    report.submitted_on, report.submitted_at = form["on"], now
    session.add(report)
    _note(session, actor, report, "submit", {"status": ["draft", "submitted"]}, now)
    source = form["source"] or f"National report {report.id} of this registry"
    for duty in template_in(report).document["duties"]:
        _note_filed(session, actor, report, duty_service.duties()[duty][0].instrument, source, now)
    return report


def publish(
    session: Session, actor: Actor, report_id: int, expected_version: int | None, now: datetime | None = None
) -> NationalReport:
    """Show a submitted report to everybody, for good. Raises Conflict where it is a draft, VersionMismatch."""
    now = now or utcnow()
    report = _held(session, actor, report_id, "publish", "submitted", expected_version)
    touch(report, None, now)
    report.status, report.published_at = "published", now
    session.add(report)
    _note(session, actor, report, "publish", {"status": ["submitted", "published"]}, now)
    return report


_NOT_NOW = {
    "draft": N_("This report is still a draft: submit it first."),
    "submitted": N_("This report is submitted and changes no more."),
    "published": N_("This report is published and changes no more."),
}


def _held(
    session: Session, actor: Actor, report_id: int, act: str, status: str, expected_version: int | None
) -> NationalReport:
    report = get_report(session, actor, report_id, lock=True)
    policy.require(actor, f"national_report.{act}", report)
    if report.status != status:
        raise Conflict(_NOT_NOW[report.status])
    if expected_version is not None and expected_version != report.version:
        raise VersionMismatch(report.version)
    return report


def _note_filed(
    session: Session, actor: Actor, report: NationalReport, instrument: str, source: str, now: datetime
) -> None:
    """Noted once, also where somebody noted it by hand before, or another report of that day."""
    known = session.scalar(
        select(col(Participation.id)).where(
            col(Participation.state) == report.state, col(Participation.instrument) == instrument,
            col(Participation.act) == "report", col(Participation.on) == report.submitted_on,
        )
    )  # fmt: skip
    if known is None:
        data = {"instrument": instrument, "on": str(report.submitted_on), "source": source}
        duty_service.note_filed(session, actor, report.state, data, now)


def _written(period: tuple[date, date]) -> str:
    return f"{period[0]} / {period[1]}"


def _note(session: Session, actor: Actor, report: NationalReport, act: str, changes: Changes, now: datetime) -> None:
    """History, event and audit entry of one write; everybody is told of a published report only."""
    session.flush()
    record_id = report.id or 0
    record_revision(session, actor, "national_report", record_id, report.version, changes, now)
    period = _written((report.period_start, report.period_end))
    summary = {"state": report.state, "template": report.template, "period": period, "status": report.status}
    visibility = "public" if report.status == "published" else "private"
    type_ = f"national_report.{EVENTS[act]}"
    change = Change(type_, "national_report", record_id, report.version, summary, visibility, report.state)
    emit(session, change, at=now)
    # What was written is the State's until it publishes: the log says only that something was.
    audit.record(
        session, actor, f"national_report.{act}", f"national_report:{record_id}", state=report.state,
        template=report.template,
    )  # fmt: skip
