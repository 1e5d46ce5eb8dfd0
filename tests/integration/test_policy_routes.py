"""Every address × every role: each has an entry in the policy, and the application does what the entry says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.routing import AnyConverter, IntegerConverter
from werkzeug.routing import Rule as Route

from registry.accounts import policy
from registry.accounts.actor import ANONYMOUS, Actor
from registry.accounts.models import ROLES, Token, User
from registry.app import create_app
from registry.db import Database
from registry.errors import NotAllowed, NotAuthenticated
from registry.http import MACHINE_PATHS, SAFE_METHODS, RegistryFlask
from registry.settings import Settings
from tests.support.people import actor_for, client_for, make_user, token_headers

AUTOMATIC = {"HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Visitor:
    """Somebody who tries every address."""

    name: str
    actor: Actor
    user: User | None = None
    headers: dict[str, str] | None = None

    def client(self, app: RegistryFlask) -> FlaskClient:
        return app.test_client() if self.headers else client_for(app, self.user)


def routes(app: RegistryFlask) -> Iterator[tuple[Route, str]]:
    for route in app.url_map.iter_rules():
        for method in sorted((route.methods or set()) - AUTOMATIC):
            yield route, method


def address(route: Route) -> str:
    """The route's address with a record that is not there."""
    values = {}
    for name, converter in route._converters.items():
        if isinstance(converter, AnyConverter):
            values[name] = min(converter.items)
        else:
            values[name] = 999_999 if isinstance(converter, IntegerConverter) else "nothing"
    built = route.build(values)
    assert built
    return built[1]


@pytest.fixture
def visitors(sqlite_database: Database) -> list[Visitor]:
    found = [Visitor("anonymous", ANONYMOUS)]
    for role in ROLES:
        user = make_user(sqlite_database, role)
        found.append(Visitor(role, actor_for(user), user))
    admin = found[-1].user
    assert admin is not None
    headers = token_headers(sqlite_database, admin, ["admin"])
    with sqlite_database.transaction() as session:
        session.execute(update(Token).values(scopes=""))
    found.append(Visitor("token", replace(found[-1].actor, scopes=frozenset()), None, headers))
    return found


def refusal(route: Route, method: str, actor: Actor) -> type[Exception] | None:
    try:
        policy.check_route(route.endpoint, method, actor)
    except (NotAuthenticated, NotAllowed) as error:
        return type(error)
    return None


def test_every_route_has_an_entry(sqlite_app: RegistryFlask) -> None:
    missing = {f"{method} {route.rule}: {route.endpoint}" for route, method in routes(sqlite_app)
               if policy.rule_for(route.endpoint, method) is None}  # fmt: skip
    assert not missing, "add them to ROUTES in registry/accounts/policy.py"


def test_every_entry_has_a_route(sqlite_app: RegistryFlask) -> None:
    endpoints = {route.endpoint for route, _ in routes(sqlite_app)}
    pairs = {(route.endpoint, method) for route, method in routes(sqlite_app)}
    dead = [key for key in policy.ROUTES if key not in (pairs if isinstance(key, tuple) else endpoints)]
    assert not dead


def test_every_change_by_token_needs_a_scope_to_write(sqlite_app: RegistryFlask) -> None:
    for route, method in routes(sqlite_app):
        rule = policy.rule_for(route.endpoint, method)
        if rule is None or not route.rule.startswith("/api/"):
            continue
        if rule.is_signed:
            assert (route.endpoint, method) == ("feed_pings.Notify", "POST"), f"{route}: believes a signature"
        elif method not in SAFE_METHODS:
            assert rule.scope and any(s.endswith(":write") or s == "admin" for s in rule.scope.split()), route
        elif rule.scope is None:
            assert rule.is_open, f"{route}: what is not open to all has a scope"


def test_every_address_does_what_its_entry_says(sqlite_app: RegistryFlask, visitors: list[Visitor]) -> None:
    wrong = []
    for route, method in routes(sqlite_app):
        rule = policy.rule_for(route.endpoint, method)
        if (route.endpoint, method) == ("web.session.login", "POST") or (rule and rule.is_signed):
            continue  # a 401 is its own answer
        path = address(route)
        machine = path.startswith(MACHINE_PATHS)
        for visitor in visitors:
            if visitor.headers and not machine:
                continue  # pages take no tokens: to them this is an anonymous visitor
            answer = visitor.client(sqlite_app).open(path, method=method, headers=visitor.headers)
            if route.endpoint == "web.session.end_sessions":
                renew_sessions(sqlite_app, visitors)
            expected = refusal(route, method, visitor.actor)
            if not agrees(expected, answer.status_code, answer.location, machine, method):
                wrong.append(f"{visitor.name} {method} {path}: {answer.status_code}, by the policy {expected}")
    assert not wrong, "\n".join(wrong)


def renew_sessions(app: RegistryFlask, visitors: list[Visitor]) -> None:
    with app.database.transaction() as session:
        for visitor in visitors:
            if visitor.user is not None:
                session.get_one(User, visitor.user.id).session_key = visitor.user.session_key


def agrees(expected: type[Exception] | None, status: int, location: str | None, machine: bool, method: str) -> bool:
    to_login = status == 302 and "/login?next=" in (location or "")
    if expected is NotAuthenticated:
        return to_login if not machine and method in SAFE_METHODS else status == 401
    if expected is NotAllowed:
        return status == 403
    # Let in, a view may still say that there is no such record, or that the input does not fit; it must not fail.
    return status < 500 and status != 401 and not to_login


def test_an_address_without_an_entry_is_refused_and_no_fault(settings: Settings, sqlite_database: Database) -> None:
    app = create_app(settings, sqlite_database)
    for path in ("/forgotten", "/api/v1/forgotten"):
        app.add_url_rule(path, path.replace("/", "_"), lambda: "secret", methods=["GET", "POST"])
    admin = make_user(sqlite_database, "admin")
    for client in (client_for(app), client_for(app, admin)):
        for path in ("/forgotten", "/api/v1/forgotten"):
            assert client.get(path).status_code == client.post(path).status_code == 403


def test_a_write_with_a_logins_cookie_needs_the_header(settings: Settings, sqlite_database: Database) -> None:
    app = create_app(settings, sqlite_database)
    app.add_url_rule("/api/v1/write", "write", lambda: "done", methods=["POST"])
    user = make_user(sqlite_database, "admin")
    headers = token_headers(sqlite_database, user, ["admin"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(policy.ROUTES, "write", policy.Rule(policy.EVERYONE, "admin"))
        client = client_for(app, user)
        assert client.post("/api/v1/write").text == "done"
        client.environ_base.pop("HTTP_X_CSRFTOKEN")
        refused = client.post("/api/v1/write")
        assert refused.status_code == 403 and "X-CSRFToken" in refused.json["detail"]
        assert client.post("/api/v1/write", headers=headers).text == "done"  # a token is no cookie
        assert app.test_client().post("/api/v1/write").text == "done"  # nobody's rights can be misused
