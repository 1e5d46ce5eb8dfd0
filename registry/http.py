"""What the two HTTP doors share: the request's one transaction, who is asking, and whether they reach the address.

Pages know people by the session cookie; the machines' addresses by `Authorization: Bearer casa_…`, else by the cookie.
Holds no business rule: who may what is the policy's.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask, Response, current_app, g, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlmodel import Session
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from registry.accounts import policy, sessions, tokens, users
from registry.accounts.actor import ANONYMOUS, Actor
from registry.accounts.models import User
from registry.db import Database, commit, utcnow
from registry.errors import N_, NotAllowed
from registry.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MACHINE_PATHS = ("/api/", "/healthz", "/readyz", "/metrics")
SECURITY_HEADERS = {
    # No inline script or style, nothing from elsewhere, no frames.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: the check of forms over HTTPS reads where they came from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
csrf = CSRFProtect()


class RecordNumber(IntegerConverter):
    """`<int:…>` in addresses: a number no database could hold is no record, hence 404 and not a fault."""

    regex = r"\d{1,18}"


class RegistryFlask(Flask):
    """Flask with one transaction per request: committed when the view is done, rolled back on any error."""

    settings: Settings
    database: Database
    answer_problem: Callable[[Exception], Response] | None = None
    """Answers errors under MACHINE_PATHS; the API sets it. Pages answer theirs in their own blueprint."""

    def handle_user_exception(self, e: Exception) -> Response | ResponseReturnValue:
        if self.answer_problem is not None and request.path.startswith(MACHINE_PATHS):
            return self.answer_problem(e)
        return super().handle_user_exception(e)

    def dispatch_request(self) -> ResponseReturnValue:
        response = self.make_response(super().dispatch_request())
        # Here and not in after_request: an error of the commit itself must reach the error handlers.
        if response.status_code < 400 and "session" in g and request.method not in SAFE_METHODS:
            commit(g.session)
        return response


def registry_app() -> RegistryFlask:
    """The application this request belongs to: itself and no proxy, so that it may be kept beyond the request."""
    return cast(RegistryFlask, current_app._get_current_object())  # type: ignore[attr-defined]


def session() -> Session:
    """The request's session, opened when first asked for; GET and HEAD get one that cannot write."""
    if "session" not in g:
        g.session = registry_app().database.session(read=request.method in SAFE_METHODS)
    return cast(Session, g.session)


def actor() -> Actor:
    """Who is asking, found out when first asked for; anonymous where nobody signed in.

    Raises NotAuthenticated for a token that is wrong, expired or revoked.
    """
    if "actor" not in g:
        g.actor = _from_token() or _from_cookie()
    return cast(Actor, g.actor)


def asker() -> Callable[[], Actor]:
    """Finds out anew who this request's caller is, also once the request is over: for answers that go on and on.

    Raises NotAuthenticated, or answers anonymous, as soon as the token or login of the request is no longer good.
    """
    app, token, login = registry_app(), _bearer(), _login()
    if token is not None:
        return lambda: tokens.actor_of_token(app.database, token)
    return lambda: _logged_in(app, login)


def sign_in(user: User) -> None:
    """Begin a login session in this browser."""
    cookie.clear()
    cookie.permanent = True
    cookie.update(
        user=user.id, key=user.session_key, login=sessions.new_login(), at=int(utcnow().timestamp())
    )  # fmt: skip
    g.actor = users.actor_of_user(user)


def sign_out() -> None:
    """End this browser's session, here and for whoever holds a copy of its cookie."""
    found = _login()
    if found is not None and actor().signed_in:
        _, _, login, at = found
        lasts = timedelta(hours=registry_app().settings.session_hours)
        sessions.end_login(session(), actor(), login, datetime.fromtimestamp(at, UTC) + lasts)
    cookie.clear()
    g.actor = ANONYMOUS


def client_address() -> str:
    """The client's network address, for throttling and the audit log."""
    return request.remote_addr or ""


def check_csrf() -> None:
    """Raise CSRFError unless a form, or the header X-CSRFToken, carries the token of this browser's session."""
    csrf.protect()


def install(app: RegistryFlask) -> None:
    """Check every request against the policy, protect cookies and forms, close the request's session in any case."""
    settings = app.settings
    app.url_map.converters["int"] = RecordNumber
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # _check decides: a token's request needs none
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a questionnaire may stay open over lunch
    )
    csrf.init_app(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    app.before_request(_check)
    app.after_request(_protect)

    @app.teardown_request
    def _close(_error: BaseException | None) -> None:
        opened = g.pop("session", None)
        if opened is not None:
            opened.close()


def _check() -> None:
    """Refuse what the policy does not let through, and writes that another site may have made a browser send."""
    endpoint = request.endpoint
    if endpoint is None:
        return  # no such address: Flask says so
    rule = policy.rule_for(endpoint, request.method)
    # Whoever asks for what is open to all is not looked up: static files and health stay independent of the database.
    policy.check_route(endpoint, request.method, ANONYMOUS if rule and rule.is_open else actor())
    if request.method in SAFE_METHODS or (rule and (rule.checks_form or rule.is_signed)):
        return
    if not request.path.startswith(MACHINE_PATHS):
        check_csrf()
    elif actor().signed_in and actor().scopes is None:
        try:
            check_csrf()
        except CSRFError:
            raise NotAllowed(
                N_("A change made with a login's cookie needs the header X-CSRFToken; machines send a token instead.")
            ) from None


def _bearer() -> str | None:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" and request.path.startswith(MACHINE_PATHS) else None


def _from_token() -> Actor | None:
    text = _bearer()
    return None if text is None else tokens.actor_of_token(registry_app().database, text)


Login = tuple[int, str, str, int]
"""User, the account's session key, the login's own, when: what the cookie of a login holds."""
LOGIN_COOKIE = ("user", "key", "login", "at")


def _login() -> Login | None:
    if str(current_app.config["SESSION_COOKIE_NAME"]) not in request.cookies:
        return None
    user_id, key, login, at = (cookie.get(name) for name in LOGIN_COOKIE)
    if user_id is None or not isinstance(login, str) or not isinstance(at, int):
        return None
    return user_id, str(key), login, at


def _from_cookie() -> Actor:
    login = _login()
    found = _logged_in(registry_app(), login)
    if login is not None and not found.signed_in:
        for name in LOGIN_COOKIE:
            cookie.pop(name)
    return found


def _logged_in(app: RegistryFlask, login: Login | None) -> Actor:
    if login is None:
        return ANONYMOUS
    user_id, key, named, at = login
    # A flashed message signs the cookie anew, so its own age is not that of the login.
    lasts = timedelta(hours=app.settings.session_hours).total_seconds()
    # A session of its own: a POST must not take SQLite's write lock before its view needs it.
    with app.database.reading() as reading:
        user = reading.get(User, user_id)
        ended = sessions.has_ended(reading, named)
    if (
        ended
        or user is None
        or user.session_key != key
        or user.disabled_at is not None
        or utcnow().timestamp() - at >= lasts
    ):
        return ANONYMOUS
    return users.actor_of_user(user)


def _protect(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if registry_app().settings.cookie_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "actor" in g:
        response.vary.update(("Cookie", "Authorization"))
        if g.actor.signed_in:
            # What one person sees is in nobody else's cache.
            response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def no_content() -> Response:
    return Response(status=204)
