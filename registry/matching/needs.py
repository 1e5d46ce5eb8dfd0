"""Needs: what a State says it needs. Thin names over entries.py, with what is particular to needs."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import column, delete, insert, select, table
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.history import Version
from registry.catalogue.reference import states, themes
from registry.errors import N_, InvalidInput
from registry.matching import entries
from registry.matching.entries import Kind
from registry.matching.forms import LINE, NEED_THEME, REQUIREMENT, Form, dump_need, need_forms
from registry.matching.ledger.covering import require_need_covers
from registry.matching.lifecycle import missing_to_open_need
from registry.matching.models import Need
from registry.matching.schemas import NeedForm, NeedRenewalForm

_ASSESSMENT = table("assessment", column("id"), column("state"))
"""By name, as our foreign key has it: the slice that owns it stands beside this one, not below."""
_PLAIN = (
    "reference", "title", "description", "language", "priority", "window_start", "window_end", "min_viable_share",
    "endorsing_authority", "partner_wished", "visibility",
)  # fmt: skip


def _complete(loaded: dict[str, Any], before: Form | None, _status: str, now: datetime) -> None:
    """Money without a date takes the date it had, or today's."""
    known = [line["money"] for line in before["lines"]] if before else []
    for position, line in enumerate(loaded["lines"]):
        money = line["money"]
        if money is None or money["value_date"] is not None:
            continue
        had = known[position] if position < len(known) else None
        same = had and (had["amount"], had["currency"]) == (money["amount"], money["currency"])
        money["value_date"] = date.fromisoformat(had["value_date"]) if had and same else now.date()


def _write(session: Session, need: Need, loaded: dict[str, Any]) -> None:
    _require_assessments(session, loaded)
    for name in _PLAIN:
        setattr(need, name, loaded[name])
    session.add(need)
    session.flush()
    for rows_of in (LINE, NEED_THEME, REQUIREMENT):
        session.execute(delete(rows_of).where(rows_of.c.need_id == need.id))
    rows = [
        (NEED_THEME, [{"theme": theme} for theme in loaded["themes"]]),
        (REQUIREMENT, loaded["requirements"]),
        (LINE, [_line(position, line) for position, line in enumerate(loaded["lines"])]),
    ]
    for rows_of, items in rows:
        if items:
            session.execute(insert(rows_of), [{"need_id": need.id, **item} for item in items])


def _line(position: int, line: dict[str, Any]) -> dict[str, Any]:
    money = line["money"] or {"amount": None, "currency": None, "value_date": None}
    return {"position": position, **money, **{n: line[n] for n in ("type", "description", "quantity", "unit")}}


def _require_assessments(session: Session, loaded: dict[str, Any]) -> None:
    """An assessment that a requirement names is the State's own; the database would only say that it is missing."""
    named = {item["assessment_id"] for item in loaded["requirements"] if item["assessment_id"] is not None}
    if not named:
        return
    own = _ASSESSMENT.c.state == loaded["state"]
    found = set(session.execute(select(_ASSESSMENT.c.id).where(_ASSESSMENT.c.id.in_(named), own)).scalars())
    errors = {
        f"requirements.{position}.assessment_id": [N_("This State has no such assessment.")]
        for position, item in enumerate(loaded["requirements"])
        if item["assessment_id"] is not None and item["assessment_id"] not in found
    }
    if errors:
        raise InvalidInput(errors)


def _searched(form: Form) -> tuple[str, str]:
    state = states().get(form["state"])
    theme_names = [name for theme in form["themes"] if theme in themes() for name in themes()[theme].names.values()]
    texts = [form["reference"], form["description"], form["endorsing_authority"], form["partner_wished"], form["state"]]
    lines = [text for line in form["lines"] for text in (line["description"], line["unit"])]
    names = list(state.names.values()) if state else []
    return form["title"], "\n".join(text for text in (*texts, *lines, *names, *theme_names) if text)


NEEDS = Kind(
    name="need",
    model=Need,
    schema=NeedForm,
    renewal=NeedRenewalForm,
    owner_field="state",
    forms=need_forms,
    dump=dump_need,
    complete=_complete,
    write=_write,
    missing=lambda form, now: missing_to_open_need(form, now.date()),
    still_covers=require_need_covers,
    searched=_searched,
)


def create_need(session: Session, actor: Actor, data: dict[str, Any], now: datetime | None = None) -> Need:
    """Enter a draft need in the form of schemas.NeedForm; a State's officer need not name the State."""
    if actor.role == "state" and not data.get("state"):
        data = {**data, "state": actor.state}
    need: Need = entries.create(session, actor, NEEDS, data, now)
    return need


def update_need(
    session: Session, actor: Actor, need_id: int, data: dict[str, Any], expected_version: int | None
) -> Need:
    """Change the named fields; an open need is matched anew. Errors as entries.update."""
    need: Need = entries.update(session, actor, NEEDS, need_id, data, expected_version)[0]
    return need


def open_need(session: Session, actor: Actor, need_id: int, expected_version: int | None) -> Need:
    """Publish a draft: from now on it is matched. InvalidInput names each thing that is missing."""
    need: Need = entries.change_status(session, actor, NEEDS, need_id, "open", None, expected_version)
    return need


def withdraw_need(
    session: Session, actor: Actor, need_id: int, data: dict[str, Any], expected_version: int | None
) -> Need:
    """Take an open need out of matching; it can be renewed. `data`: reason, or none."""
    need: Need = entries.change_status(session, actor, NEEDS, need_id, "withdraw", data, expected_version)
    return need


def close_need(
    session: Session, actor: Actor, need_id: int, data: dict[str, Any], expected_version: int | None
) -> Need:
    """End an open need for good: met, or given up. `data`: reason."""
    need: Need = entries.change_status(session, actor, NEEDS, need_id, "close", data, expected_version)
    return need


def renew_need(
    session: Session, actor: Actor, need_id: int, data: dict[str, Any], expected_version: int | None
) -> Need:
    """Open a withdrawn or expired need again. `data`: window_start, window_end."""
    need: Need = entries.change_status(session, actor, NEEDS, need_id, "renew", data, expected_version)
    return need


def get_need(session: Session, actor: Actor, need_id: int) -> Need:
    """The need. Raises NotFound where there is none that the actor may see."""
    need: Need = entries.read(session, actor, NEEDS, need_id)
    return need


def need_history(session: Session, actor: Actor, need_id: int) -> list[Version]:
    """Its versions, newest first."""
    return entries.history(session, actor, NEEDS, need_id)
