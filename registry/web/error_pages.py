"""Error pages: what happened and the way on, in plain words, with the right status. The API answers by itself."""

import logging
import uuid

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from registry.accounts.actor import ANONYMOUS
from registry.errors import N_, Busy, InvalidInput, NotAuthenticated, RegistryError, TooManyAttempts
from registry.http import SAFE_METHODS, RegistryFlask
from registry.outages import OUTAGE, RETRY_AFTER, is_away
from registry.web.forms import CONTROLS
from registry.web.i18n import message

SECRET_INPUTS = frozenset({"password", "current", "new", "again", "next", "username"})
log = logging.getLogger(__name__)

TITLES = {
    400: N_("This request could not be read"),
    401: N_("Sign in first"),
    403: N_("You may not do this"),
    404: N_("There is no such page"),
    405: N_("This page does not take that kind of request"),
    409: N_("This is not possible as things stand"),
    412: N_("Somebody else changed this meanwhile"),
    413: N_("This is too large"),
    422: N_("Something in what was sent does not fit"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong here"),
    503: N_("Not available at the moment"),
}


def install(app: RegistryFlask, site: Blueprint) -> None:
    """Answer every error of the pages, and every address that leads nowhere, with a page (http keeps the API's)."""
    site.register_error_handler(Exception, answer)
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Exception, answer)


def answer(error: Exception) -> ResponseReturnValue:
    """The page for any error; who is not signed in is led to the login and back. What nobody expected is logged."""
    if isinstance(error, RegistryError) and error.status != 500:
        return _of_registry_error(error)
    if isinstance(error, CSRFError):
        return _page(
            400, gettext("The form was open for too long. Go back, load the page again and send it once more.")
        )
    if isinstance(error, HTTPException):
        return error.get_response() if (error.code or 500) < 400 else _page(error.code or 500)
    if is_away(error):
        return _away(error)
    number = uuid.uuid4().hex[:8]
    log.error("fault %s at %s %s", number, request.method, request.path, exc_info=error)
    return _page(500, reference=number)


def _away(error: Exception) -> ResponseReturnValue:
    """The page for a database that is busy or away. It asks the database for nothing."""
    OUTAGE.note(error, f"{request.method} {request.path} is answered 503")
    g.actor = ANONYMOUS  # whoever it is: to find out would wait for the same database once more
    detail = gettext("The database is busy or away. What you sent was not saved. Try again in a moment.")
    return (*_page(503, detail), {"Retry-After": str(RETRY_AFTER)})


def _of_registry_error(error: RegistryError) -> ResponseReturnValue:
    if isinstance(error, NotAuthenticated) and request.method in SAFE_METHODS:
        return redirect(url_for("web.session.login", next=request.full_path.rstrip("?")))
    response = _page(error.status, message(error), fields=error.fields if isinstance(error, InvalidInput) else {})
    if isinstance(error, Busy | TooManyAttempts):
        return *response, {"Retry-After": str(error.retry_after)}
    return response


def _page(
    status: int, detail: str = "", *, reference: str = "", fields: dict[str, list[str]] | None = None
) -> tuple[str, int]:
    title = gettext(TITLES.get(status) or (TITLES[500] if status >= 500 else TITLES[400]))
    page = render_template(
        "errors/error.html",
        title=title,
        status=status,
        detail=detail,
        reference=reference,
        fields=fields or {},
        typed=_typed(status),
    )
    return page, status


def _typed(status: int) -> list[tuple[str, str]]:
    """What was typed into the form that could not be taken, to copy it from: nobody writes a long text twice.

    Not sent on by a button: a form that failed its check may have come from another site.
    """
    if request.method in SAFE_METHODS or status in (413, 429) or status >= 500:
        return []
    return [
        (name, text)
        for name, text in request.form.items(multi=True)
        if text.strip() and name not in CONTROLS | SECRET_INPUTS
    ]
