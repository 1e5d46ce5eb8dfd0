"""What the registry knows of a State that belongs into a report: read from rows, each with where it comes from.

Items are JSON values, texts language → text. A report is made to be shown: programmes are the public ones only, needs
and indicators not those that the State keeps private. Answers are the State's, as far as the actor may see them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.actor import ANONYMOUS, Actor
from registry.catalogue.listing import COLUMNS, Filters, P, conditions
from registry.catalogue.models import Participation
from registry.compliance import editions, library
from registry.compliance.contacts.models import Contact
from registry.compliance.contacts.rules import is_stale
from registry.compliance.editions import Edition, texts
from registry.compliance.indicators import definitions, views
from registry.compliance.listing import warnings_of
from registry.compliance.models import Answer, Assessment
from registry.db import utcnow
from registry.matching.models import Need
from registry.matching.views import need_views
from registry.reporting.content import Found, Item

MOST = 300
"""Items of one entry; of more than these only their number is said"""
_INDICATOR = ("title", "unit", "checked")


class Gathering:
    """One State's rows for one period; each kind is read once, however many entries ask for it."""

    def __init__(self, session: Session, actor: Actor, state: str, start: date, end: date) -> None:
        self.session, self.actor, self.state = session, actor, state
        self.start, self.end, self.today = start.isoformat(), end.isoformat(), utcnow().date()

    def of(self, entry: Mapping[str, Any]) -> Found:
        """What fills an entry of a template; nothing where the State alone can."""
        source = entry["from"]
        if source == "answers":
            return Found([self._answer(name) for name in entry["clauses"]])
        if source == "programmes":
            return self._programmes(entry.get("themes", []))
        if source == "needs":
            wanted = set(entry.get("themes", ()))
            found = [need for themes, need in self._needs if not wanted or wanted & themes]
            return Found(found[:MOST], max(0, len(found) - MOST))
        if source == "indicators":
            return Found([self._indicators[name] for name in entry["indicators"] if name in self._indicators])
        if source == "participation":
            return Found([item for item in self._acts if item["instrument"] in entry["instruments"]])
        if source == "contacts":
            return Found([item for item in self._contacts if set(item["instruments"]) & set(entry["instruments"])])
        return Found()

    @cached_property
    def _editions(self) -> dict[str, Edition]:
        return library.current_editions(self.session)

    @cached_property
    def _assessments(self) -> dict[str, list[Assessment]]:
        """Standard → the State's assessments, the latest first."""
        found: dict[str, list[Assessment]] = {}
        rows = select(Assessment).where(col(Assessment.state) == self.state, policy.visible(self.actor, Assessment))
        for row in self.session.scalars(rows.order_by(col(Assessment.id).desc())):
            found.setdefault(row.standard, []).append(row)
        return found

    @cached_property
    def _answers(self) -> dict[tuple[int, str], Answer]:
        ids = [each.id for listed in self._assessments.values() for each in listed]
        rows = self.session.scalars(select(Answer).where(col(Answer.assessment_id).in_(ids)))
        return {(row.assessment_id, row.clause): row for row in rows}

    def _answer(self, name: str) -> Item:
        """The answer of the latest assessment, else of the latest before it that has one; value None: unanswered."""
        slug, _, clause = name.partition("#")
        listed = self._assessments.get(slug, [])
        given = ((each, self._answers.get((each.id or 0, clause))) for each in listed)
        assessment, answer = next(((each, row) for each, row in given if row), (None, None))
        if assessment is None or answer is None:
            asked = _clause(self._editions.get(slug), clause)
            return {
                "clause": name,
                "instrument": self._short(slug),
                **asked,
                "value": None,
                "fulfilment": None,
                "origin": None,
            }
        edition = editions.pinned(self.session, assessment.standard_id)
        step = edition.document["scale"].get(answer.value, {}) if _is_scaled(edition, clause) else {}
        worth = edition.scheme.scale.get(answer.value) if step else None
        return {
            "clause": name,
            "instrument": self._short(slug),
            **_clause(edition, clause),
            "value": answer.value,
            "label": texts(step.get("label", answer.value)),
            "fulfilment": None if worth is None else str(worth),
            **{name: getattr(answer, name) for name in ("in_law", "in_practice", "reason")},
            "evidence": answer.evidence,
            "disagrees": bool(warnings_of(edition, answer)),
            "older": answer.answered_at < listed[0].created_at,
            "origin": {
                "kind": "assessment",
                "id": assessment.id,
                "latest": listed[0].id,
                "reviewed": assessment.status in ("reviewed", "published"),
                "on": answer.answered_at.date().isoformat(),
            },
        }

    def _programmes(self, themes: Sequence[str]) -> Found:
        where = conditions(ANONYMOUS, Filters(values={"country": [self.state], "theme": themes}))
        where.append(or_(P.start_date.is_(None), P.start_date <= self.end))
        where.append(or_(P.end_date.is_(None), P.end_date >= self.start))
        total = self.session.execute(select(func.count()).select_from(P.id.table).where(*where)).scalar_one()
        order = (P.start_date.is_(None), P.start_date, P.sort_title, P.id)
        rows = self.session.execute(select(*COLUMNS).where(*where).order_by(*order).limit(MOST))
        return Found([_programme(row) for row in rows], max(0, total - MOST))

    @cached_property
    def _needs(self) -> list[tuple[set[str], Item]]:
        """(themes, need) of the State's open needs, the most pressing first."""
        open_ones = select(col(Need.id)).where(
            col(Need.state) == self.state, col(Need.status) == "open", col(Need.visibility) != "private",
            policy.visible(self.actor, Need),
        )  # fmt: skip
        found = need_views(self.session, self.actor, list(self.session.scalars(open_ones)))
        pressing = ("urgent", "high", "medium", "low")
        listed = sorted(found.values(), key=lambda need: (pressing.index(need["priority"]), need["id"]))
        return [(set(need["themes"]), _need(need)) for need in listed]

    @cached_property
    def _indicators(self) -> dict[str, Item]:
        """Indicator → its value for the period, else the latest there is."""
        listed, _ = views.list_series(self.session, self.actor, {"state": self.state}, limit=500)
        known = definitions.own()
        found = {}
        for series in listed:
            valued = [period for period in series["periods"] if period["exact"] is not None]
            if series["indicator"] in known and valued and series["visibility"] != "private":
                inside = [each for each in valued if self.start <= each["end"].isoformat() <= self.end]
                latest = max(inside or valued, key=lambda each: (each["end"], each["start"]))
                found[series["indicator"]] = self._observed(series, latest, bool(inside))
        return found

    def _observed(self, series: Mapping[str, Any], period: Mapping[str, Any], inside: bool) -> Item:
        definition = views.definition(definitions.own()[series["indicator"]])
        return {
            "indicator": series["indicator"],
            **{name: definition[name] for name in _INDICATOR},
            "value": period["value"],
            "start": period["start"].isoformat(),
            "end": period["end"].isoformat(),
            "inside": inside,
            **{name: _point(series[name]) for name in ("baseline", "target")},
            "origin": {"kind": "indicator", "id": series["id"]},
        }

    def _short(self, slug: str) -> dict[str, str]:
        edition = self._editions.get(slug)
        instrument = edition.document["instrument"] if edition else {}
        return texts(instrument.get("short") or instrument.get("title") or slug)

    @cached_property
    def _contacts(self) -> list[Item]:
        """Published ones by office and role alone: what a report keeps for ever must not be what somebody deletes."""
        rows = self.session.scalars(
            select(Contact)
            .where(col(Contact.state) == self.state, col(Contact.published), policy.visible(self.actor, Contact))
            .order_by(col(Contact.id))
        )
        return [
            {
                "office": row.office,
                "role": row.role,
                "instruments": row.instruments.split(),
                "confirmed_on": row.confirmed_on.isoformat(),
                "stale": is_stale(row.confirmed_on, self.today),
                "origin": {"kind": "contact", "id": row.id},
            }
            for row in rows
        ]

    @cached_property
    def _acts(self) -> list[Item]:
        rows = self.session.scalars(
            select(Participation)
            .where(col(Participation.state) == self.state, col(Participation.act) != "report")
            .order_by(col(Participation.on), col(Participation.id))
        )
        return [
            {
                **{name: getattr(row, name) for name in ("instrument", "act", "checked")},
                "name": self._short(row.instrument),
                "on": row.on and row.on.isoformat(),
                "origin": {"kind": "participation", "id": row.id, "source": row.source},
            }
            for row in rows
        ]


