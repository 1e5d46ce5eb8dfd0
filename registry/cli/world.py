"""Loads the demonstration world of seed_data/ through the same services as people's own records."""

import csv
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import yaml
from sqlmodel import Session

from registry.accounts import users
from registry.accounts.actor import Actor
from registry.catalogue import editing, organisations
from registry.catalogue.models import StateFact
from registry.catalogue.schemas import OrganisationCreateSchema, ProgrammeCreateSchema
from registry.cli import colleagues, offices, promises
from registry.compliance import assessments
from registry.db import utcnow
from registry.matching import needs, offers
from registry.schemas import load as load_form
from registry.settings import data_path
from registry.sync import feeds
from registry.sync.schemas import FeedForm

MARK = "demonstration data, not a fact"


def load(session: Session, actor: Actor, partner: str | None) -> list[dict[str, Any]]:
    """Enter everything; `partner` is where the demonstration's feeds are published, None: nowhere, so there are none.

    Returns the accounts to open."""
    now = utcnow()
    bodies = _organisations(session, actor, now)
    _states(session, now)
    offices.load(session, actor, _read_table("participation.csv"), now, MARK)
    for document in _read("programmes.yaml"):
        form = {"themes": document.pop("themes"), "document": document}
        editing.create_programme(session, actor, load_form(ProgrammeCreateSchema(), form), now=now)
    for row in _read("needs.yaml"):
        _need(session, actor, row, now)
    for row in _read("offers.yaml"):
        _offer(session, actor, row, now)
    _assessments(session, actor)
    promises.load(session, now, MARK)
    colleagues.load(session, now, MARK)
    for name, file, minutes, adapter in (
        ("Meridian Fund (demonstration partner, IATI 2.03)", "meridian-2.03.xml", 60, "iati"),
        ("Littoral Agency (demonstration partner, IATI 1.05)", "littoral-1.05.xml", 24 * 60, "iati"),
        ("Invented sanctions list (demonstration)", "sanctions-demonstration.xml", 24 * 60, "unsc"),
    ):
        if partner is None:
            break
        form = {
            "name": name,
            "url": f"{partner}/{file}",
            "adapter": adapter,
            "scope": "relevant",
            "every_minutes": minutes,
        }
        feeds.create_feed(session, actor, load_form(FeedForm(), form))
    return [_account(row, bodies) for row in _read("users.yaml")]


def _read(name: str) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (data_path("seed_data") / name).open(encoding="utf-8") as file:
        rows: list[dict[str, Any]] = yaml.load(file, Loader=loader)  # noqa: S506  (a safe loader, in C where it is there)
    return rows


def _read_table(name: str) -> Iterator[dict[str, str]]:
    with (data_path("seed_data") / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _account(row: dict[str, Any], bodies: dict[str, int]) -> dict[str, Any]:
    account = dict(row)
    if identifier := account.pop("organisation", None):
        account["organisation_id"] = bodies[identifier]
    return account


def _organisations(session: Session, actor: Actor, now: datetime) -> dict[str, int]:
    """Identifier → id."""
    found = {}
    for row in _read("organisations.yaml"):
        row.pop("role")
        organisation = organisations.create_organisation(
            session, actor, load_form(OrganisationCreateSchema(), row), now=now
        )
        found[row["identifiers"][0]] = organisation.id or 0
    return found


def _states(session: Session, now: datetime) -> None:
    for row in _read_table("facts.csv"):
        session.add(
            StateFact(state=row["state"], fact=row["fact"], value=row["value"] == "1", source=MARK, updated_at=now)
        )


def _dated(row: dict[str, Any], now: datetime) -> tuple[dict[str, Any], str, datetime]:
    """(form with dates for days, status to bring it to, when it was entered)."""
    form = dict(row)
    for name in ("window_start", "window_end"):
        form[name] = (now + timedelta(days=form.pop(f"{name}_days"))).date().isoformat()
    return form, form.pop("status"), now + timedelta(days=form.pop("entered_days"))


def _need(session: Session, actor: Actor, row: dict[str, Any], now: datetime) -> None:
    form, status, entered = _dated(row, now)
    need = needs.create_need(session, actor, form, now=entered)
    if status != "draft":
        need = needs.open_need(session, actor, need.id or 0, None)
        need.opened_at = entered
    if status == "withdrawn":
        needs.withdraw_need(session, actor, need.id or 0, {"reason": "Demonstration of a withdrawn need"}, None)


def _offer(session: Session, actor: Actor, row: dict[str, Any], now: datetime) -> None:
    form, status, entered = _dated(row, now)
    offer = offers.create_offer(session, actor, form, now=entered)
    if status != "draft":
        offer = offers.open_offer(session, actor, offer.id or 0, None)
        offer.opened_at = entered
    if status == "withdrawn":
        offers.withdraw_offer(session, actor, offer.id or 0, {"reason": "Demonstration of a withdrawn offer"}, None)


def _assessments(session: Session, actor: Actor) -> None:
    """Each State's assessments by two officers of its own: whoever hands in does not review."""
    officers: dict[str, tuple[Actor, Actor]] = {}
    for row in _read("assessments.yaml"):
        state = row["state"]
        if state not in officers:
            officers[state] = (_officer(session, actor, state, "author"), _officer(session, actor, state, "second"))
        author, second = officers[state]
        assessment = assessments.start(
            session, author, {"state": state, "standard": row["standard"], "facts": row["facts"]}
        )
        assessments.answer(session, author, assessment, {"answers": row["answers"]})
        if row["status"] in ("submitted", "reviewed", "published"):
            assessments.submit(session, author, assessment)
        if row["status"] in ("reviewed", "published"):
            assessments.review(session, second, assessment)
        if row["status"] == "published":
            assessments.publish(session, second, assessment)


def _officer(session: Session, actor: Actor, state: str, part: str) -> Actor:
    """An officer of the demonstration who only wrote its past: nobody has the password."""
    user = users.create_user(
        session, actor, email=f"{part}.{state.lower()}@demo.example", name=f"Officer ({part}), {state}, demonstration",
        role="state", state=state, password=secrets.token_urlsafe(24),
    )  # fmt: skip
    return users.actor_of_user(user)
