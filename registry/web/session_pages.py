"""Signing in and out, and one's own account: password, sessions, machine tokens."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError

from registry.accounts import login as accounts_login
from registry.accounts import passwords, tokens, users
from registry.accounts.models import Token, User
from registry.accounts.roles import SCOPES
from registry.db import utcnow
from registry.errors import N_, InvalidInput, NotAuthenticated, TooManyAttempts
from registry.http import actor, check_csrf, client_address, registry_app, session, sign_in, sign_out
from registry.web.forms import Form
from registry.web.i18n import LANGUAGES, message

pages = Blueprint("session", __name__)

EXPIRED = N_("This page had been open for too long. Please sign in again.")


@pages.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """The form to sign in; then on to where the reader wanted to go."""
    if request.method == "GET":
        return _login_form(200)
    try:
        check_csrf()
        user = accounts_login.authenticate(
            registry_app().database,
            request.form.get("email", ""),
            request.form.get("password", ""),
            client_address(),
        )
    except CSRFError:
        return _login_form(400, gettext(EXPIRED))
    except NotAuthenticated as error:
        return _login_form(401, message(error))
    except TooManyAttempts as error:
        return *_login_form(429, message(error)), {"Retry-After": str(error.retry_after)}
    sign_in(user)
    return redirect(local_path(request.form.get("next")) or url_for("web.overview.home"), 303)


def _login_form(status: int, problem: str = "") -> tuple[str, int]:
    values = {
        "email": request.form.get("email", ""),
        "next": local_path(request.values.get("next")) or "",
    }
    return render_template("session/login.html", form=Form(values), problem=problem), status


def local_path(target: str | None) -> str | None:
    """The address if it is a path of this registry, else None: a login link must not lead elsewhere."""
    if not target or not target.startswith("/") or any(ord(c) <= 32 or c == "\\" for c in target):
        return None
    parts = urlsplit(target)
    # `//host/` is another site; so is what browsers make of `/\host`, refused above.
    return target if not parts.scheme and not parts.netloc and not target.startswith("//") else None


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out in this browser."""
    sign_out()
    flash(gettext("You have signed out."), "good")
    return redirect(url_for("web.overview.home"), 303)


@pages.get("/account")
def account() -> ResponseReturnValue:
    """Who I am here, my password, my tokens."""
    return _account(200)


def _account(
    status: int,
    *,
    password_form: Form | None = None,
    token_form: Form | None = None,
    issued: tuple[Token, str] | None = None,
) -> tuple[str, int]:
    me = _me()
    mine = [token for token, _ in tokens.list_tokens(session(), actor(), me.id)]
    page = render_template(
        "session/account.html",
        me=me,
        tokens=mine,
        now=utcnow(),
        scopes=[(scope, f"{gettext(SCOPES[scope][1])} ({scope})") for scope in tokens.scopes_of(me.role)],
        password_form=password_form or Form(),
        token_form=token_form or Form({"days": 90, "scopes": []}),
        issued=issued,
        mail_languages=list(LANGUAGES.items()),
        sends_mail=registry_app().settings.sends_mail,
        shortest=passwords.SHORTEST,
    )
    return page, status


def _me() -> User:
    return session().get_one(User, actor().user_id)


@pages.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Change my password; every other session of mine ends."""
    given = {name: request.form.get(name, "") for name in ("current", "new", "again")}
    try:
        if given["new"] != given["again"]:
            raise InvalidInput({"again": [N_("The two new passwords differ.")]})
        user = accounts_login.change_password(
            registry_app().database, actor().user_id or 0, given["current"], given["new"], client_address()
        )
    except InvalidInput as error:
        return _account(422, password_form=Form({}, error.fields))
    except TooManyAttempts as error:
        form = Form({}, {"current": [message(error)]})
        return *_account(429, password_form=form), {"Retry-After": str(error.retry_after)}
    sign_in(user)
    flash(gettext("Your password is changed. Sessions in other browsers have ended."), "good")
    return redirect(url_for("web.session.account"), 303)


@pages.post("/account/preferences")
def set_preferences() -> ResponseReturnValue:
    """Language of e-mails, and whether I want any."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise InvalidInput({"language": [N_("There is no such language.")]})
    users.set_preferences(session(), actor(), _me(), chosen, request.form.get("mail") == "1")
    flash(gettext("Saved."), "good")
    return redirect(url_for("web.session.account"), 303)


@pages.post("/account/sessions/end")
def end_sessions() -> ResponseReturnValue:
    """Sign me out in every browser."""
    users.end_sessions(session(), actor(), _me())
    sign_out()
    flash(gettext("You have signed out everywhere."), "good")
    return redirect(url_for("web.session.login"), 303)


@pages.post("/account/tokens")
def issue_token() -> ResponseReturnValue:
    """Issue a token of mine. Its text stands in this answer and nowhere else, hence no redirect."""
    given: dict[str, Any] = {
        "name": request.form.get("name", ""),
        "days": request.form.get("days", ""),
        "scopes": request.form.getlist("scopes"),
    }
    try:
        issued = tokens.issue_token(session(), actor(), _me(), **given)
    except InvalidInput as error:
        return _account(422, token_form=Form(given, error.fields))
    page, status = _account(201, issued=issued)
    return page, status, {"Cache-Control": "no-store"}


@pages.post("/account/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    """Revoke a token of mine."""
    token = tokens.revoke_token(session(), actor(), token_id)
    flash(gettext("The token “%(name)s” is revoked.", name=token.name), "good")
    return redirect(url_for("web.session.account"), 303)
