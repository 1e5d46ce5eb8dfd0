"""Every page answers whom it should, hides what it should, and keeps to what all pages keep to."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from registry.app import create_app
from registry.catalogue.models import Meta
from registry.db import Database
from registry.http import RegistryFlask
from registry.settings import Settings
from tests.support.pages import Page, check_page
from tests.support.people import client_for
from tests.support.web_world import World

EVERYBODY = ("anonymous", "state", "donor", "coordinator", "admin", "other")
KENYANS = ("state",)
STAFF = ("coordinator", "admin")
MEMBERS = EVERYBODY[1:]

PAGES = [
    ("/en/", EVERYBODY),
    ("/en/programmes", EVERYBODY),
    ("/en/programmes?country=KEN&q=stockpiles&sort=title", EVERYBODY),
    ("/en/programmes/1", EVERYBODY),
    ("/en/programmes/1/edit", STAFF),
    ("/en/organisations", EVERYBODY),
    ("/en/organisations/1", EVERYBODY),
    ("/en/organisations/new", STAFF),
    ("/en/organisations/1/edit", ("donor", *STAFF)),
    ("/en/states", EVERYBODY),
    ("/en/states/KEN", EVERYBODY),
    ("/en/states/KEN/indicators", EVERYBODY),
    ("/en/states/KEN/gaps", EVERYBODY),
    ("/en/states/KEN/reports", EVERYBODY),
    ("/en/national-reports/1", KENYANS),
    ("/en/national-reports/1/print", KENYANS),
    ("/en/states/KEN/participation", EVERYBODY),
    ("/en/participation/1", EVERYBODY),
    ("/en/contacts", EVERYBODY),
    ("/en/contacts?instrument=poa&role=tracing", EVERYBODY),
    ("/en/contacts/1", ("state", *STAFF)),
    ("/en/contacts/import", ("state", "other", *STAFF)),
    ("/en/states/KEN/contacts", EVERYBODY),
    ("/en/embargoes", EVERYBODY),
    ("/en/embargoes?state=COD", EVERYBODY),
    ("/en/embargoes/un-dprk", EVERYBODY),
    ("/en/instruments", EVERYBODY),
    ("/en/instruments/poa", EVERYBODY),
    ("/en/reports/due", EVERYBODY),
    ("/en/reports/due?instrument=poa&region=014", EVERYBODY),
    ("/en/participation/import", ("state", "other", *STAFF)),
    ("/en/states/KEN/indicators/surplus", ("state",)),
    ("/en/indicators", EVERYBODY),
    ("/en/indicators/sdg-16-4-2", EVERYBODY),
    ("/en/needs", EVERYBODY),
    ("/en/needs/new", ("state", "other")),
    ("/en/needs/1", EVERYBODY),
    ("/en/needs/1/edit", KENYANS),
    ("/en/needs/2", ("state", *STAFF)),
    ("/en/offers", EVERYBODY),
    ("/en/offers/new", ("donor",)),
    ("/en/offers/1", EVERYBODY),
    ("/en/offers/1/edit", ("donor",)),
    ("/en/matches/1/1", EVERYBODY),
    ("/en/needs/1/matches", EVERYBODY),
    ("/en/needs/1/matches?code=geography", EVERYBODY),
    ("/en/offers/1/matches", EVERYBODY),
    ("/en/matches/weights", EVERYBODY),
    ("/en/exemptions", MEMBERS),
    ("/en/exemptions/1", ("state", "donor", *STAFF)),
    ("/en/exemptions/1/note", ("state", "donor", *STAFF)),
    ("/en/proposals", EVERYBODY),
    ("/en/proposals?status=agreed", EVERYBODY),
    ("/en/proposals/new/1/1", ("state", "donor", *STAFF)),
    ("/en/proposals/1", ("state", "donor", *STAFF)),
    ("/en/allocation", STAFF),
    ("/en/board", STAFF),
    ("/en/flows", EVERYBODY),
    ("/en/flows?measure=disbursement&region=002", EVERYBODY),
    ("/en/board?region=002", STAFF),
    ("/en/board/needs?waiting=0-29", STAFF),
    ("/en/board/offers", STAFF),
    ("/en/allocation/1", STAFF),
    ("/en/allocation/1?scenario=country", STAFF),
    ("/en/standards", EVERYBODY),
    ("/en/standards/iti", EVERYBODY),
    ("/en/standards/grid", EVERYBODY),
    ("/en/standards/loading", STAFF),
    ("/en/assessments", EVERYBODY),
    ("/en/assessments/new?standard=poa", ("state", "other")),
    ("/en/assessments/1", KENYANS),
    ("/en/assessments/1/answer", KENYANS),
    ("/en/assessments/1/answer?section=marking", KENYANS),
    ("/en/assessments/1/clauses/mark-made", KENYANS),
    ("/en/same-as", STAFF),
    ("/en/same-as?kind=organisation&list=same", STAFF),
    ("/en/same-as/1", STAFF),
    ("/en/conflicts", ("donor", *STAFF)),
    ("/en/conflicts?state=decided", ("donor", *STAFF)),
    ("/en/conflicts/1", STAFF),
    ("/en/consumers", STAFF),
    ("/en/jobs", STAFF),
    ("/en/jobs?state=set_aside", STAFF),
    ("/en/feeds", MEMBERS),
    ("/en/feeds/new", STAFF),
    ("/en/feeds/1", MEMBERS),
    ("/en/feeds/1/edit", STAFF),
    ("/en/feeds/1/ping", STAFF),
    ("/en/feeds/1/token", STAFF),
    ("/en/feeds/1/records", STAFF),
    ("/en/feeds/1/records?outcome=ignored", STAFF),
    ("/en/runs/1", STAFF),
    ("/en/holds/1", STAFF),
    ("/en/listed", STAFF),
    ("/en/listed?q=smith&regime=DRC&sort=listed_on", STAFF),
    ("/en/listed/1", STAFF),
    ("/en/screening", STAFF),
    ("/en/screening?name=smith&standing=same", STAFF),
    ("/en/screening/1", STAFF),
    ("/en/webhooks", MEMBERS),
    ("/en/webhooks/new", MEMBERS),
    ("/en/webhooks/1", ("coordinator", "admin")),
    ("/en/webhooks/1?status=waiting", ("coordinator", "admin")),
    ("/en/webhooks/1/edit", ("coordinator",)),
    ("/en/webhooks/1/messages/1", ("coordinator", "admin")),
    ("/en/saved-searches", MEMBERS),
    ("/en/saved-searches/new?kind=need&q=marking&theme=marking&state=KEN", MEMBERS),
    ("/en/saved-searches/1/edit", ("coordinator",)),
    ("/en/mails", STAFF),
    ("/en/unsubscribe/nobodys", ()),
    ("/en/notices", MEMBERS),
    ("/en/notices?list=unread", MEMBERS),
    ("/en/users", ("admin",)),
    ("/en/users/new", ("admin",)),
    ("/en/programmes/new", ("donor", *STAFF)),
    ("/en/login", EVERYBODY),
    ("/en/account", MEMBERS),
]


@pytest.fixture(scope="module")
def walked(
    world_template: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RegistryFlask, dict[str, FlaskClient]]]:
    """One world for all pages that are only read, with a client for each role."""
    folder = tmp_path_factory.mktemp("walk")
    shutil.copyfile(world_template[0], folder / "casa.db")
    database = Database(f"sqlite:///{folder / 'casa.db'}")
    app = create_app(Settings(data_dir=folder, secret_key="test-secret-key-not-for-use"), database)
    app.testing = True
    yield app, {name: client_for(app, world_template[1].people.get(name)) for name in EVERYBODY}
    database.dispose()


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize(("path", "roles"), PAGES, ids=[path for path, _ in PAGES])
def test_a_page_answers_those_it_is_for(walked, path: str, roles: tuple[str, ...], role: str) -> None:
    response = walked[1][role].get(path)
    if role in roles:
        assert response.status_code == 200, response.get_data(as_text=True)[-600:]
    elif role == "anonymous" and response.status_code == 302:
        assert "/en/login?next=" in response.location
        return
    else:
        assert response.status_code in (403, 404)
    check_page(response.get_data(as_text=True))
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy


def test_the_pages_tried_are_all_there_are(walked) -> None:
    """A new page must be added to PAGES; POST-only addresses are tried in their own tests."""
    app = walked[0]
    tried = set()
    with app.test_request_context():
        adapter = app.url_map.bind("")
        for path, _ in PAGES:
            tried.add(adapter.match(path.partition("?")[0])[0])
    pages = {
        r.endpoint for r in app.url_map.iter_rules() if r.endpoint.startswith("web.") and "GET" in (r.methods or ())
    }
    files = {
        "web.flows.picture", "web.flows.table", "web.reports.calendar", "web.due.calendar",
        "web.national_reports.download", "web.clauses.download", "web.grid.table",
    }  # fmt: skip
    # The first only leads on; the second needs a commitment, and is tried with one (test_ledger_programmes.py).
    assert pages - tried == {"web.matches.compare", "web.proposals.programme", *files}


def test_a_draft_is_told_to_nobody_else(walked) -> None:
    for role in ("anonymous", "donor", "other"):
        assert "Not finished yet" not in walked[1][role].get("/en/needs").get_data(as_text=True)
    assert "Not finished yet" in walked[1]["state"].get("/en/").get_data(as_text=True)


def test_actions_are_shown_to_those_who_may_only(walked) -> None:
    for role, shown in (("state", True), ("anonymous", False), ("coordinator", False), ("other", False)):
        page = walked[1][role].get("/en/needs/1").get_data(as_text=True)
        assert ("/en/needs/1/edit" in page) is shown, role
        assert ("/en/needs/1/withdraw" in page) is shown, role
    assert "/en/needs/new" not in walked[1]["donor"].get("/en/needs").get_data(as_text=True)


def test_foreign_text_cannot_become_markup_or_a_script_link(walked) -> None:
    page = walked[1]["coordinator"].get("/en/feeds/1/records").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in page
    assert 'href="javascript:' not in walked[1]["anonymous"].get("/en/programmes/1").get_data(as_text=True)


def test_content_is_marked_with_its_own_language(walked) -> None:
    assert 'lang="fr" dir="auto"' in walked[1]["anonymous"].get("/en/programmes/1").get_data(as_text=True)


def test_a_filter_is_in_the_address_and_can_be_taken_away(walked) -> None:
    client = walked[1]["anonymous"]
    both = client.get("/en/programmes?country=KEN&year=2027").get_data(as_text=True)
    assert "7 programmes" in both
    assert 'href="/en/programmes?year=2027"' in both
    assert 'href="/en/programmes?country=KEN"' in both
    assert "/api/v1/programmes?country=KEN&amp;year=2027" in both
    assert "/api/v1/exports/programmes?format=csv&amp;language=en&amp;country=KEN&amp;year=2027" in both
    assert "30 programmes" in client.get("/en/programmes?country=KEN").get_data(as_text=True)


def test_the_next_page_holds_the_rest_and_nothing_twice(walked) -> None:
    client = walked[1]["anonymous"]
    first = client.get("/en/programmes?sort=title").get_data(as_text=True)
    following = next(str(a["href"]) for a in Page(first).all("a") if a.get("rel") == "next")
    second = client.get(following).get_data(as_text=True)
    links = [set(re.findall(r'/en/programmes/(\d+)"', html)) for html in (first, second)]
    assert len(links[0]) == 25 and len(links[1]) == 5 and not links[0] & links[1]


@pytest.mark.parametrize("query", ["cursor=garbage", "sort=nonsense"])
def test_an_address_that_makes_no_sense_is_answered_with_its_reason(walked, query: str) -> None:
    response = walked[1]["anonymous"].get(f"/en/programmes?{query}")
    assert response.status_code == 422
    assert query.partition("=")[0] in check_page(response.get_data(as_text=True)).text


def test_search_finds_by_words_of_another_language(walked) -> None:
    page = walked[1]["anonymous"].get("/en/programmes?q=stocks+surs").get_data(as_text=True)
    assert "30 programmes" in page


def test_links_inside_pages_lead_somewhere(walked) -> None:
    """Every link of every page to a page of ours answers; signed in as a coordinator, who reaches the most."""
    client, broken, seen = walked[1]["coordinator"], [], set()
    for path, roles in PAGES:
        if "coordinator" not in roles:
            continue
        for link in Page(client.get(path).get_data(as_text=True)).all("a"):
            target = str(link.get("href") or "").partition("#")[0]
            shape = re.sub(r"\d+", "0", target.partition("?")[0])
            if target.startswith(("/en/", "/api/")) and shape not in seen:
                seen.add(shape)
                if client.get(target).status_code != 200:
                    broken.append((path, target, client.get(target).status_code))
    assert not broken


def test_the_catalogue_page_with_style_and_script_is_light(walked) -> None:
    client = walked[1]["anonymous"]
    html = client.get("/en/programmes").get_data()
    page = Page(html.decode())
    files = [str(a["href"]) for a in page.all("link") if a.get("rel") in ("stylesheet", "icon")]
    files += [str(a["src"]) for a in (*page.all("script"), *page.all("img"))]
    weight = sum(len(gzip.compress(body, 6)) for body in (html, *(client.get(name).get_data() for name in files)))
    assert weight <= 40_000


def test_pages_are_sent_compressed(walked) -> None:
    response = walked[1]["anonymous"].get("/en/programmes", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"


def test_static_files_may_be_kept_for_a_year_because_their_address_changes(walked) -> None:
    client = walked[1]["anonymous"]
    style = str(Page(client.get("/en/").get_data(as_text=True)).all("link")[0]["href"])
    kept = client.get(style).headers["Cache-Control"]
    assert "max-age=31536000" in kept and "immutable" in kept
    outdated = client.get("/static/000000000000/casa.css")
    assert outdated.status_code == 302 and outdated.location == style
    assert client.get("/static/000000000000/..%2Fi18n.py").status_code == 404
    assert client.get("/favicon.ico").status_code == 302


def test_the_style_is_small_and_knows_no_left_or_right() -> None:
    style = (Path(__file__).parents[2] / "registry/web/static/casa.css").read_text(encoding="utf-8")
    assert len(style) < 30_000
    assert not re.search(r"(margin|padding|border|inset)?-?(left|right)\s*:", style)


def test_an_address_that_leads_nowhere_is_a_page(walked) -> None:
    for path in ("/en/nothing", "/nothing", "/xx/programmes", "/en/programmes/99999", "/en/standards/none"):
        response = walked[1]["anonymous"].get(path)
        assert response.status_code == 404, path
        check_page(response.get_data(as_text=True))


def test_the_root_leads_to_the_overview(walked) -> None:
    assert walked[1]["anonymous"].get("/").location == "/en/"


def test_a_form_without_token_is_refused_with_a_page(walked) -> None:
    client = walked[0].test_client()
    response = client.post("/en/logout")
    assert response.status_code == 400
    assert "open for too long" in check_page(response.get_data(as_text=True)).text


def test_a_fault_of_ours_shows_a_number_and_no_trace(walked, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("registry.web.standards_pages.listing.list_standards", broken)
    response = walked[1]["anonymous"].get("/en/standards")
    assert response.status_code == 500
    page = check_page(response.get_data(as_text=True))
    assert "secret detail" not in page.text and "name this number" in page.text


def test_demonstration_data_is_marked_on_every_page(sqlite_app: RegistryFlask) -> None:
    assert "Demonstration." not in client_for(sqlite_app).get("/en/").get_data(as_text=True)
    with sqlite_app.database.transaction() as session:
        session.add(Meta(key="demo", value="1"))
    for path in ("/en/", "/en/programmes", "/en/nothing", "/en/login"):
        assert "Demonstration." in client_for(sqlite_app).get(path).get_data(as_text=True), path


def test_an_empty_registry_shows_its_pages(sqlite_app: RegistryFlask) -> None:
    for path in (
        "/en/",
        "/en/programmes",
        "/en/needs",
        "/en/offers",
        "/en/organisations",
        "/en/standards",
        "/en/states",
    ):
        check_page(client_for(sqlite_app).get(path).get_data(as_text=True))
