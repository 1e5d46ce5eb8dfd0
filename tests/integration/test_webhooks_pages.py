"""The pages of webhooks, from adding one to sending again; a secret is shown once, and only to whom it belongs."""

import re

import pytest
from flask.testing import FlaskClient

from registry.db import Database
from registry.http import RegistryFlask
from registry.worker.courier import deliver_due
from tests.support.fault_server import body, fault_server
from tests.support.pages import Page, check_page
from tests.support.people import client_for, make_user
from tests.support.web_world import World
from tests.support.webhooks import allowing, happen, subscription

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+=*")


@pytest.fixture
def client(sqlite_app: RegistryFlask, sqlite_database: Database) -> FlaskClient:
    return client_for(sqlite_app, make_user(sqlite_database, "state"))


def text_of(client: FlaskClient, path: str) -> Page:
    answer = client.get(path)
    assert answer.status_code == 200
    return check_page(answer.get_data(as_text=True))


def test_a_webhook_is_added_tested_and_sends_again(
    sqlite_app: RegistryFlask, client: FlaskClient, sqlite_database: Database
) -> None:
    with fault_server() as server:
        sqlite_app.settings = allowing(sqlite_app.settings, server.allow)
        url = server.serve("/hook", body(b"<b>thanks</b>"))
        form = {"name": "Ours", "url": url, "types": "need.*", "more": "offer.opened  offer.opened"}
        made = client.post("/en/webhooks/new", data=form | {"states": "Kenya\r\n\r\nUGA\r\n"})
        assert made.status_code == 201 and made.headers["Cache-Control"] == "no-store"
        check_page(made.get_data(as_text=True))
        (secret,) = SECRET.findall(made.get_data(as_text=True))
        row = subscription(sqlite_database, 1)
        assert (row.types, row.states) == (["need.*", "offer.opened"], ["KEN", "UGA"])
        assert secret not in client.get("/en/webhooks/1").get_data(as_text=True)

        client.post("/en/webhooks/1/test")
        happen(sqlite_database, state="KEN")
        deliver_due(sqlite_database, sqlite_app.settings, owner="test")
        page = text_of(client, "/en/webhooks/1")
        assert "Taken: 2" in page.text and "thanks" in page.text
        assert "need.opened" in text_of(client, "/en/webhooks/1/messages/1").text + page.text
        assert client.post("/en/webhooks/1/messages/2/replay").status_code == 303
        deliver_due(sqlite_database, sqlite_app.settings, owner="test")
        answer = client.post("/en/webhooks/1/replay", data={"since": "2020-01-01T00:00"}, follow_redirects=True)
        assert "1 event is looked through" in answer.get_data(as_text=True)
        deliver_due(sqlite_database, sqlite_app.settings, owner="test")
        assert len(server.requests) == 4


def test_a_form_that_does_not_fit_is_shown_again_with_what_was_typed(client: FlaskClient) -> None:
    form = {"name": "Inside", "url": "https://127.1/x", "more": "need.burned", "states": "Atlantis"}
    answer = client.post("/en/webhooks/new", data=form)
    page = check_page(answer.get_data(as_text=True))
    assert answer.status_code == 422 and {name: page.form[name].strip() for name in form} == form
    assert "There is no such event type: need.burned" in page.text and "There is no such State: Atlantis" in page.text
    answer = client.post("/en/webhooks/new", data=form | {"more": "", "states": ""})
    page = check_page(answer.get_data(as_text=True))
    assert answer.status_code == 422 and page.form["url"] == form["url"] and "not a public one" in page.text


def test_two_people_who_change_it_at_once_see_both_versions(
    sqlite_app: RegistryFlask, client: FlaskClient, sqlite_database: Database
) -> None:
    form = {"name": "Ours", "url": "https://receiver.example/", "types": "need.*", "states": "Kenya"}
    client.post("/en/webhooks/new", data=form)
    colleague = client_for(sqlite_app, make_user(sqlite_database, "state"))
    page = text_of(colleague, "/en/webhooks/1/edit")
    assert page.form["version"] == "1" and page.form["states"].strip() == "Kenya"
    assert client.post("/en/webhooks/1/edit", data=form | {"version": 1, "name": "Mine"}).status_code == 303
    late = colleague.post("/en/webhooks/1/edit", data=form | {"version": 1, "name": "Theirs"})
    assert late.status_code == 412 and "Mine" in late.get_data(as_text=True)
    mine = check_page(late.get_data(as_text=True)).form
    assert colleague.post("/en/webhooks/1/edit", data=mine).status_code == 303
    assert (subscription(sqlite_database, 1).name, subscription(sqlite_database, 1).version) == ("Theirs", 3)


def test_it_is_switched_off_and_on_given_another_secret_and_taken_away(
    client: FlaskClient, sqlite_database: Database
) -> None:
    client.post("/en/webhooks/new", data={"name": "Ours", "url": "https://receiver.example/"})
    client.post("/en/webhooks/1/switch", data={"version": 1, "enabled": ""})
    assert "A person switched it off" in text_of(client, "/en/webhooks/1").text
    on = client.post("/en/webhooks/1/switch", data={"version": 2, "enabled": "1"})
    assert "since=20" in on.location
    assert text_of(client, on.location).form["since"].startswith("20")
    rotated = client.post("/en/webhooks/1/secret", data={"version": 3, "overlap_hours": "2"})
    assert rotated.headers["Cache-Control"] == "no-store" and SECRET.search(rotated.get_data(as_text=True))
    assert subscription(sqlite_database, 1).previous_until is not None
    for hours in ("-1", "999", "", "x"):
        refused = client.post("/en/webhooks/1/secret", data={"version": 4, "overlap_hours": hours})
        assert refused.status_code == 422 and not SECRET.search(refused.get_data(as_text=True))
    assert client.post("/en/webhooks/1/secret", data={"version": 3, "overlap_hours": "2"}).status_code == 412
    for since in ("", "yesterday", "0001-01-01T00:00", "9999-12-31T23:59"):
        assert client.post("/en/webhooks/1/replay", data={"since": since}).status_code == 422
    assert client.post("/en/webhooks/1/delete", data={"version": 4}).status_code == 303
    assert client.get("/en/webhooks/1").status_code == 404


def test_an_administrator_sees_it_all_but_the_body_and_can_only_stop_it(
    sqlite_app: RegistryFlask, world: World
) -> None:
    owner, admin = (client_for(sqlite_app, world.people[name]) for name in ("coordinator", "admin"))
    for each, sees in ((owner, True), (admin, False)):
        page = text_of(each, "/en/webhooks/1/messages/1")
        assert ("What is sent" in page.text) is sees
    shown = text_of(admin, "/en/webhooks/1")
    assert "Replace the secret" not in shown.text and "Switch off" in shown.text
    assert admin.post("/en/webhooks/1/secret", data={"version": 1, "overlap_hours": "2"}).status_code == 403
    assert admin.post("/en/webhooks/1/switch", data={"version": 1, "enabled": ""}).status_code == 303
    assert admin.post("/en/webhooks/1/switch", data={"version": 2, "enabled": "1"}).status_code == 403
    other = client_for(sqlite_app, world.people["donor"])
    for path in ("", "/edit", "/messages/1"):
        assert other.get(f"/en/webhooks/1{path}").status_code == 404
