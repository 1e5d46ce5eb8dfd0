"""Proposals and commitments: what waits for an answer, the consent of both sides, what was paid and received."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue.money import currencies, format_money, to_decimal
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.http import actor, session
from registry.matching.explain import explain
from registry.matching.ledger import applying, new_programme, proposing, rules, service, views
from registry.matching.ledger.models import Proposal
from registry.matching.models import ASSISTANCE_TYPES
from registry.matching.views import need_views, offer_views
from registry.web import lists, programme_entry
from registry.web.forms import Form, nested
from registry.web.i18n import message
from registry.web.labels import label
from registry.web.programme_pages import entry_page

pages = Blueprint("proposals", __name__)

SHOWN = 30
WORDS = {
    "amount": N_("Amount"), "currency": N_("Currency"), "type": N_("Type of assistance"),
    "text": N_("What you want to say"), "reason": N_("Reason"), "on": N_("Day"), "programme_id": N_("Programme"),
    "step_id": N_("Entry"),
}  # fmt: skip

SAID = {
    "ask": N_("Your question"), "answer": N_("Your answer"), "reverse": N_("What was wrong with it"),
    "allow": N_("Why it goes on"), "end": N_("Why it ends"),
}  # fmt: skip
"""Act → what its required words say"""


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/proposals")
def index() -> ResponseReturnValue:
    """Those that wait for the reader first; else by status."""
    status = request.args.get("status", "")
    waiting = bool(request.args.get("waiting"))
    flagged = bool(request.args.get("flagged"))
    filters: dict[str, Any] = {
        "status": status if status in rules.STATUSES else None, "waiting": waiting, "flagged": flagged,
    }  # fmt: skip
    for name in ("need_id", "offer_id", "round_id"):
        text = request.args.get(name, "")
        filters[name] = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
    items, following = views.list_proposals(session(), actor(), filters, None, request.args.get("cursor"), SHOWN)
    sides = actor().role == "state" or actor().organisation_id is not None
    return render_template(
        "proposals/index.html",
        proposals=items,
        statuses=[(code, label("proposal", code)) for code in rules.STATUSES],
        status=status,
        waiting=waiting,
        flagged=flagged,
        flagged_count=views.count_flagged(session(), actor()),
        count=views.count_waiting(session(), actor()) if sides else None,
        reasons=views.decline_counts(session(), actor()) if policy.can(actor(), "proposal.count") else [],
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url=lists.data_url("/api/v1/proposals"),
    )


@pages.route("/proposals/new/<int:need_id>/<int:offer_id>", methods=["GET", "POST"])
def new(need_id: int, offer_id: int) -> ResponseReturnValue:
    """Propose the offer for the need, in whole or in part."""
    found = explain(session(), actor(), need_id, offer_id)
    need = need_views(session(), actor(), [need_id])[need_id]
    offer = offer_views(session(), actor(), [offer_id])[offer_id]
    may = Proposal(need_id=need_id, offer_id=offer_id, state=need["state"], organisation_id=offer["organisation_id"])
    policy.require(actor(), "proposal.propose", may)

    largest = views.largest(session(), actor(), need_id, offer_id)

    def page(form: Form) -> str:
        return render_template(
            "proposals/new.html",
            form=form,
            need=need,
            offer=offer,
            eligible=found["eligible"],
            largest=largest,
            need_ledger=views.ledger(session(), actor(), "need_id", need_id),
            offer_ledger=views.ledger(session(), actor(), "offer_id", offer_id),
            types=[
                (code, label("assistance", code))
                for code in ASSISTANCE_TYPES
                if code in need["types"] and code in offer["types"]
            ],
            currencies=[(code, code) for code in currencies()],
            words=words_of,
        )

    if request.method == "GET":
        amount = largest["amount"]
        written = str(to_decimal(amount, largest["currency"])) if amount and amount > 0 else ""
        return page(Form({"currency": offer["currency"] or "", "amount": {"written": written}}))
    typed = nested(request.form)
    try:
        made = proposing.propose(session(), actor(), {**typed, "need_id": need_id, "offer_id": offer_id})
    except InvalidInput as error:
        return page(Form(typed, error.fields)), error.status
    except Conflict as error:
        return page(Form(typed, {"_schema": [message(error)]})), error.status
    flash(gettext("Proposed. The other side is told."), "good")
    return redirect(url_for("web.proposals.show", proposal_id=made.id), 303)


@pages.get("/proposals/<int:proposal_id>")
def show(proposal_id: int) -> ResponseReturnValue:
    """One proposal: both sides, where it stands, what was said and done, what the reader can do."""
    return _show(service.get_proposal(session(), actor(), proposal_id))


@pages.route("/proposals/<int:proposal_id>/programme", methods=["GET", "POST"])
def programme(proposal_id: int) -> ResponseReturnValue:
    """A new programme, filled in from the commitment; saving enters it and names it there."""
    draft = new_programme.draft_of(session(), actor(), proposal_id)
    if request.method == "GET":
        return entry_page(Form(programme_entry.filled_in(draft)), proposal_id)
    data = programme_entry.read(request.form)
    try:
        given = programme_entry.over(draft, data)
        programme_id = new_programme.enter_programme(session(), actor(), proposal_id, given)
    except InvalidInput as error:
        session().rollback()
        # The only words that a link can lack say why the programme is another State's.
        found = {("document.countries" if path == "text" else path): said for path, said in error.fields.items()}
        return entry_page(Form(data, programme_entry.errors_of(found, data)), proposal_id), error.status
    flash(gettext("Entered, and named by the commitment."), "good")
    return redirect(url_for("web.programmes.show", programme_id=programme_id), 303)


@pages.post("/proposals/<int:proposal_id>/<what>")
def act(proposal_id: int, what: str) -> ResponseReturnValue:
    """One act of the reader's side."""
    if what not in service.FORMS:
        raise NotFound(N_("There is no such act."))
    typed = nested(request.form)
    try:
        proposal = service.act(session(), actor(), proposal_id, what, typed)
    except InvalidInput as error:
        session().rollback()
        proposal = service.get_proposal(session(), actor(), proposal_id)
        return _show(proposal, what, Form(typed, error.fields)), error.status
    except Conflict as error:
        session().rollback()
        proposal = service.get_proposal(session(), actor(), proposal_id)
        return _show(proposal, what, Form(typed, {"_schema": [message(error)]})), error.status
    flash(gettext("Done: %(status)s.", status=label("proposal", proposal.status)), "good")
    return redirect(url_for("web.proposals.show", proposal_id=proposal_id), 303)


