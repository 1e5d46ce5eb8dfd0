"""Feeds: who publishes what to us, what became of each run and of each remote record, and a person's word on them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.accounts import policy
from registry.catalogue import history, organisations
from registry.catalogue.models import Organisation
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.schemas import load
from registry.sync import feeds, holds, listing, runs, timetable
from registry.sync.adapters import ADAPTERS
from registry.sync.models import OUTCOMES, Feed
from registry.sync.reasons import RECORD_REASONS, RUN_REASONS
from registry.sync.schemas import FeedForm, FeedPatch, VerdictForm
from registry.web import choices, lists
from registry.web.conflicts import conflict_page
from registry.web.feed_settings import filled, groups_of, label_of, said_settings
from registry.web.forms import Form, expected_version, nested
from registry.web.history_view import revisions

pages = Blueprint("feeds", __name__)

RUNS_SHOWN, RECORDS_SHOWN = 20, 50

WORDS = {
    "name": N_("Name"),
    "adapter": N_("Format"),
    "url": N_("Address"),
    "scope": N_("What to take"),
    "every_minutes": N_("Every … minutes"),
    "organisation_id": N_("Publishing organisation"),
    "priority": N_("Priority"),
    "enabled": N_("Fetched by schedule"),
}


def words_of(path: str) -> str:
    """The words for a field."""
    if path == "config":
        return gettext("Settings of the format")
    return gettext(WORDS[path]) if path in WORDS else label_of(path)


@pages.get("/feeds")
def index() -> ResponseReturnValue:
    """All feeds with their last run."""
    rows = listing.feed_rows(session(), actor())
    return render_template(
        "feeds/index.html",
        feeds=rows,
        quarantined=listing.quarantined_by_feed(session()),
        held={hold.feed_id for hold, _ in holds.standing(session(), actor()) if hold.status == "open"},
        may_manage=policy.can(actor(), "feed.manage"),
        data_url="/api/v1/feeds",
    )


@pages.get("/feeds/<int:feed_id>")
def show(feed_id: int) -> ResponseReturnValue:
    """One feed and its runs."""
    feed = feeds.get_feed(session(), actor(), feed_id)
    rows, following = listing.run_rows(session(), actor(), feed_id, request.args.get("cursor"), RUNS_SHOWN)
    return render_template(
        "feeds/show.html",
        feed=feed,
        adapter=ADAPTERS[feed.adapter],
        settings=list(said_settings(feed.config)),
        outlook=timetable.outlooks(session(), [feed_id]).get(feed_id),
        organisation=session().get(Organisation, feed.organisation_id) if feed.organisation_id else None,
        runs=rows,
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        outcomes=_outcomes(feed_id),
        held=holds.standing(session(), actor(), [feed_id]),
        run_reasons=RUN_REASONS,
        may_manage=policy.can(actor(), "feed.manage"),
        may_run=policy.can(actor(), "feed.run"),
        history=revisions(history.versions(session(), "feed", feed_id), words_of),
        data_url=f"/api/v1/feeds/{feed_id}",
    )


def _outcomes(feed_id: int) -> dict[str, int]:
    return {**dict.fromkeys(OUTCOMES, 0), **listing.record_counts(session(), feed_id)}


@pages.route("/feeds/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add a feed; its first run is due at once."""
    policy.require(actor(), "feed.manage")
    if request.method == "GET":
        chosen = {"adapter": request.args.get("adapter") or "iati"}
        return _form(Form({"scope": "relevant", "every_minutes": 1440, "enabled": "1", **chosen}), None)
    data = _typed()
    try:
        feed = feeds.create_feed(session(), actor(), load(FeedForm(), _resolved(data)))
    except InvalidInput as error:
        return _form(Form(data, error.fields), None), error.status
    flash(gettext("The feed is added. Its first run begins within a minute."), "good")
    return redirect(url_for("web.feeds.show", feed_id=feed.id), 303)


@pages.route("/feeds/<int:feed_id>/edit", methods=["GET", "POST"])
def edit(feed_id: int) -> ResponseReturnValue:
    """Change a feed; where somebody else was faster, show both."""
    policy.require(actor(), "feed.manage")
    feed = feeds.get_feed(session(), actor(), feed_id)
    stored = {name: getattr(feed, name) for name in WORDS}
    stored |= {"enabled": "1" if feed.enabled else "", "config": feed.config}
    stored["organisation_id"] = _identifier(feed.organisation_id)
    if request.method == "GET":
        return _form(Form(stored, version=feed.version), feed)
    data, version = _typed(), expected_version(request.form)
    change = {name: value for name, value in data.items() if name != "adapter"}
    try:
        feeds.update_feed(session(), actor(), feed_id, load(FeedPatch(), _resolved(change)), version)
    except InvalidInput as error:
        return _form(Form({**data, "adapter": feed.adapter}, error.fields, version), feed), error.status
    except VersionMismatch as error:
        url = url_for("web.feeds.edit", feed_id=feed_id)
        mine = {**change, "enabled": "1" if change["enabled"] else ""}
        current = {name: stored[name] for name in change}
        return conflict_page(mine, current, version=error.current, url=url, edit_url=url, words=words_of)
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.feeds.show", feed_id=feed_id), 303)


