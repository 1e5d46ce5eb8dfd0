"""Checklists of exemptions from embargoes: filled in by both sides, confirmed by a coordinator, printed as a note."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.db import utcnow
from registry.errors import Conflict, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching.embargoes import cases
from registry.matching.embargoes.released import terms_of
from registry.matching.models import ExemptionCase, Need, Offer
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version, nested
from registry.web.i18n import message
from registry.web.labels import label

pages = Blueprint("exemptions", __name__)


def words_of(path: str) -> str:
    """The words for a field."""
    return label("exemption_item", path.rpartition(".")[2])


@pages.get("/exemptions")
def index() -> ResponseReturnValue:
    """The checklists of the reader's side."""
    rows = [(case, *terms_of(case), cases.missing(case)) for case in cases.list_cases(session(), actor())]
    return render_template("exemptions/index.html", rows=rows, data_url="/api/v1/exemptions")


@pages.post("/exemptions/new")
def open_one() -> ResponseReturnValue:
    """Open a checklist for a pair that is held."""
    case = cases.open_case(session(), actor(), nested(request.form))
    return redirect(url_for("web.exemptions.show", case_id=case.id), 303)


@pages.get("/exemptions/<int:case_id>")
def show(case_id: int) -> ResponseReturnValue:
    """One checklist."""
    case = cases.get_case(session(), actor(), case_id)
    return _page(case, Form({"items": case.items}, version=case.version))


@pages.get("/exemptions/<int:case_id>/note")
def note(case_id: int) -> ResponseReturnValue:
    """The checklist as a note, for printing."""
    return _page(cases.get_case(session(), actor(), case_id), Form({}), "exemptions/note.html")


@pages.post("/exemptions/<int:case_id>")
def fill(case_id: int) -> ResponseReturnValue:
    """Save what was filled in."""
    case = cases.get_case(session(), actor(), case_id)
    _, exemption = terms_of(case)
    asked = exemption.items if exemption else ()
    typed = {name: request.form.get(f"items.{name}", "").strip() for name in asked}
    version = expected_version(request.form)
    try:
        cases.fill(session(), actor(), case_id, {"items": {k: v or None for k, v in typed.items()}}, version)
    except InvalidInput as error:
        return _page(case, Form({"items": typed}, error.fields, version)), error.status
    except VersionMismatch as error:
        url = url_for("web.exemptions.fill", case_id=case_id)
        there = url_for("web.exemptions.show", case_id=case_id)
        mine, theirs = ({f"items.{k}": v for k, v in side.items()} for side in (typed, case.items))
        return conflict_page(mine, theirs, version=error.current, url=url, edit_url=there, words=words_of)
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.exemptions.show", case_id=case_id), 303)


@pages.post("/exemptions/<int:case_id>/confirm")
def confirm(case_id: int) -> ResponseReturnValue:
    """Let the pair through."""
    return _moved(case_id, lambda version: cases.confirm(session(), actor(), case_id, version))


@pages.post("/exemptions/<int:case_id>/withdraw")
def withdraw(case_id: int) -> ResponseReturnValue:
    """It no longer holds."""
    data = {"reason": request.form.get("reason", "")}
    return _moved(case_id, lambda version: cases.withdraw(session(), actor(), case_id, data, version))


def _moved(case_id: int, step: Any) -> ResponseReturnValue:
    case = cases.get_case(session(), actor(), case_id)
    try:
        step(expected_version(request.form))
    except InvalidInput as error:
        return _page(case, Form({"items": case.items}, error.fields, case.version)), error.status
    except Conflict as error:
        return _page(case, Form({"items": case.items}, {"_schema": [message(error)]}, case.version)), error.status
    return redirect(url_for("web.exemptions.show", case_id=case_id), 303)


def _page(case: ExemptionCase, form: Form, template: str = "exemptions/show.html") -> str:
    regime, exemption = terms_of(case)
    return render_template(
        template,
        case=case,
        regime=regime,
        exemption=exemption,
        checked=regime is not None and regime.verified_on(utcnow().date()),
        need=session().get_one(Need, case.need_id),
        offer=session().get_one(Offer, case.offer_id),
        missing=cases.missing(case),
        outgrown=cases.outgrown(session(), case),
        days=cases.DAYS,
        form=form,
        words=words_of,
        may_confirm=policy.can(actor(), "exemption.confirm", case),
        data_url=f"/api/v1/exemptions/{case.id}",
    )
