"""People's accounts for the administrator: the list, opening one, closing and opening it again, another password."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select

from registry.accounts import passwords, policy, users
from registry.accounts.models import ROLES, User
from registry.catalogue.models import Organisation
from registry.catalogue.organisations import find_named
from registry.errors import N_, InvalidInput
from registry.http import actor, registry_app, session
from registry.web import choices
from registry.web.forms import Form
from registry.web.labels import label

pages = Blueprint("users", __name__)

WORDS = {
    "email": N_("E-mail address"),
    "name": N_("Name"),
    "role": N_("Role"),
    "state": N_("State"),
    "organisation": N_("Organisation"),
}


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


@pages.get("/users")
def index() -> ResponseReturnValue:
    """All accounts."""
    return _list()


def _list(handed_out: tuple[User, str] | None = None) -> str:
    found = users.list_users(session(), actor())
    ids = {user.organisation_id for user in found if user.organisation_id is not None}
    organisation: Any = Organisation
    rows = session().execute(select(organisation.id, organisation.name).where(organisation.id.in_(ids)))
    names = {row.id: row.name for row in rows}
    return render_template("users/index.html", users=found, organisations=names, handed_out=handed_out)


@pages.route("/users/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Open an account. Its password stands in this answer and nowhere else, hence no redirect."""
    policy.require(actor(), "user.manage")
    if request.method == "GET":
        return _form(Form({"role": "state"}))
    typed = {name: request.form.get(name, "").strip() for name in WORDS}
    password = passwords.random_password()
    try:
        user = users.create_user(
            session(),
            actor(),
            email=typed["email"],
            name=typed["name"],
            role=typed["role"],
            state=typed["state"] or None,
            organisation_id=_organisation_id(typed["organisation"]),
            password=password,
        )
    except InvalidInput as error:
        fields = {name.replace("organisation_id", "organisation"): texts for name, texts in error.fields.items()}
        return _form(Form(typed, fields)), error.status
    return _list((user, password)), 201, {"Cache-Control": "no-store"}


def _organisation_id(text: str) -> int | None:
    if not text:
        return None
    with registry_app().database.reading() as reading:  # the request's own transaction begins after the hashing
        found = find_named(reading, text)
    if len(found) != 1:
        message = (
            N_("Several organisations have this name: write its identifier.")
            if found
            else N_("There is no organisation with this identifier or name.")
        )
        raise InvalidInput({"organisation": [message]})
    return found[0]


def _form(form: Form) -> str:
    return render_template(
        "users/new.html",
        form=form,
        words=words_of,
        roles=[(role, label("role", role)) for role in ROLES],
        states=choices.states(),
    )


@pages.post("/users/<int:user_id>/disable")
def disable(user_id: int) -> ResponseReturnValue:
    """Close an account: its sessions end, its tokens are refused."""
    user = users.get_user(session(), actor(), user_id)
    users.disable_user(session(), actor(), user)
    flash(gettext("%(name)s is disabled: signed out everywhere, tokens refused.", name=user.name), "good")
    return redirect(url_for("web.users.index"), 303)


@pages.post("/users/<int:user_id>/enable")
def enable(user_id: int) -> ResponseReturnValue:
    """Open a disabled account again."""
    user = users.get_user(session(), actor(), user_id)
    users.enable_user(session(), actor(), user)
    flash(gettext("%(name)s is enabled again.", name=user.name), "good")
    return redirect(url_for("web.users.index"), 303)


@pages.post("/users/<int:user_id>/password")
def new_password(user_id: int) -> ResponseReturnValue:
    """Give an account another password, shown in this answer and nowhere else; its sessions end."""
    policy.require(actor(), "user.manage")
    password = passwords.random_password()
    password_hash = passwords.hash_password(password)  # before the transaction begins: it takes time
    user = users.get_user(session(), actor(), user_id)
    users.set_password(session(), actor(), user, password_hash)
    return _list((user, password)), 200, {"Cache-Control": "no-store"}
