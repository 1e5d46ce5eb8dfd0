"""The administrator's page of accounts: opened, closed, given another password; told to nobody else."""

import re

import pytest
from flask.testing import FlaskClient

from registry.accounts import audit
from registry.accounts.actor import system
from registry.catalogue.models import Organisation
from registry.http import RegistryFlask
from tests.support.pages import check_page
from tests.support.people import PASSWORD, client_for, make_user

STATE = {"name": "Amina Officer", "email": "Amina@Example.org", "role": "state", "state": "KEN", "organisation": ""}


@pytest.fixture
def admin(app: RegistryFlask) -> FlaskClient:
    return client_for(app, make_user(app.database, "admin", email="admin@example.org"))


def password_in(html: str) -> str:
    found = re.search(r'<code class="secret" dir="ltr">([^<]+)</code>', html)
    assert found, "no password is shown"
    return found[1]


def signs_in(app: RegistryFlask, email: str, password: str) -> bool:
    return client_for(app).post("/en/login", data={"email": email, "password": password}).status_code == 303


def number_of(client: FlaskClient, email: str) -> str:
    row = next(row for row in client.get("/en/users").get_data(as_text=True).split("<tr>") if email in row)
    found = re.search(r"/en/users/(\d+)/password", row)
    assert found
    return found[1]


def test_an_account_is_opened_and_its_password_shown_this_once(app: RegistryFlask, admin: FlaskClient) -> None:
    made = admin.post("/en/users/new", data=STATE)
    html = made.get_data(as_text=True)
    assert made.status_code == 201 and made.headers["Cache-Control"] == "no-store"
    check_page(html)
    password = password_in(html)
    assert signs_in(app, "amina@example.org", password)
    later = admin.get("/en/users").get_data(as_text=True)
    assert "Amina Officer" in later and "Kenya" in later and password not in later
    with app.database.reading() as session:
        entry = audit.latest(session, system("test"), 5, action="user.create")[0]
    assert password not in entry.detail and "amina@example.org" in entry.detail


def test_a_donor_s_account_names_its_organisation(app: RegistryFlask, admin: FlaskClient) -> None:
    with app.database.transaction() as session:
        session.add(Organisation(name="Generous Fund"))
    donor = {**STATE, "role": "donor", "state": "", "organisation": "Generous Fund"}
    assert "Generous Fund" in admin.post("/en/users/new", data=donor).get_data(as_text=True)
    with app.database.transaction() as session:
        session.add(Organisation(name="Generous Fund"))
    again = admin.post("/en/users/new", data={**donor, "email": "second@example.org"})
    assert again.status_code == 422 and "Several organisations have this name" in again.get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "admin@example.org"}, "email"),
        ({"name": ""}, "name"),
        ({"role": "king"}, "role"),
        ({"state": ""}, "state"),
        ({"role": "agency", "state": ""}, "organisation"),
        ({"organisation": "Nowhere Fund"}, "organisation"),
        ({"role": "coordinator"}, "state"),
    ],
)
def test_what_does_not_fit_is_named_at_its_field_and_kept(
    admin: FlaskClient, wrong: dict[str, str], field: str
) -> None:
    refused = admin.post("/en/users/new", data={**STATE, **wrong})
    page = check_page(refused.get_data(as_text=True))
    assert refused.status_code == 422 and f"f-{field}-error" in page.ids
    assert page.form["name"] == wrong.get("name", "Amina Officer")
    assert "Amina Officer" not in admin.get("/en/users").get_data(as_text=True)


def test_an_account_is_disabled_enabled_and_given_another_password(app: RegistryFlask, admin: FlaskClient) -> None:
    officer = make_user(app.database, "state", email="officer@example.org")
    browser, number = client_for(app, officer), number_of(admin, "officer@example.org")
    assert browser.get("/en/account").status_code == 200
    assert admin.post(f"/en/users/{number}/disable").status_code == 303
    assert browser.get("/en/account").status_code == 302, "the session goes on"
    assert not signs_in(app, "officer@example.org", PASSWORD)
    assert "Disabled" in admin.get("/en/users").get_data(as_text=True)
    assert admin.post(f"/en/users/{number}/enable").status_code == 303
    assert signs_in(app, "officer@example.org", PASSWORD)
    given = admin.post(f"/en/users/{number}/password")
    assert given.headers["Cache-Control"] == "no-store"
    assert not signs_in(app, "officer@example.org", PASSWORD)
    assert signs_in(app, "officer@example.org", password_in(given.get_data(as_text=True)))
    with app.database.reading() as session:
        acts = {entry.action for entry in audit.latest(session, system("test"), 20, subject=f"user:{number}")}
    assert {"user.disable", "user.enable", "user.password"} <= acts


def test_an_administrator_does_not_lock_the_own_account(admin: FlaskClient) -> None:
    number = number_of(admin, "admin@example.org")
    assert f"/en/users/{number}/disable" not in admin.get("/en/users").get_data(as_text=True)
    assert admin.post(f"/en/users/{number}/disable").status_code == 409
    assert admin.post("/en/users/999999/disable").status_code == 404


def test_nobody_else_reaches_the_page_or_sees_its_link(app: RegistryFlask) -> None:
    coordinator = client_for(app, make_user(app.database, "coordinator"))
    assert coordinator.post("/en/users/new", data=STATE).status_code == 403
    assert 'href="/en/users"' not in coordinator.get("/en/").get_data(as_text=True)
