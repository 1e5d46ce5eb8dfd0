"""The questionnaire saves by itself in a real browser: with the line up, down and up again, and beside a colleague."""

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

Visit = Callable[..., Any]
SECTION = "/en/assessments/1/answer?section=records"


def evidence(page: Any) -> Any:
    """The evidence of the section's first clause, its folded part opened."""
    folded = page.locator("details.more", has_text="Reason and evidence").first
    if folded.get_attribute("open") is None:
        folded.locator("summary").click()
    return folded.get_by_label("Evidence")


def choose(page: Any, code: str) -> None:
    page.locator(f"main input[type=radio][value={code}]").first.check()


def test_what_is_typed_without_a_line_is_kept_over_a_reload_and_saved_when_it_is_back(visit: Visit) -> None:
    visitor = visit("state")
    page = visitor.open(SECTION)
    choose(page, "none")
    page.get_by_text(re.compile("Saved at")).wait_for()
    page.route("**/answer/part", lambda route: route.abort())
    evidence(page).fill("Act 12 of 2021")
    page.get_by_text("Not saved: no connection").wait_for()
    page.reload()
    assert evidence(page).input_value() == "Act 12 of 2021"
    page.unroute("**/answer/part")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.get_by_text(re.compile("Saved at")).wait_for()
    page.reload()
    assert evidence(page).input_value() == "Act 12 of 2021"
    assert page.evaluate("Object.keys(localStorage).length") == 0
    visitor.complaints.clear()  # the browser says itself that requests were cut


def test_a_colleague_was_faster_and_signing_out_leaves_nothing_behind(visit: Visit) -> None:
    mine, theirs = visit("state").open(SECTION), visit("reviewer").open(SECTION)
    choose(theirs, "partial")
    theirs.get_by_text(re.compile("Saved at")).wait_for()
    choose(mine, "full")
    mine.get_by_text(re.compile("Somebody else changed this meanwhile to: Partly")).wait_for()
    assert mine.evaluate("Object.keys(localStorage).length") == 1
    mine.get_by_role("button", name="Save", exact=True).click()
    mine.get_by_role("heading", name="Somebody else changed this meanwhile").wait_for()
    mine.get_by_role("button", name="Replace it with mine").click()
    mine.get_by_text("Saved.", exact=True).wait_for()
    assert mine.evaluate("Object.keys(localStorage).length") == 0
    mine.evaluate("localStorage.setItem('casa:answers:1:1:x', '{}')")
    mine.get_by_role("button", name="Sign out").click()
    mine.get_by_text("You have signed out.").wait_for()
    assert mine.evaluate("Object.keys(localStorage).length") == 0
