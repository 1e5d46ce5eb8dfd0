"""Pairs of records that may be the same: the list of what waits, and one pair side by side with its judgement."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue.same_as import judging, queue
from registry.catalogue.same_as.models import KINDS
from registry.catalogue.same_as.schemas import JudgementForm, VerdictForm
from registry.errors import N_, Conflict, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.schemas import load
from registry.web import choices, lists, same_as_view
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.programme_pages import source_names

pages = Blueprint("same_as", __name__)

SHOWN = 25
LISTS = ("strong", "possible", "unsure", "same", "different", queue.CONTRADICTED)
WORDS = {
    "verdict": N_("Judgement"),
    "decided_by": N_("Judged by"),
    "reason": N_("Reason"),
    "rule": N_("Rule"),
    "first_id": N_("Number of one record"),
    "second_id": N_("Number of the other"),
}


@pages.get("/same-as")
def index() -> ResponseReturnValue:
    """What waits for a person, the likeliest first; other lists by their tab."""
    return _index(Form(), request.args.get("kind", ""))


def _index(form: Form, kind: str) -> str:
    kind, shown = kind if kind in KINDS else KINDS[0], request.args.get("list", "")
    counts = queue.pair_counts(session(), actor(), kind)
    if shown not in LISTS:
        shown = "strong" if counts["strong"] or not counts["possible"] else "possible"
    page = queue.list_pairs(
        session(), actor(), kind, cursor=request.args.get("cursor"), limit=SHOWN, **_asked(shown)
    )  # fmt: skip
    return render_template(
        "same_as/index.html",
        kind=kind,
        kinds=KINDS,
        shown=shown,
        counts={name: counts[name] for name in LISTS},
        pairs=page.items,
        sources=source_names(),
        page_of=_page_of,
        form=form,
        words=lambda name: gettext(WORDS[name]) if name in WORDS else name,
        verdicts=choices.of("same_as"),
        first_url=lists.first_url(),
        next_url=lists.next_url(page.next),
        data_url=f"/api/v1/same-as?kind={kind}",
    )


@pages.post("/same-as")
def judge_records() -> ResponseReturnValue:
    """Judge two records by their numbers, found as a pair or not."""
    form = {name: request.form.get(name, "").strip() for name in ("kind", "first_id", "second_id", "verdict", "reason")}
    try:
        judged = judging.judge_records(session(), actor(), load(JudgementForm(), form))
    except (InvalidInput, Conflict) as error:
        fields = error.fields if isinstance(error, InvalidInput) else {"second_id": [error.message]}
        return _index(Form(form, fields), form["kind"]), error.status
    flash(gettext("Noted. It stands in the list of its judgement, where it can be taken back."), "good")
    return redirect(url_for("web.same_as.show", pair_id=judged.pair.id), 303)


def _asked(shown: str) -> dict[str, Any]:
    return {"band": shown} if shown in ("strong", "possible") else {"verdict": shown}


def _page_of(kind: str, record_id: int) -> str:
    if kind == "organisation":
        return url_for("web.organisations.show", organisation_id=record_id)
    return url_for("web.programmes.show", programme_id=record_id)


@pages.get("/same-as/<int:pair_id>")
def show(pair_id: int) -> ResponseReturnValue:
    """One pair side by side."""
    return _show(pair_id, {}, "")


def _show(pair_id: int, errors: dict[str, list[str]], reason: str) -> str:
    view = queue.read_pair(session(), actor(), pair_id)
    item = view.item
    compared, prior = same_as_view.rows(item, view.profiles, source_names())
    contradicting = []
    if item["contradicted"]:
        contradicting = queue.list_pairs(
            session(), actor(), item["kind"], verdict=queue.CONTRADICTED, limit=SHOWN
        ).items
    return render_template(
        "same_as/show.html",
        pair=item,
        rows=compared,
        prior=prior,
        clusters=view.clusters,
        contradicting=[other for other in contradicting if other["id"] != pair_id],
        page_of=_page_of,
        sources=source_names(),
        errors=errors,
        reason=reason,
        history=revisions(view.history, lambda name: gettext(WORDS[name]) if name in WORDS else name),
        may_judge=policy.can(actor(), "same_as.judge"),
        data_url=f"/api/v1/same-as/{pair_id}",
    )


@pages.post("/same-as/<int:pair_id>")
def judge(pair_id: int) -> ResponseReturnValue:
    """Note a judgement, and go on to the likeliest pair that still waits."""
    verdict, reason = request.form.get("verdict", ""), request.form.get("reason", "").strip()
    version = expected_version(request.form)
    try:
        data = load(VerdictForm(), {"verdict": verdict or None, "reason": reason})
        judged = judging.judge(session(), actor(), pair_id, data["verdict"], data["reason"], version)
    except InvalidInput as error:
        return _show(pair_id, error.fields, reason), error.status
    except VersionMismatch as error:
        message = N_("Somebody else judged this pair meanwhile: look at it again.")
        return _show(pair_id, {"version": [message]}, reason), error.status
    pair = judged.pair
    if pair.contradicted:
        flash(gettext("Noted, but this contradicts other judgements: none of them counts until one is mended."), "warn")
        return redirect(url_for("web.same_as.show", pair_id=pair_id), 303)
    if verdict == "":
        flash(gettext("Taken back."), "good")
        return redirect(url_for("web.same_as.show", pair_id=pair_id), 303)
    flash(gettext("Noted. It stands in the list of its judgement, where it can be taken back."), "good")
    following = queue.next_open(session(), actor(), pair.kind)
    if following is None:
        return redirect(url_for("web.same_as.index", kind=pair.kind), 303)
    return redirect(url_for("web.same_as.show", pair_id=following), 303)
