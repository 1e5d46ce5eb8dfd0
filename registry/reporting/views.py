"""National reports as the API and the pages show them."""

from datetime import date
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.errors import N_
from registry.reporting.content import Content, progress
from registry.reporting.models import NationalReport
from registry.reporting.printing import Printed, printed
from registry.reporting.rules import Check, checks, words
from registry.reporting.service import content_of, template_in
from registry.reporting.voice import Voice

_NAMES = (
    "id", "state", "template", "template_version", "template_sha256", "period_start", "period_end", "status",
    "submitted_on", "submitted_at", "published_at", "version", "created_at", "updated_at",
)  # fmt: skip


def summary(report: NationalReport) -> dict[str, Any]:
    """A report without what it says."""
    return {**{name: getattr(report, name) for name in _NAMES}, "title": template_in(report).document["title"]}


def in_language(report: NationalReport, content: Content, language: str) -> Printed:
    """A report as text, as all its outputs show it."""
    voice = Voice(language)
    if report.status == "draft":
        status = voice.say(N_("Draft: not submitted"))
    else:
        status = voice.say(N_("Submitted on %(day)s"), day=voice.day(report.submitted_on))
    return printed(content, voice, status)


def whole(session: Session, actor: Actor, report: NationalReport, today: date) -> dict[str, Any]:
    """A report with what it says; what is still to be done about it is for its State alone."""
    content = content_of(session, actor, report)
    found = checks_for(actor, report, content, today)
    return {
        **summary(report),
        "progress": progress(content),
        "content": content,
        "checks": [as_dict(check) for check in found],
    }


def checks_for(actor: Actor, report: NationalReport, content: Content, today: date) -> list[Check]:
    """Remarks on a report, for people of its State and the registry itself."""
    if actor.role != "system" and actor.state != report.state:
        return []
    return checks(content, report.submitted_on or today)


def as_dict(check: Check) -> dict[str, Any]:
    """A remark in English, for machines."""
    return {
        **{name: getattr(check, name) for name in ("kind", "code", "section", "entry")},
        "text": words(check),
        "values": dict(check.values),
    }
