"""Webhooks: subscriptions of one's own and of colleagues, the log of what was sent, testing and sending again."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from registry.accounts import policy
from registry.accounts.models import User
from registry.catalogue.reference import resolve_state
from registry.errors import N_, InvalidInput, VersionMismatch
from registry.http import actor, registry_app, session
from registry.schemas import load
from registry.web import lists
from registry.web.conflicts import conflict_page
from registry.web.forms import Form, expected_version
from registry.web.labels import label
from registry.web.presentation import state_name
from registry.webhooks import deliveries, listing, subscriptions
from registry.webhooks.models import STATUSES, Subscription
from registry.webhooks.reasons import DELIVERY_REASONS, DISABLED_REASONS
from registry.webhooks.schemas import (
    KINDS,
    USUAL_OVERLAP,
    ReplayForm,
    RotationForm,
    SubscriptionForm,
    SubscriptionPatch,
)

pages = Blueprint("subscriptions", __name__)

SHOWN = 30
WORDS = {
    "name": N_("Name"),
    "url": N_("Address"),
    "types": N_("What to be told of"),
    "states": N_("Only about these States"),
    "overlap_hours": N_("Hours for which the old secret signs too"),
    "since": N_("Everything since"),
}


def words_of(path: str) -> str:
    """The words for a field; `types.3` is one of the types."""
    name = path.partition(".")[0]
    return gettext(WORDS[name]) if name in WORDS else path


@pages.get("/webhooks")
def index() -> ResponseReturnValue:
    """My subscriptions and my colleagues'; all of them for administrators."""
    rows, following = listing.subscription_rows(session(), actor(), request.args.get("cursor"), SHOWN)
    return render_template(
        "subscriptions/index.html",
        subscriptions=rows,
        disabled_reasons=DISABLED_REASONS,
        first_url=lists.first_url(),
        next_url=lists.next_url(following),
        data_url="/api/v1/subscriptions",
    )


