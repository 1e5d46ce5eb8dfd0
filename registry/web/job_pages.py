"""Work in the background: what is due, going on, failing or set aside, and a person's having it tried again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from registry.db import utcnow
from registry.errors import Conflict
from registry.http import actor, registry_app, session
from registry.sync import heartbeat, jobs
from registry.web import lists

pages = Blueprint("jobs", __name__)

SHOWN = 50


@pages.get("/jobs")
def index() -> ResponseReturnValue:
    """Jobs by state; all of them, the longest due first, where none is chosen."""
    now, state = utcnow(), request.args.get("state")
    state = state if state in jobs.STATES else None
    rows, following = jobs.job_rows(session(), actor(), state, request.args.get("cursor"), SHOWN, now)
    last = heartbeat.last_beat(session())
    return render_template(
        "jobs/index.html",
        state=state,
        jobs=rows,
        standing=jobs.standing(session(), now),
        engine=registry_app().settings.background,
        last_seen=last,
        alive=heartbeat.is_alive(last, now),
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url="/api/v1/jobs" + (f"?state={state}" if state else ""),
    )


@pages.post("/jobs/retry", defaults={"job_id": None})
@pages.post("/jobs/<int:job_id>/retry")
def retry(job_id: int | None) -> ResponseReturnValue:
    """Have one of them, or all that were set aside, done now."""
    if job_id is None:
        count = jobs.retry_all(session(), actor())
    else:
        jobs.retry(session(), actor(), job_id)
        count = 1
    flash(ngettext("%(num)s job is due now.", "%(num)s jobs are due now.", count), "good")
    return redirect(url_for("web.jobs.index"), 303)


@pages.post("/jobs/<int:job_id>/discard")
def discard(job_id: int) -> ResponseReturnValue:
    """Give one up."""
    try:
        jobs.discard(session(), actor(), job_id)
        flash(gettext("The job is given up."), "good")
    except Conflict as error:
        flash(str(error), "bad")
    return redirect(url_for("web.jobs.index"), 303)