def _is_scaled(edition: Edition, clause: str) -> bool:
    return clause in edition.requirements and edition.requirements[clause].answer == "scale"


def _clause(edition: Edition | None, clause: str) -> Item:
    found = edition.requirements.get(clause) if edition else None
    return {
        "ref": found.ref if found else clause,
        "question": texts(found.node["question"]) if found else {},
        "helpable": bool(found and found.assist),
    }


def _programme(row: Any) -> Item:
    names = ("title", "title_language", "status", "start_date", "end_date")
    return {
        **{name: getattr(row, name) for name in names},
        "organisation": row.reporting_name,
        **{name: getattr(row, name) for name in ("budget_usd", "commitment_usd", "disbursement_usd")},
        "origin": {"kind": "programme", "id": row.id},
    }


def _need(need: Mapping[str, Any]) -> Item:
    names = ("title", "language", "priority", "types", "window_start", "window_end", "partner_wished")
    return {
        **{name: need[name] for name in names},
        "asked": need["ledger"]["asked"],
        "asked_usd_cents": need["ledger"]["asked_usd_cents"],
        "quantities": [
            {name: line[name] for name in ("type", "description", "quantity", "unit")}
            for line in need["lines"]
            if line["quantity"] is not None
        ],
        "closes": [f"{item['standard']}#{item['clause']}" for item in need["requirements"]],
        "origin": {"kind": "need", "id": need["id"]},
    }


def _point(point: Mapping[str, Any] | None) -> Item | None:
    return None if point is None else {"value": point["value"], "on": point["on"] and point["on"].isoformat()}
