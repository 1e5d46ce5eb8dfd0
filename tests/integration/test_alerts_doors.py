"""Saved searches and notices by page, API and command."""

from pathlib import Path

import orjson
from click.testing import CliRunner

from registry.cli import casa
from registry.http import RegistryFlask
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.alerts import consume, save
from tests.support.matching import open_need
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

SEARCHES, NOTICES = "/api/v1/saved-searches", "/api/v1/notices"


def test_a_person_saves_the_search_they_look_at_and_is_told(sqlite_app: RegistryFlask) -> None:
    database = sqlite_app.database
    client = client_for(sqlite_app, make_user(database, "donor"))
    looked_at = client.get("/en/needs?q=marking&state=KEN&priority=urgent&sort=title").text
    link = "/en/saved-searches/new?kind=need&amp;q=marking&amp;priority=urgent&amp;state=KEN"
    assert link in looked_at
    form = client.get(link.replace("&amp;", "&"))
    assert "Kenya" in form.text and "sends no e-mail" in form.text
    refused = client.post(link.replace("&amp;", "&"), data={"name": "", "delivery": "daily"})
    assert refused.status_code == 422
    check_page(refused.text)
    saved = client.post(link.replace("&amp;", "&"), data={"name": "Urgent <i>marking</i>", "delivery": "in_app"})
    assert saved.status_code == 303
    mine = client.get("/en/saved-searches").text
    check_page(mine)
    assert "Urgent &lt;i&gt;marking" in mine and "Urgent" in mine
    with database.transaction() as session:
        open_need(session, priority="urgent", visibility="public", title="Marking <b>machines</b>")
    consume(database)
    page = client.get("/en/notices").text
    check_page(page)
    assert "Marking &lt;b&gt;machines" in page and "1<span" in client.get("/en/").text
    led = client.post("/en/notices/1/read", data={"read": "1"})
    assert led.status_code == 303 and led.location.endswith("/en/needs/1")
    assert "1<span" not in client.get("/en/").text
    assert client.post("/en/notices/1/read", data={"read": "0"}).status_code == 303
    assert "Only what is unread" in client.get("/en/notices").text
    assert client.post("/en/notices/read", data={"up_to": "1"}).status_code == 303
    assert "You have read everything" in client.get("/en/notices?list=unread").text


def test_a_saved_search_is_edited_and_taken_away_by_its_owner_only(sqlite_app: RegistryFlask) -> None:
    owner = make_user(sqlite_app.database, "donor")
    number = save(sqlite_app.database, owner)
    mine, other = client_for(sqlite_app, owner), client_for(sqlite_app, make_user(sqlite_app.database, "admin"))
    for path in ("edit", "delete"):
        data = {"name": "Taken over", "delivery": "in_app", "version": "1"}
        assert other.post(f"/en/saved-searches/{number}/{path}", data=data).status_code == 404
    renamed = {"name": "Renamed", "delivery": "in_app", "version": "1"}
    assert mine.post(f"/en/saved-searches/{number}/edit", data=renamed).status_code == 303
    late = mine.post(f"/en/saved-searches/{number}/edit", data={**renamed, "name": "Too late"})
    assert late.status_code == 412
    check_page(late.text)
    assert mine.post(f"/en/saved-searches/{number}/delete", data={"version": "2"}).status_code == 303
    assert "saved no search" in mine.get("/en/saved-searches").text
    assert mine.get("/en/saved-searches/new?kind=users").status_code == 404


def test_the_api_does_all_of_it(sqlite_app: RegistryFlask) -> None:
    database = sqlite_app.database
    headers = token_headers(database, make_user(database, "donor"), ["alerts:read", "alerts:write"])
    client = sqlite_app.test_client()
    body = {"name": "Needs of Kenya", "kind": "need", "filters": {"state": ["KEN"]}}
    made = client.post(SEARCHES, json=body, headers=headers)
    assert made.status_code == 201 and made.json["delivery"] == "in_app"
    where = made.headers["Location"]
    assert client.get(where, headers=headers).json == made.json
    changed = client.patch(where, json={"name": "Kenya"}, headers={**headers, "If-Match": made.headers["ETag"]})
    assert changed.json["name"] == "Kenya"
    stale = client.patch(where, json={"name": "No"}, headers={**headers, "If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    wrong = client.post(SEARCHES, json={**body, "filters": {"colour": ["red"]}}, headers=headers)
    assert wrong.status_code == 422 and wrong.json["errors"][0]["pointer"] == "#/filters/colour"
    with database.transaction() as session:
        open_need(session, visibility="public")
    consume(database)
    (notice,) = client.get(f"{NOTICES}?unread=true", headers=headers).json["items"]
    assert (notice["kind"], notice["search"], notice["read_at"]) == ("need", "Kenya", None)
    read = client.post(f"{NOTICES}/{notice['id']}/read", json={"read": True}, headers=headers)
    assert read.json["read_at"]
    assert client.post(f"{NOTICES}/read", json={}, headers=headers).json == {"read": 0}
    stranger = token_headers(database, make_user(database, "admin"), ["alerts:read", "alerts:write"])
    assert client.get(where, headers=stranger).status_code == 404
    assert client.post(f"{NOTICES}/{notice['id']}/read", json={"read": True}, headers=stranger).status_code == 404
    gone = client.delete(where, headers={**headers, "If-Match": changed.headers["ETag"]})
    assert gone.status_code == 204
    assert client.get(NOTICES, headers=headers).json["items"] == []


def test_commands_add_list_and_remove(sqlite_app: RegistryFlask, tmp_path: Path) -> None:
    owner = make_user(sqlite_app.database, "donor")
    environment = {"CASA_DATABASE_URL": sqlite_app.database.url, "CASA_DATA_DIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(casa, ["alert", *arguments], env=environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    added = orjson.loads(run("add", owner.email, "offer", "--name", "Help", "--filter", "state=KEN", "--json"))
    assert added["filters"] == {"state": ["KEN"]} and added["user_id"] == owner.id
    assert "Help: offer  state=KEN" in run("list")
    assert "Taken away" in run("remove", str(added["id"]))
    assert orjson.loads(run("list", "--json")) == {"items": []}


def test_the_consumer_is_at_work_with_the_others(sqlite_app: RegistryFlask) -> None:
    assert "alerts" in CONSUMERS
    consume_all(sqlite_app.database, sqlite_app.settings, CONSUMERS, "test")
    page = client_for(sqlite_app, make_user(sqlite_app.database, "coordinator")).get("/en/consumers").text
    assert "Tell of what saved searches find" in page
