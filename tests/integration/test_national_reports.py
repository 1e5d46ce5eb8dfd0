"""National reports: filled in from what is known, the State's own words, frozen on submission, nobody else's before."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlmodel import col

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.api.etags import etag_of
from registry.catalogue.models import Participation
from registry.catalogue.programmes import Incoming, store_batch
from registry.cli import casa
from registry.compliance import assessments, library
from registry.compliance.contacts.models import Contact
from registry.compliance.duties import service as duties
from registry.db import Database, utcnow
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.http import RegistryFlask
from registry.matching import needs
from registry.reporting import service, views
from registry.reporting.content import Entry, entries_of
from registry.reporting.models import NationalReport
from registry.settings import data_path
from tests.support.pages import check_page
from tests.support.people import client_for, make_user, token_headers

KENYA = Actor("state", state="KEN", label="user:1")
UGANDA = Actor("state", state="UGA", label="user:2")
PERIOD = {"period_start": "2024-01-01", "period_end": "2025-12-31"}
DRAFT = {"template": "poa-iti", **PERIOD}
NEED = {
    "state": "KEN", "title": "Marking machines", "visibility": "members", "themes": ["marking"],
    "window_start": "2027-01-01", "window_end": "2028-01-01",
    "lines": [{"type": "equipment", "money": {"amount": 50_000_00, "currency": "USD", "value_date": "2026-11-01"}}],
}  # fmt: skip


def programme(number: int, title: str, **more: Any) -> Incoming:
    document = {
        "iati_identifier": f"XX-{number}", "title": [{"text": title, "lang": "en"}],
        "countries": [{"code": "KE"}], **more,
    }  # fmt: skip
    return Incoming(document, None, ["marking"], "scope all")


@pytest.fixture
def world(database: Database) -> dict[str, int]:
    """Kenya's unreviewed answers to the Programme of Action, an open need, programmes, and a begun report."""
    with database.transaction() as session:
        files = [data_path("standards") / name for name in ("poa.yaml", "iti.yaml")]
        library.load(session, system("test"), files)
        assessment = assessments.start(session, KENYA, {"standard": "poa"})
        answers = {"ii-4": {"value": "full", "evidence": "Act 3"}, "ii-5": {"value": "none"}}
        assessments.answer(session, KENYA, assessment, {"answers": answers})
        need = needs.create_need(session, KENYA, NEED)
        needs.open_need(session, KENYA, need.id or 0, None)
        incoming = [
            programme(1, "Marking in Kenya", dates=[{"type": "2", "date": "2024-03-01"}]),
            programme(2, "Long ago", dates=[{"type": "2", "date": "2010-01-01"}, {"type": "4", "date": "2012-01-01"}]),
        ]
        for office, published in (("Focal point", True), ("Back office", False)):
            session.add(
                Contact(
                    state="KEN", office=office, instruments=" poa ", published=published, source="test",
                    confirmed_on=date(2026, 1, 1), email="office@ministry.example",
                )
            )  # fmt: skip
        store_batch(session, incoming, source="test", run_id=1, actor=KENYA, now=utcnow())
        report = service.begin(session, KENYA, DRAFT)
        return {"report": report.id or 0, "assessment": assessment.id or 0, "need": need.id or 0}


def entries(database: Database, number: int, actor: Actor = KENYA) -> dict[str, Entry]:
    with database.reading() as session:
        content = service.content_of(session, actor, service.get_report(session, actor, number))
        return {entry["id"]: entry for _, entry in entries_of(content)}


def test_a_draft_says_what_is_known_and_where_it_comes_from(database: Database, world: dict[str, int]) -> None:
    found = entries(database, world["report"])
    (body,) = found["body"]["items"]
    assert (
        body["origin"]["id"] == world["assessment"]
        and body["fulfilment"] == "1"
        and body["question"]["en"]
        and body["instrument"]["en"] == "PoA"
    )
    assert [item["value"] is None for item in found["contact"]["items"]] == [False, True]
    (need,) = found["needs"]["items"]
    assert need["origin"] == {"kind": "need", "id": world["need"]} and need["asked_usd_cents"] == 50_000_00
    assert [item["title"] for item in found["programmes"]["items"]] == ["Marking in Kenya"]
    (office,) = found["contact-details"]["items"]
    assert office["office"] == "Focal point" and "ministry.example" not in str(office), "addresses are not kept"
    with database.reading() as session:
        shown = views.whole(session, KENYA, service.get_report(session, KENYA, world["report"]), date(2026, 11, 24))
    said = {check["code"] for check in shown["checks"]}
    assert {"unanswered", "not_reviewed", "need_without_partner", "programme_without_money"} <= said
    assert shown["progress"]["filled"] < shown["progress"]["entries"]


