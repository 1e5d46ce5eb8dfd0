"""The flow picture: nothing lost, nothing outside, the same each time, mirrored from right to left."""

import re

import pytest

from registry.web.flow_layout import BAR, OTHERS, TOP, WIDTH, folded, lay_out

FLOWS = {
    ("A", "t1", "KEN"): 600,
    ("A", "t2", "UGA"): 200,
    ("B", "t1", "UGA"): 150,
    ("C", "", "KEN"): 50,
    ("C", "t2", ""): 0,
}


def test_every_column_and_both_steps_hold_all_the_money() -> None:
    picture = lay_out(FLOWS)
    for column in range(3):
        assert sum(node.value for node in picture.nodes if node.column == column) == 1000
    for column in (0, 1):
        assert sum(band.value for band in picture.bands if band.column == column) == 1000


def test_the_largest_stands_first_and_bars_do_not_overlap() -> None:
    picture = lay_out(FLOWS)
    donors = [node for node in picture.nodes if node.column == 0]
    assert [node.code for node in donors] == ["A", "B", "C"]
    for one, following in zip(donors, donors[1:], strict=False):
        assert one.y + one.height < following.y


def test_beyond_the_largest_the_rest_is_put_together_and_stands_last() -> None:
    flows = {(f"D{n:02d}", "t", "KEN"): 100 + n for n in range(15)} | {("big", "t", "UGA"): 1}
    picture = lay_out(flows, most=4)
    donors = [node for node in picture.nodes if node.column == 0]
    assert [node.code for node in donors] == ["D14", "D13", "D12", "D11", OTHERS]
    assert donors[-1].value == sum(range(100, 111)) + 1
    assert sum(folded(flows, 4).values()) == sum(flows.values())


def test_the_order_in_which_flows_are_given_makes_no_difference() -> None:
    assert lay_out(FLOWS) == lay_out(dict(reversed(FLOWS.items())))


@pytest.mark.parametrize("is_rtl", [False, True])
def test_bands_go_from_bar_to_bar_inside_the_picture(is_rtl: bool) -> None:
    picture = lay_out(FLOWS, is_rtl)
    at = {(node.column, node.code): node for node in picture.nodes}
    for band in picture.bands:
        source, target = at[band.column, band.source], at[band.column + 1, band.target]
        numbers = [float(number) for number in re.findall(r"[\d.]+", band.path)]
        begins, ends = (source.x, target.x + BAR) if is_rtl else (source.x + BAR, target.x)
        assert numbers[0] == pytest.approx(begins, abs=0.11) and ends in [pytest.approx(n, abs=0.11) for n in numbers]
        assert source.y - 0.1 <= numbers[1] <= source.y + source.height + 0.1
    assert all(0 <= node.x <= WIDTH and TOP <= node.y < picture.height for node in picture.nodes)


def test_from_right_to_left_donors_stand_on_the_right_with_their_words_outside() -> None:
    left, right = lay_out(FLOWS), lay_out(FLOWS, is_rtl=True)
    for one, mirrored in zip(left.nodes, right.nodes, strict=True):
        assert mirrored.x == pytest.approx(WIDTH - BAR - one.x)
        assert (mirrored.y, mirrored.height) == (one.y, one.height)
    donor = right.nodes[0]
    # Words that run from right to left end at their left edge: at the bar, for they stand right of it.
    assert donor.label_x > donor.x and donor.anchor == "end"


def test_without_money_there_is_no_picture() -> None:
    assert lay_out({}).nodes == [] and lay_out({("A", "t", "KEN"): 0}).bands == []
