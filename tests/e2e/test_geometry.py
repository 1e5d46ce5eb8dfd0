"""What a person has to see and press is on the screen: opened panels, choices, no sideways scroll."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

Visit = Callable[..., Any]
WIDTHS = (360, 768, 1280)
PANELS = {"state": ["/en/proposals/1", "/en/needs/1"], "coordinator": ["/en/proposals/1", "/en/programmes/1"]}
CHOICES = ["/en/assessments/1/answer?section=facts", "/en/assessments/1/answer?section=marking", "/en/assessments/new"]


def outside(page: Any, width: int, selector: str) -> list[Any]:
    """What matches and does not lie in the window from side to side; and the page itself where it scrolls sideways."""
    boxes = [each.bounding_box() for each in page.locator(selector).all() if each.is_visible()]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [box for box in boxes if box["x"] < 0 or box["x"] + box["width"] > width] + [wide] * (wide > width)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_opens_on_the_screen(visit: Visit, name: str) -> None:
    visitor, wrong = visit(name), []
    for path in PANELS[name]:
        page = visitor.open(path)
        assert page.locator("details.unfold").count()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for panel in page.locator("details.unfold").all():
                button = panel.locator("summary").first
                button.click()
                card, bar = panel.locator("> .card").bounding_box(), button.bounding_box()
                below = card["width"] >= min(250, width - 100) and 0 <= card["y"] - bar["y"] <= 200
                found = outside(page, width, "details.unfold > .card, details.unfold > .card button")
                wrong += [(path, width, card, found)] if found or not below else []
                button.click()
    assert not wrong


def test_choices_have_their_size(visit: Visit) -> None:
    visitor, wrong = visit("state"), []
    for path in CHOICES:
        page = visitor.open(path)
        assert page.locator("main input[type=radio]").count()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            boxes = [each.bounding_box() for each in page.locator("main input[type=radio]").all()]
            wrong += [(path, width, box) for box in boxes if not box or min(box["width"], box["height"]) < 18]
            wrong += [(path, width, box) for box in outside(page, width, "main input[type=radio]")]
    assert not wrong
