"""Signing in and out by page, one's own account, forms that only our own pages can send, headers."""

import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from registry.accounts import audit, sessions, users
from registry.accounts.actor import system
from registry.accounts.models import Token, User
from registry.accounts.users import actor_of_user
from registry.app import create_app
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.settings import Settings
from registry.web.session_pages import local_path
from tests.support.people import PASSWORD, client_for, make_user

NEW = "a new and longer one"


def form_token(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def post(client: FlaskClient, path: str, form_page: str | None = None, **fields: Any) -> Any:
    """Send a form as a browser does: with the token that stood in it."""
    return client.post(path, data={**fields, "csrf_token": form_token(client, form_page or path)})


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **fields: str) -> Any:
    return post(client, "/en/login", email=email, password=password, **fields)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One engine: what depends on it is tried with the services, in the other test_accounts files."""
    return sqlite_database


@pytest.fixture
def app(sqlite_app: RegistryFlask) -> RegistryFlask:
    return sqlite_app


@pytest.fixture
def user(database: Database) -> User:
    return make_user(database, "donor", email="grace@example.org")


@pytest.fixture
def client(app: RegistryFlask) -> FlaskClient:
    return app.test_client()


def is_in(client: FlaskClient) -> bool:
    return client.get("/en/account").status_code == 200


def test_a_login_leads_to_where_one_wanted_to_go(client: FlaskClient, user: User) -> None:
    asked = client.get("/en/account?x=1")
    assert asked.status_code == 302 and asked.location == "/en/login?next=/en/account?x%3D1"
    assert 'name="next" value="/en/account?x=1"' in client.get(asked.location).text
    done = sign_in(client, "Grace@example.org", next="/en/account?x=1")
    assert (done.status_code, done.location) == (303, "/en/account?x=1")
    assert is_in(client)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/\t/evil.example", "/ /x", "evil", "/x\r\nSet-Cookie: a=b", ""],
)  # fmt: skip
def test_a_login_leads_nowhere_else(target: str) -> None:
    assert local_path(target) is None


@pytest.mark.parametrize("target", ["/", "/en/needs?q=a&next=//b", "/en/programmes/3#money"])
def test_paths_of_this_registry_are_kept(target: str) -> None:
    assert local_path(target) == target


def test_a_login_link_to_another_site_ends_on_the_overview(client: FlaskClient, user: User) -> None:
    assert sign_in(client, user.email, next="//evil.example/").location == "/en/"


def test_a_wrong_password_shows_the_form_again_with_the_address_kept(client: FlaskClient, user: User) -> None:
    shown = sign_in(client, user.email, "wrong password", next="/en/account")
    assert shown.status_code == 401
    assert 'value="grace@example.org"' in shown.text and 'name="next" value="/en/account"' in shown.text
    assert "is not right" in shown.text and "wrong password" not in shown.text
    assert not is_in(client)


def test_after_too_many_failures_the_page_says_how_long_to_wait(client: FlaskClient, user: User) -> None:
    for _ in range(5):
        assert sign_in(client, user.email, "wrong password").status_code == 401
    shown = sign_in(client, user.email)
    assert shown.status_code == 429 and 25 <= int(shown.headers["Retry-After"]) <= 30
    assert "Too many failed attempts" in shown.text


def test_a_login_form_from_elsewhere_signs_nobody_in(client: FlaskClient, user: User) -> None:
    sent = client.post("/en/login", data={"email": user.email, "password": PASSWORD})
    assert sent.status_code == 400 and "open for too long" in sent.text
    assert 'value="grace@example.org"' in sent.text
    assert not is_in(client)


def test_signing_out_ends_the_session(client: FlaskClient, user: User) -> None:
    sign_in(client, user.email)
    assert post(client, "/en/logout", "/en/account").status_code == 303
    assert not is_in(client)


def test_a_page_of_another_site_cannot_act_for_who_is_signed_in(client: FlaskClient, user: User) -> None:
    sign_in(client, user.email)
    for path in ("/en/logout", "/en/account/sessions/end", "/en/account/tokens"):
        refused = client.post(path, data={"name": "x", "scopes": "offers:read", "days": "9"})
        assert refused.status_code == 400 and "Go back" in refused.text
    assert is_in(client)


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_form_that_cannot_be_taken_does_not_lose_what_was_typed(
    client: FlaskClient, user: User, signed_in: bool
) -> None:
    if signed_in:
        sign_in(client, user.email)
    shown = client.post("/en/account/tokens", data={"name": "a <long> text", "days": "9", "password": PASSWORD})
    assert shown.status_code == (400 if signed_in else 401)
    assert "a &lt;long&gt; text" in shown.text and PASSWORD not in shown.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient, user: User) -> None:
    cookie = sign_in(client, user.email).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Expires=" in cookie and "Secure" not in cookie


def test_behind_tls_the_cookie_is_sent_over_https_only(settings: Settings, sqlite_database: Database) -> None:
    app = create_app(replace(settings, cookie_secure=True), sqlite_database)
    client = app.test_client()
    answer = client.get("/en/login", base_url="https://registry.test")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(("trusted", "expected"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_a_proxys_word_for_the_clients_address_counts_only_where_one_is_trusted(
    settings: Settings, sqlite_database: Database, trusted: int, expected: str
) -> None:
    client = create_app(replace(settings, trusted_proxies=trusted), sqlite_database).test_client()
    form = {"email": "x", "password": "x", "csrf_token": form_token(client, "/en/login")}
    client.post("/en/login", data=form, headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.9"})
    with sqlite_database.reading() as session:
        [entry] = audit.latest(session, system("cli"), 1)
    assert json.loads(entry.detail)["address"] == expected


def test_a_session_ends_when_the_account_is_disabled(client: FlaskClient, database: Database, user: User) -> None:
    sign_in(client, user.email)
    assert is_in(client)
    with database.transaction() as session:
        users.disable_user(session, system("cli"), session.get_one(User, user.id))
    assert not is_in(client)
    with database.transaction() as session:
        users.enable_user(session, system("cli"), session.get_one(User, user.id))
    assert not is_in(client)  # enabling opens the account, not the old session


def test_a_session_lasts_its_hours_however_busy_it_is(
    client: FlaskClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, user.email)
    with client.session_transaction() as cookie:
        cookie["at"] -= 12 * 3600 - 60
    assert is_in(client)
    with client.session_transaction() as cookie:
        cookie["at"] -= 61
    assert not is_in(client)


def test_a_made_up_session_is_nobodys(app: RegistryFlask, user: User) -> None:
    for made in (
        {"user": user.id, "key": "guessed", "login": "x", "at": int(time.time())},
        {"user": 4711, "key": user.session_key, "login": "x", "at": int(time.time())},
        {"user": user.id, "key": user.session_key, "at": int(time.time())},
        {"user": user.id, "key": user.session_key, "login": "x"},
        {"user": user.id, "key": user.session_key, "login": "x", "at": "now"},
    ):
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie.update(made)
        assert not is_in(client)
    client = app.test_client()
    client.set_cookie("session", "eyJ1c2VyIjoxfQ.forged.signature")
    assert not is_in(client)


def test_a_copy_of_a_cookie_is_nobodys_after_signing_out(app: RegistryFlask, user: User) -> None:
    here, elsewhere, thief = app.test_client(), app.test_client(), app.test_client()
    sign_in(here, user.email)
    sign_in(elsewhere, user.email)
    stolen = here.get_cookie("session")
    assert stolen
    thief.set_cookie("session", stolen.value)
    assert is_in(thief)
    assert post(here, "/en/logout", "/en/account").status_code == 303
    assert not is_in(here) and is_in(elsewhere)
    thief.set_cookie("session", stolen.value)
    assert not is_in(thief)
    assert thief.get("/api/v1/notices").status_code == 401


def test_ended_logins_are_kept_no_longer_than_their_cookies(database: Database, user: User) -> None:
    now, actor = utcnow(), actor_of_user(user)
    with database.transaction() as session:
        sessions.end_login(session, actor, "first", now + timedelta(hours=12), now)
        sessions.end_login(session, actor, "first", now + timedelta(hours=12), now)
        sessions.end_login(session, actor, "second", now + timedelta(hours=24), now + timedelta(hours=12))
        assert [sessions.has_ended(session, login) for login in ("first", "second")] == [False, True]


def test_a_new_password_ends_the_other_sessions_and_not_this_one(app: RegistryFlask, user: User) -> None:
    here, elsewhere = app.test_client(), app.test_client()
    sign_in(here, user.email)
    sign_in(elsewhere, user.email)
    changed = post(here, "/en/account/password", "/en/account", current=PASSWORD, new=NEW, again=NEW)
    assert changed.status_code == 303
    assert "Your password is changed" in here.get("/en/account").text
    assert is_in(here) and not is_in(elsewhere)
    assert sign_in(elsewhere, user.email, NEW).status_code == 303


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"current": "not this one", "new": NEW, "again": NEW}, "not your present password"),
        ({"current": PASSWORD, "new": "short", "again": "short"}, "at least 12"),
        ({"current": PASSWORD, "new": NEW, "again": "something else"}, "two new passwords differ"),
        ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "password you have now"),
        ({}, "at least 12"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(
    app: RegistryFlask, user: User, fields: dict[str, str], says: str
) -> None:
    shown = client_for(app, user).post("/en/account/password", data=fields)
    assert shown.status_code == 422 and says in shown.text
    assert NEW not in shown.text and PASSWORD not in shown.text


def test_signing_out_everywhere_ends_every_session(app: RegistryFlask, user: User) -> None:
    here, elsewhere = app.test_client(), app.test_client()
    sign_in(here, user.email)
    sign_in(elsewhere, user.email)
    assert post(here, "/en/account/sessions/end", "/en/account").status_code == 303
    assert not is_in(here) and not is_in(elsewhere)


def test_a_tokens_text_is_shown_once(app: RegistryFlask, database: Database, user: User) -> None:
    client = client_for(app, user)
    issued = client.post("/en/account/tokens", data={"name": "export", "scopes": ["offers:read"], "days": "30"})
    assert issued.status_code == 201 and issued.headers["Cache-Control"] == "no-store"
    text = re.search(r"casa_\d+_[\w-]{43}", issued.text)
    assert text
    page = client.get("/en/account").text
    assert text[0] not in page and "export" in page
    answer = app.test_client().get("/api/v1/changes", headers={"Authorization": f"Bearer {text[0]}"})
    assert answer.status_code == 403 and "changes:read" in answer.json["detail"]
    with database.reading() as session:
        token = session.get_one(Token, 1)
        assert text[0].split("_", 2)[2] not in token.secret_sha256
    assert client.post("/en/account/tokens/1/revoke").status_code == 303
    assert "Revoked" in client.get("/en/account").text
    gone = app.test_client().get("/api/v1/changes", headers={"Authorization": f"Bearer {text[0]}"})
    assert gone.status_code == 401 and "revoked" in gone.json["detail"]


def test_a_token_form_that_does_not_fit_keeps_what_was_typed(app: RegistryFlask, user: User) -> None:
    given = {"name": "my <export>", "scopes": ["offers:read"], "days": "9999"}
    shown = client_for(app, user).post("/en/account/tokens", data=given)
    assert shown.status_code == 422 and "From 1 to 366 days" in shown.text
    assert 'value="my &lt;export&gt;"' in shown.text and 'value="9999"' in shown.text
    assert re.search(r'value="offers:read" checked', shown.text)


def test_the_token_of_somebody_else_is_not_there(app: RegistryFlask, database: Database, user: User) -> None:
    client_for(app, user).post("/en/account/tokens", data={"name": "t", "scopes": ["offers:read"], "days": "9"})
    other = client_for(app, make_user(database, "coordinator"))
    assert other.post("/en/account/tokens/1/revoke").status_code == 404


class TestApi:
    def test_a_bad_token_is_refused_as_a_problem(self, app: RegistryFlask) -> None:
        answer = app.test_client().get("/api/v1/changes", headers={"Authorization": "Bearer casa_1_x"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"

    def test_a_login_reads_the_api_too(self, app: RegistryFlask, user: User) -> None:
        answer = client_for(app, user).get("/api/v1/changes")
        assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]

    def test_pages_take_no_tokens(self, app: RegistryFlask, database: Database, user: User) -> None:
        headers = {"Authorization": "Bearer casa_1_x"}
        assert app.test_client().get("/en/account", headers=headers).status_code == 302


def test_every_answer_forbids_foreign_content(client: FlaskClient) -> None:
    for path in ("/en/", "/en/nothing", "/api/v1/nothing", "/healthz", "/en/login"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_open_to_all_asks_for_nobody(app: RegistryFlask, database: Database, user: User) -> None:
    client = client_for(app, user)
    assert "Cookie" not in client.get("/healthz").headers.get("Vary", "")