def _typed() -> dict[str, Any]:
    data: dict[str, Any] = {name: request.form.get(name, "").strip() for name in WORDS}
    for name in ("url", "every_minutes", "organisation_id", "priority"):
        data[name] = data[name] or None
    return {**data, "enabled": bool(data["enabled"]), "config": filled(nested(request.form).get("config", {}))}


def _resolved(data: dict[str, Any]) -> dict[str, Any]:
    """What was typed, with the organisation's id for its identifier. Raises InvalidInput where nobody goes by it."""
    typed = data["organisation_id"]
    if not typed or typed.isdecimal():
        return data
    found = organisations.find_by_identifier(session(), typed)
    if found is None:
        raise InvalidInput({"organisation_id": [N_("No organisation goes by this identifier.")]})
    return {**data, "organisation_id": found}


def _identifier(organisation_id: int | None) -> str | None:
    """How the form names an organisation: by its first identifier, by its number where it has none."""
    if organisation_id is None:
        return None
    return next(iter(organisations.identifiers_of(session(), organisation_id)), str(organisation_id))


def _form(form: Form, feed: Feed | None) -> str:
    chosen = ADAPTERS.get(form.value("adapter"))
    return render_template(
        "feeds/form.html",
        form=form,
        feed=feed,
        words=words_of,
        adapters=[(name, gettext(adapter.label)) for name, adapter in ADAPTERS.items()],
        groups=groups_of(chosen) if chosen else [],
        chosen=chosen,
        scopes=choices.of("scope"),
    )


@pages.post("/feeds/<int:feed_id>/sync")
def sync(feed_id: int) -> ResponseReturnValue:
    """Have it synchronised as soon as the scheduler sees it."""
    feeds.request_run(session(), actor(), feed_id)
    flash(gettext("A run was asked for. It begins as soon as the scheduler sees it; load this page again."), "good")
    return redirect(url_for("web.feeds.show", feed_id=feed_id), 303)


@pages.get("/runs/<int:run_id>")
def run(run_id: int) -> ResponseReturnValue:
    """One run: what it counted, and how far it is."""
    found = listing.get_run(session(), actor(), run_id)
    feed = feeds.get_feed(session(), actor(), found.feed_id)
    return render_template(
        "feeds/run.html",
        run=found,
        feed=feed,
        reason=RUN_REASONS.get(found.reason_code or ""),
        may_run=policy.can(actor(), "feed.run"),
        data_url=f"/api/v1/feeds/{feed.id}/runs",
    )


@pages.post("/runs/<int:run_id>/cancel")
def cancel(run_id: int) -> ResponseReturnValue:
    """Ask a run to stop after its present batch."""
    policy.require(actor(), "feed.run")
    runs.cancel(session(), actor(), run_id)
    flash(gettext("The run stops after its present batch."), "good")
    return redirect(url_for("web.feeds.run", run_id=run_id), 303)


@pages.get("/feeds/<int:feed_id>/records")
def records(feed_id: int) -> ResponseReturnValue:
    """What became of each remote record: quarantined ones first, with reason, line and fragment."""
    feed = feeds.get_feed(session(), actor(), feed_id)
    outcome = request.args.get("outcome", "quarantined")
    if outcome not in OUTCOMES:
        raise InvalidInput({"outcome": [N_("There is no such list.")]})
    rows, following = listing.record_rows(
        session(), actor(), feed_id, outcome, request.args.get("cursor"), RECORDS_SHOWN
    )
    return render_template(
        "feeds/records.html",
        feed=feed,
        outcome=outcome,
        outcomes=_outcomes(feed_id),
        records=rows,
        reasons=RECORD_REASONS,
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        may_judge=policy.can(actor(), "feed.manage"),
        data_url=f"/api/v1/feeds/{feed_id}/records?outcome={outcome}",
    )


@pages.post("/feeds/<int:feed_id>/records/<int:record_id>/verdict")
def judge(feed_id: int, record_id: int) -> ResponseReturnValue:
    """Put a person's word over the classification; the next run applies it."""
    data = load(VerdictForm(), {"verdict": request.form.get("verdict") or None})
    feeds.set_verdict(session(), actor(), record_id, data["verdict"])
    flash(gettext("Noted. The next run applies it."), "good")
    return redirect(
        url_for("web.feeds.records", feed_id=feed_id, outcome=request.form.get("outcome") or "ignored"), 303
    )