@pages.route("/webhooks/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Subscribe. The secret stands in this answer and nowhere else, hence no redirect."""
    if request.method == "GET":
        return _form(Form({"types": [f"{kind}.*" for kind in ("need", "offer", "programme")]}), None)
    typed = _typed(request.form)
    owner = session().get_one(User, actor().user_id)
    try:
        data = load(SubscriptionForm(), _resolved(typed))
        made, secret = subscriptions.create_subscription(session(), actor(), owner, data, registry_app().settings)
    except InvalidInput as error:
        return _form(Form(typed, _by_field(error)), None), error.status
    return _with_secret(made, secret, 201)


@pages.route("/webhooks/<int:subscription_id>/edit", methods=["GET", "POST"])
def edit(subscription_id: int) -> ResponseReturnValue:
    """Change it; where somebody else was faster, show both."""
    found = subscriptions.get_subscription(session(), actor(), subscription_id)
    policy.require(actor(), "subscription.update", found)
    stored = {name: getattr(found, name) for name in subscriptions.EDITABLE}
    stored["states"] = "\n".join(state_name(code) for code in found.states)
    if request.method == "GET":
        return _form(Form(stored, version=found.version), found)
    typed, version = _typed(request.form), expected_version(request.form)
    settings = registry_app().settings
    try:
        data = load(SubscriptionPatch(), _resolved(typed))
        subscriptions.update_subscription(session(), actor(), subscription_id, data, version, settings)
    except InvalidInput as error:
        return _form(Form(typed, _by_field(error), version), found), error.status
    except VersionMismatch as error:
        url = url_for("web.subscriptions.edit", subscription_id=subscription_id)
        return conflict_page(typed, stored, version=error.current, url=url, edit_url=url, words=words_of)
    flash(gettext("Saved."), "good")
    return _back(subscription_id)


@pages.get("/webhooks/<int:subscription_id>")
def show(subscription_id: int) -> ResponseReturnValue:
    """One subscription and the log of its messages."""
    found = subscriptions.get_subscription(session(), actor(), subscription_id)
    return _show(found, Form({"since": request.args.get("since", ""), "overlap_hours": USUAL_OVERLAP}))


@pages.get("/webhooks/<int:subscription_id>/messages/<int:delivery_id>")
def message(subscription_id: int, delivery_id: int) -> ResponseReturnValue:
    """One message: what was sent, and what came of each try."""
    found = subscriptions.get_subscription(session(), actor(), subscription_id)
    return render_template(
        "subscriptions/message.html",
        subscription=found,
        message=deliveries.delivery_with_tries(session(), actor(), subscription_id, delivery_id),
        reasons=DELIVERY_REASONS,
        may_update=policy.can(actor(), "subscription.update", found),
        data_url=f"/api/v1/subscriptions/{subscription_id}/deliveries/{delivery_id}",
    )


@pages.post("/webhooks/<int:subscription_id>/test")
def test(subscription_id: int) -> ResponseReturnValue:
    """Send a test message."""
    deliveries.send_test(session(), actor(), subscription_id, registry_app().settings.public_url)
    flash(gettext("A test message is on its way. What becomes of it shows in the log below."), "good")
    return _back(subscription_id)


@pages.post("/webhooks/<int:subscription_id>/switch")
def switch(subscription_id: int) -> ResponseReturnValue:
    """Switch it off or on; on, the form to catch up is filled in with when it went off."""
    before = subscriptions.get_subscription(session(), actor(), subscription_id)
    data, off_since = {"enabled": request.form.get("enabled") == "1"}, before.disabled_at
    version = expected_version(request.form)
    subscriptions.update_subscription(session(), actor(), subscription_id, data, version, registry_app().settings)
    if not data["enabled"]:
        flash(gettext("It is switched off. Messages that waited are called off."), "good")
        return _back(subscription_id)
    flash(gettext("It is switched on, from now on. What it missed can be sent below."), "good")
    return _back(subscription_id, since=f"{off_since:%Y-%m-%dT%H:%M}" if off_since else None)


@pages.post("/webhooks/<int:subscription_id>/secret")
def rotate(subscription_id: int) -> ResponseReturnValue:
    """Another secret, shown in this answer and nowhere else."""
    found = subscriptions.get_subscription(session(), actor(), subscription_id)
    typed, version = {"overlap_hours": request.form.get("overlap_hours", "")}, expected_version(request.form)
    try:
        hours = load(RotationForm(), typed)["overlap_hours"]
    except InvalidInput as error:
        return _show(found, Form(typed, error.fields)), error.status
    changed, secret = subscriptions.rotate_secret(
        session(), actor(), subscription_id, hours, version, registry_app().settings
    )
    return _with_secret(changed, secret, 200)


@pages.post("/webhooks/<int:subscription_id>/replay")
def replay(subscription_id: int) -> ResponseReturnValue:
    """Send everything again since an instant (of UTC)."""
    found = subscriptions.get_subscription(session(), actor(), subscription_id)
    typed = request.form.get("since", "").strip()
    try:
        since = load(ReplayForm(), {"since": f"{typed}Z"})["since"]
    except InvalidInput as error:
        form = Form({"since": typed, "overlap_hours": USUAL_OVERLAP}, error.fields)
        return _show(found, form), error.status
    position = deliveries.position_before(session(), since)
    count = deliveries.replay_from(session(), actor(), subscription_id, position)
    words = ngettext("%(num)s event is looked through.", "%(num)s events are looked through.", count)
    flash(f"{words} {gettext('What it is for is sent again, under the same ids.')}", "good")
    return _back(subscription_id)


@pages.post("/webhooks/<int:subscription_id>/messages/<int:delivery_id>/replay")
def replay_one(subscription_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send one message again."""
    deliveries.replay_one(session(), actor(), subscription_id, delivery_id)
    flash(gettext("The message is on its way again: the same bytes under the same id."), "good")
    return _back(subscription_id)


@pages.post("/webhooks/<int:subscription_id>/delete")
def delete(subscription_id: int) -> ResponseReturnValue:
    """Take it away."""
    subscriptions.delete_subscription(session(), actor(), subscription_id, expected_version(request.form))
    flash(gettext("The webhook is taken away."), "good")
    return redirect(url_for("web.subscriptions.index"), 303)


def _back(subscription_id: int, **query: Any) -> ResponseReturnValue:
    return redirect(url_for("web.subscriptions.show", subscription_id=subscription_id, **query), 303)


def _typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed: boxes and the free field are one list of types; States stay as they were written."""
    types = [*form.getlist("types"), *form.get("more", "").split()]
    return {
        "name": form.get("name", "").strip(),
        "url": form.get("url", "").strip(),
        "types": list(dict.fromkeys(types)),
        "states": "\n".join(line.strip() for line in form.get("states", "").splitlines() if line.strip()),
    }


def _resolved(typed: dict[str, Any]) -> dict[str, Any]:
    """With codes of States for their names; what is no State's name is left for the gate to name."""
    found = [(resolve_state(line), line) for line in typed["states"].splitlines()]
    return {**typed, "states": [state.alpha3 if state else line for state, line in found]}


def _by_field(error: InvalidInput) -> dict[str, list[str]]:
    """`types.3` is wrong at the one field there is for all types."""
    fields: dict[str, list[str]] = {}
    for path, messages in error.fields.items():
        fields.setdefault(path.partition(".")[0], []).extend(messages)
    return fields


def _form(form: Form, subscription: Subscription | None) -> str:
    kinds = [(f"{kind}.*", label("event_kind", kind)) for kind in KINDS]
    boxes = {code for code, _ in kinds}
    return render_template(
        "subscriptions/form.html",
        form=form,
        subscription=subscription,
        kinds=kinds,
        more=" ".join(value for value in form.value("types") or () if value not in boxes),
        words=words_of,
    )


def _with_secret(subscription: Subscription, secret: str, status: int) -> ResponseReturnValue:
    page = _show(subscription, Form({"overlap_hours": USUAL_OVERLAP}), secret)
    return page, status, {"Cache-Control": "no-store"}


def _show(subscription: Subscription, form: Form, secret: str | None = None) -> str:
    subscription_id = subscription.id or 0
    status = request.args.get("status")
    if status is not None and status not in STATUSES:
        raise InvalidInput({"status": [N_("There is no such list.")]})
    rows, following = deliveries.delivery_rows(
        session(), actor(), subscription_id, status, request.args.get("cursor"), SHOWN
    )
    return render_template(
        "subscriptions/show.html",
        subscription=listing.subscription_row(session(), subscription),
        messages=rows,
        status=status,
        counts={**dict.fromkeys(STATUSES, 0), **deliveries.counts(session(), subscription_id)},
        reasons=DELIVERY_REASONS,
        disabled_reason=DISABLED_REASONS.get(subscription.disabled_reason or ""),
        form=form,
        secret=secret,
        words=words_of,
        may_update=policy.can(actor(), "subscription.update", subscription),
        first_url=lists.first_url() if request.method == "GET" else None,
        next_url=lists.next_url(following) if request.method == "GET" else None,
        data_url=f"/api/v1/subscriptions/{subscription_id}/deliveries",
    )