def test_own_words_stay_while_what_is_prefilled_is_recomputed(database: Database, world: dict[str, int]) -> None:
    own = {"body": {"text": "The commission", "replaces": True}, "body-men": {"text": "7"}}
    with database.transaction() as session:
        service.fill(session, KENYA, world["report"], {"entries": own}, 1)
        assessment = assessments.get_assessment(session, KENYA, world["assessment"])
        assessments.answer(session, KENYA, assessment, {"answers": {"ii-4": None}})
    found = entries(database, world["report"])
    assert found["body"]["items"][0]["value"] is None, "computed anew"
    assert found["body"]["own"]["text"] == "The commission" and found["body"]["changed_since"]
    with database.transaction() as session, pytest.raises(VersionMismatch):
        service.fill(session, KENYA, world["report"], {"entries": {"body": None}}, 1)
    with database.transaction() as session:
        service.fill(session, KENYA, world["report"], {"entries": {"body": None}}, 2)
    assert entries(database, world["report"])["body"]["own"] is None


def test_a_submitted_report_says_the_same_for_ever(database: Database, world: dict[str, int]) -> None:
    with database.transaction() as session:
        report = service.submit(session, KENYA, world["report"], {"on": "2026-11-01", "source": "A/1"}, 1)
        before = service.content_of(session, KENYA, report)
        needs.close_need(session, KENYA, world["need"], {"reason": "met"}, None)
        assessment = assessments.get_assessment(session, KENYA, world["assessment"])
        assessments.answer(session, KENYA, assessment, {"answers": {"ii-4": None}})
        filed = duties.owed(session, "KEN", date(2026, 11, 24))
        with pytest.raises(Conflict):
            service.fill(session, KENYA, world["report"], {"entries": {"more": {"text": "late"}}}, None)
        with pytest.raises(Conflict):
            service.submit(session, KENYA, world["report"], {"on": "2026-11-01"}, None)
    with database.reading() as session:
        assert service.content_of(session, KENYA, service.get_report(session, KENYA, world["report"])) == before
    noted = {(due.duty, due.filed) for due in filed if due.on == date(2026, 12, 31)}
    assert noted == {("poa-report", date(2026, 11, 1)), ("iti-report", date(2026, 11, 1))}


def test_nobody_else_sees_a_report_before_it_is_published(database: Database, world: dict[str, int]) -> None:
    strangers = (ANONYMOUS, UGANDA, Actor("coordinator", user_id=9), Actor("admin", user_id=9))

    def hidden() -> bool:
        with database.reading() as session:
            for who in strangers:
                with pytest.raises(NotFound):
                    service.get_report(session, who, world["report"])
                assert service.list_reports(session, who, "KEN") == []
        return True

    assert hidden()
    with database.transaction() as session:
        with pytest.raises(NotAllowed):
            service.begin(session, UGANDA, {**DRAFT, "state": "KEN"})
        with pytest.raises(NotFound):
            service.fill(session, UGANDA, world["report"], {"entries": {}}, None)
        with pytest.raises(Conflict):
            service.publish(session, KENYA, world["report"], None)
        service.submit(session, KENYA, world["report"], {"on": "2026-11-01"}, None)
    assert hidden()
    with database.transaction() as session:
        service.publish(session, KENYA, world["report"], None)
    with database.reading() as session:
        for who in strangers:
            shown = views.whole(session, who, service.get_report(session, who, world["report"]), date(2026, 11, 24))
            assert shown["status"] == "published" and shown["checks"] == [], "what is lacking is for the State"


