"""The main job by real browsers: a State assesses itself, makes a need of a gap, opens it and sees who could help."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.e2e

Visit = Callable[..., Any]


def test_from_assessment_to_match(visit: Visit) -> None:
    state = visit("state")
    page = state.open("/en/assessments/1")
    page.get_by_role("link", name="Answer", exact=True).click()
    page.get_by_role("link", name="Marking").click()
    clause = page.get_by_role("group", name=re.compile(r"para\. 9"))
    clause.get_by_label("Not in place").check()
    page.get_by_text("Saved at").wait_for()
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("heading", name="Record-keeping").wait_for()
    page.get_by_role("link", name="To the result").click()
    page.get_by_label("para. 8 (a)").check()
    page.get_by_role("button", name="Make a need of these").click()
    page.get_by_role("heading", name="Edit the need").wait_for()
    page.get_by_label("Marking", exact=True).check()
    page.get_by_label("Needed from").fill("2027-01-01")
    page.get_by_label("Needed until").fill("2028-12-31")
    page.get_by_label("Everybody").check()
    page.get_by_role("button", name="Save and open").click()
    page.get_by_text("Open", exact=True).first.wait_for()
    row = page.get_by_role("row", name=re.compile("Grants for marking"))
    row.get_by_role("link", name="Why").click()
    page.get_by_role("heading", name="Why they fit").wait_for()
    assert page.get_by_text("Nothing stands against this pair").is_visible()
    parts = page.get_by_role("table", name="The parts").get_by_role("row").all_inner_texts()
    points = [float(line.split("\t")[3]) for line in parts[1:]]
    assert points[-1] == pytest.approx(sum(points[:-1]), abs=0.3)


def test_a_donor_enters_an_offer_and_sees_whom_it_would_help(visit: Visit) -> None:
    page = visit("donor").open("/en/offers/new")
    page.get_by_label("Title", exact=False).first.fill("Machines for East Africa")
    page.get_by_role("button", name="Save and open").click()
    page.get_by_role("heading", name="One thing needs attention").wait_for()
    assert page.get_by_label("Title", exact=False).first.input_value() == "Machines for East Africa"
    page.get_by_role("alert").get_by_role("link").first.click()
    page.get_by_label("Equipment").check()
    page.get_by_label("Marking", exact=True).check()
    page.get_by_label("Places").fill("Eastern Africa")
    page.get_by_label("Budget").fill("2,000,000")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Available from").fill("2026-01-01")
    page.get_by_label("Available until").fill("2030-01-01")
    page.get_by_role("button", name="Save and open").click()
    page.get_by_role("heading", name="Needs that fit").wait_for()
    assert page.get_by_role("link", name="Marking machines for the police").first.is_visible()


def test_a_coordinator_adds_a_feed_and_looks_at_a_run(visit: Visit) -> None:
    page = visit("coordinator").open("/en/feeds")
    page.get_by_role("link", name="Add a feed").click()
    page.get_by_label("Name").fill("A partner's activities")
    page.get_by_label("Address").fill("https://data.example.org/activities.xml")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="A partner's activities").wait_for()
    page.get_by_role("button", name="Sync now").click()
    page.get_by_text("A run was asked for.").wait_for()
    page.goto(page.url.split("/feeds")[0] + "/runs/1")
    assert page.get_by_role("row", name=re.compile("In all")).inner_text().split() == ["In", "all", "32"]
    page.get_by_role("link", name="Records in quarantine").click()
    page.get_by_text("As it came").click()
    assert page.get_by_text("<script>alert(1)</script>").is_visible()


def test_the_catalogue_without_script(visit: Visit) -> None:
    page = visit(None, java_script_enabled=False).open("/en/programmes")
    page.get_by_label("Search").fill("stockpiles phase 7")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Safer stockpiles, phase 7").click()
    assert page.get_by_role("heading", name="Money").is_visible()
    assert page.get_by_role("img", name=re.compile("Money by year")).is_visible()


def test_the_page_filters_what_it_shows(visit: Visit) -> None:
    page = visit().open("/en/states")
    page.get_by_label("Filter this page").fill("cote d'ivoire")
    rows = page.locator("#states tbody tr:visible")
    assert rows.count() == 1 and "Ivoire" in rows.first.inner_text()


def test_a_need_is_entered_on_a_phone_by_keyboard(visit: Visit) -> None:
    visitor = visit("state", viewport={"width": 320, "height": 640})
    page = visitor.open("/en/needs/new")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_label("Title", exact=False).first.focus()
    page.keyboard.type("Entered by keyboard")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Entered by keyboard").wait_for()


ACCESSIBLE = [
    (None, ("/en/", "/en/programmes", "/en/programmes/1", "/en/organisations", "/en/organisations/1", "/en/states",
            "/en/states/KEN", "/en/needs", "/en/needs/1", "/en/offers", "/en/offers/1", "/en/matches/1/1",
            "/en/standards", "/en/standards/iti", "/en/assessments", "/en/login", "/en/nothing")),
    ("state", ("/en/", "/en/needs/new", "/en/needs/1/edit", "/en/needs/2", "/en/assessments/1", "/en/assessments/new",
               "/en/assessments/1/answer?section=marking", "/en/states/KEN", "/en/account", "/en/matches/2/1")),
    ("donor", ("/en/offers/new", "/en/offers/1/edit")),
    ("coordinator", ("/en/", "/en/feeds", "/en/feeds/1", "/en/feeds/new?adapter=csv", "/en/runs/1",
                     "/en/feeds/1/records", "/en/listed", "/en/listed/1", "/en/same-as", "/en/same-as/1",
                     "/en/conflicts", "/en/conflicts/1", "/en/programmes/1",
                     "/en/programmes/1/edit", "/en/organisations/new", "/en/webhooks", "/en/webhooks/new",
                     "/en/webhooks/1", "/en/webhooks/1/messages/1")),
]  # fmt: skip


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "paths"), ACCESSIBLE, ids=[str(name) for name, _ in ACCESSIBLE])
def test_pages_keep_to_the_rules_of_accessibility(
    visit: Visit, name: str | None, paths: tuple[str, ...], scheme: str
) -> None:
    visitor, found = visit(name, color_scheme=scheme), {}
    # The dark scheme changes colours only.
    rules = {"type": "tag", "values": RULES} if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
    for path in paths:
        page = visitor.open(path)
        # What stands behind a summary must be right as well.
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        results = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
        if results.violations_count:
            found[path] = [
                (violation["id"], [node["html"][:160] for node in violation["nodes"][:3]])
                for violation in results.response["violations"]
            ]
    assert not found


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_page_is_wider_than_its_window(visit: Visit, width: int) -> None:
    visitor, wide = visit("state", viewport={"width": width, "height": 800}), []
    for path in (*ACCESSIBLE[0][1], *ACCESSIBLE[1][1]):
        if visitor.open(path).evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    assert not wide