def _show(proposal: Proposal, what: str = "", form: Form | None = None) -> str:
    item = views.describe(session(), actor(), [proposal])[0]
    left = {
        "disburse": (item["amount"] or 0) - (item["disbursed"] or 0),
        "deliver": (item["amount"] or 0) - (item["delivered"] or 0),
    }
    forms = {
        name: Form({"amount": {"written": str(to_decimal(left[name], item["currency"]))}} if item["amount"] and
                   name in left else {})
        for name in service.FORMS
    }  # fmt: skip
    if form is not None:
        forms[what] = form
    steps = views.step_rows(session(), actor(), proposal)
    return render_template(
        "proposals/show.html",
        p=item,
        steps=steps,
        forms=forms,
        failed=what if form is not None else "",
        form=form or Form({}),
        reasons=[(code, gettext(words)) for code, words in rules.DECLINE_REASONS.items()],
        met=[(code, gettext(words)) for code, words in rules.MET.items()],
        entries=_entries(item, steps),
        said={what: gettext(words) for what, words in SAID.items()},
        words=words_of,
        data_url=f"/api/v1/proposals/{proposal.id}",
    )


def _entries(item: dict[str, Any], steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Payments and deliveries that can still be taken back, by the number of their step."""
    gone = {step["reverses_id"] for step in steps}
    return [
        (str(step["id"]), f"{step['id']}: {label('act_of', step['act'])} {step['on'] or ''} "
         f"{format_money(step['amount'], item['currency']) if step['amount'] else ''}".strip())
        for step in steps if step["act"] in ("disburse", "deliver") and step["id"] not in gone
    ]  # fmt: skip


@pages.post("/allocation/<int:round_id>/<fairness>/apply")
def apply(round_id: int, fairness: str) -> ResponseReturnValue:
    """The proposals of a round's scenario go out."""
    outcome: dict[str, Any] = applying.apply_scenario(session(), actor(), round_id, fairness)
    made, skipped = len(outcome["proposed"]), len(outcome["skipped"])
    flash(gettext("%(made)s proposals went out, %(skipped)s were skipped.", made=made, skipped=skipped), "good")
    return redirect(url_for("web.proposals.index", round_id=round_id), 303)