def test_beginning_twice_gives_the_same_draft_and_the_period_that_is_due(
    database: Database, world: dict[str, int]
) -> None:
    with database.transaction() as session:
        assert service.begin(session, KENYA, DRAFT).id == world["report"]
        now = utcnow().replace(year=2026, month=11)
        usual = service.begin(session, KENYA, {"template": "unroca-annual"}, now)
        assert (usual.period_start, usual.period_end) == (date(2025, 1, 1), date(2025, 12, 31))
        other = service.begin(session, KENYA, {**DRAFT, "period_start": "2023-01-01"})
        with pytest.raises(Conflict):
            service.fill(session, KENYA, other.id or 0, {"period_start": "2024-01-01"}, None)
        for wrong, field in (
            ({"template": "moon"}, "template"), ({"period_end": "2023-01-01"}, "period_end"),
            ({"period_start": "2090-01-01", "period_end": "2090-12-31"}, "period_start"),
        ):  # fmt: skip
            with pytest.raises(InvalidInput) as told:
                service.begin(session, KENYA, DRAFT | wrong)
            assert list(told.value.fields) == [field]


def test_the_api_begins_fills_submits_and_publishes(sqlite_app: RegistryFlask, sqlite_database: Database) -> None:
    app, database = sqlite_app, sqlite_database
    headers = token_headers(database, make_user(database, "state"), ["assessments:read", "assessments:write"])
    client = app.test_client()
    listed = "/api/v1/states/KEN/national-reports"
    begun = client.post(listed, json={"template": "att-annual", **PERIOD}, headers=headers)
    assert begun.status_code == 201, begun.text
    address, tag = begun.headers["Location"], begun.headers["ETag"]
    assert client.get(address).status_code == 404 and client.get(listed).json["items"] == []  # type: ignore[index]
    assert client.get(address, headers=headers | {"If-None-Match": tag}).status_code == 200, "pre-filled anew"
    bad = {"entries": {"exports": {"rows": [{"pieces": "x"}]}}}
    refused = client.patch(address, json=bad, headers=headers | {"If-Match": tag})
    assert refused.status_code == 422 and "#/entries/exports/rows/0/pieces" in refused.text
    own = {"entries": {"exports": {"rows": [{"category": "I", "pieces": "4"}]}, "imports": {"none": True}}}
    assert client.patch(address, json=own, headers=headers).status_code == 428
    filled = client.patch(address, json=own, headers=headers | {"If-Match": tag})
    assert filled.status_code == 200 and filled.headers["ETag"] == etag_of(2)
    early = client.post(f"{address}/submit", json={"on": "2999-01-01"}, headers=headers | {"If-Match": '"2"'})
    assert early.status_code == 422 and "#/on" in early.text
    sent = client.post(f"{address}/submit", json={"on": "2026-05-01"}, headers=headers | {"If-Match": '"2"'})
    assert sent.json["status"] == "submitted"  # type: ignore[index]
    assert client.get(address).status_code == 404
    shown = client.post(f"{address}/publish", headers=headers | {"If-Match": '"3"'})
    assert shown.status_code == 200
    public = client.get(address)
    assert public.json["content"]["sections"][1]["entries"][0]["own"]["rows"][0]["pieces"] == "4"  # type: ignore[index]
    assert client.get(address, headers={"If-None-Match": public.headers["ETag"]}).status_code == 304
    with database.reading() as session:
        noted = session.scalars(select(Participation)).one()
    assert noted.source == f"National report {public.json['id']} of this registry"  # type: ignore[index]


def test_the_pages_begin_fill_keep_what_was_typed_and_submit(
    sqlite_app: RegistryFlask, sqlite_database: Database
) -> None:
    browser = client_for(sqlite_app, make_user(sqlite_database, "state"))
    due = check_page(browser.get("/en/states/KEN/reports").text)
    offered = due.text.count("Begin it")
    form = {name: due.form.getlist(name)[0] for name in ("template", "period_start", "period_end")}
    assert browser.post("/en/states/KEN/national-reports", data=form).status_code == 303
    assert check_page(browser.get("/en/states/KEN/reports").text).text.count("Begin it") < offered
    begun = browser.post("/en/states/KEN/national-reports", data={"template": "att-annual", **PERIOD})
    again = browser.post("/en/states/KEN/national-reports", data={"template": "att-annual", **PERIOD})
    page = begun.headers["Location"]
    assert again.headers["Location"] == page, "twice gives the same draft"
    sent = check_page(browser.get(page).text).form
    typed = {
        "contact.text": "Focal point", "day-of-data.text": "2025-12-31", "exports.rows.0.pieces": "many",
        "exports.rows.0.category": "IV",
    }  # fmt: skip
    for name, text in typed.items():
        sent.setlist(f"entries.{name}", [text])
    wrong = browser.post(page, data=sent)
    assert wrong.status_code == 422 and 'value="many"' in wrong.text and "Write a number" in wrong.text
    sent.setlist("entries.exports.rows.0.pieces", ["4"])
    assert browser.post(page, data=sent).status_code == 303
    shown = browser.get(page).text
    assert "Focal point" in shown and 'value="IV"' in shown
    sent.setlist("entries.contact.text", ["Somebody else"])
    sent.setlist("entries.contact.replaces", ["true"])
    late = browser.post(page, data=sent)
    assert late.status_code == 412 and "Somebody else" in late.text, "both versions are shown"
    mine = check_page(late.text).form
    assert browser.post(page, data=mine).status_code == 303, "mine is sent again over theirs"
    shown = browser.get(page).text
    assert "Somebody else" in shown and 'value="IV"' in shown
    unchanged = check_page(shown).form
    assert browser.post(page, data=unchanged).status_code == 303
    assert check_page(browser.get(page).text).form["version"] == unchanged["version"], "nothing changed"
    early = browser.post(f"{page}/submit", data={"version": unchanged["version"], "on": ""})
    assert early.status_code == 422
    done = browser.post(f"{page}/submit", data={"version": unchanged["version"], "on": "2026-05-01"})
    assert (
        done.status_code == 303
        and browser.post(f"{page}/submit", data={"version": 3, "on": "2026-05-01"}).status_code == 409
    )
    with sqlite_database.reading() as session:
        stored = session.scalars(select(NationalReport).where(col(NationalReport.template) == "att-annual")).one()
        assert stored.entries["contact"]["replaces"] is True
    frozen = check_page(browser.get(page).text)
    assert not frozen.all("textarea") and "History" in frozen.text and "Submitted on 1 May 2026" in frozen.text
    assert sqlite_app.test_client().get(page).status_code == 404
    assert browser.post(f"{page}/publish", data={"version": int(unchanged["version"]) + 1}).status_code == 303
    for name in ("json", "html", "xlsx", "pdf"):
        file = browser.get(f"{page}.{name}")
        assert file.status_code == 200 and f"att-annual-KEN-2025.{name}" in file.headers["Content-Disposition"]
        assert file.data == sqlite_app.test_client().get(f"/api/v1{page[3:]}/file?format={name}").data
    printed = check_page(sqlite_app.test_client().get(f"{page}/print").text)
    assert "Somebody else" in printed.text and "What is still to be done" not in printed.text
    assert "History" not in check_page(sqlite_app.test_client().get(page).text).text, "drafts are the State's"


def test_the_command_writes_the_latest_report_or_what_is_known(sqlite_database: Database, tmp_path: Path) -> None:
    environment = {"CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(tmp_path)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(casa, ["report", *arguments], env=environment)

    file = tmp_path / "report.xlsx"
    first = run("Kenya", "att-annual", "--format", "xlsx", "-o", str(file))
    assert first.exit_code == 0 and "No such report was begun" in first.output, first.output
    assert file.read_bytes().startswith(b"PK")
    with sqlite_database.transaction() as session:
        begun = service.begin(session, KENYA, {"template": "att-annual", **PERIOD})
        service.fill(session, KENYA, begun.id or 0, {"entries": {"contact": {"text": "Focal point"}}}, None)
    assert "Focal point" in run("KEN", "att-annual", "--format", "html").output
    assert run("KEN", "moon").exit_code != 0 and run("Atlantis", "att-annual").exit_code != 0
