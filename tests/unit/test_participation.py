"""What States did towards instruments: since when that binds them, what cannot be, what is only odd."""

from datetime import date
from typing import Any

import pytest

from registry.catalogue.acts import Period, is_bound, periods
from registry.catalogue.models import Participation
from registry.compliance.duties.everybody import Owed, count, to_come
from registry.compliance.duties.rules import Act as Filed
from registry.compliance.duties.rules import Due, Duty, dues
from registry.compliance.participation.rules import Act, day_of, faults, orphans, warnings
from registry.compliance.participation.standing import standing_of

TODAY = date(2026, 6, 1)
SIGNED, JOINED, LEFT = Act("signature", date(2013, 6, 3)), Act("ratification", date(2014, 9, 1)), Act(
    "withdrawal", date(2020, 1, 1)
)  # fmt: skip


def test_a_state_is_bound_from_joining_until_it_leaves_and_again_when_it_returns() -> None:
    back = Act("accession", date(2024, 5, 1))
    assert periods([back, LEFT, SIGNED, JOINED]) == [Period(JOINED.on, LEFT.on), Period(back.on)]
    assert not is_bound([SIGNED], TODAY)
    assert is_bound([JOINED], TODAY) and not is_bound([JOINED, LEFT], TODAY) and is_bound([JOINED, LEFT, back], TODAY)
    assert is_bound([JOINED, LEFT], date(2019, 12, 31)) and not is_bound([JOINED, LEFT], date(2020, 1, 1))


def test_a_joining_without_a_day_binds_and_a_known_day_says_since_when() -> None:
    undated = Act("participation", None)
    assert periods([undated]) == [Period(None)] and is_bound([undated], TODAY)
    assert periods([undated, JOINED]) == [Period(JOINED.on)]
    assert periods([LEFT]) == []


@pytest.mark.parametrize(
    ("new", "others", "type_", "field"),
    [
        (Act("ratification", date(2026, 6, 2)), [], "treaty", "on"),  # not come yet
        (Act("signature", date(2012, 1, 1)), [], "treaty", "on"),  # before it was adopted
        (Act("ratification", None), [], "treaty", "on"),
        (LEFT, [], "treaty", "act"),  # never joined
        (LEFT, [SIGNED], "treaty", "act"),
        (Act("denunciation", date(2014, 8, 31)), [JOINED], "treaty", "act"),
        (Act("ratification", date(2020, 1, 1)), [], "political", "act"),  # nobody ratifies it
    ],
)
def test_what_cannot_be_is_refused_under_its_field(new: Act, others: list[Act], type_: str, field: str) -> None:
    assert [name for name, _ in faults(new, others, type_, date(2013, 4, 2), TODAY)] == [field]


def test_what_may_be_is_not_refused() -> None:
    adopted = date(2013, 4, 2)
    assert faults(JOINED, [], "treaty", adopted, TODAY) == []
    assert faults(LEFT, [JOINED], "treaty", adopted, TODAY) == []
    assert faults(Act("participation", None), [], "political", None, TODAY) == []
    assert faults(Act("report", TODAY), [], "political", None, TODAY) == []
    assert faults(JOINED, [], None, None, TODAY) == []  # of an instrument that is not loaded nothing is known


def test_what_is_odd_is_told_and_stays_possible() -> None:
    late = Act("signature", date(2015, 1, 1))
    assert warnings(late, [JOINED]) == warnings(JOINED, [late]) != []
    assert warnings(JOINED, [SIGNED]) == []
    assert len(warnings(Act("accession", date(2016, 1, 1)), [JOINED])) == 1
    assert warnings(Act("accession", date(2024, 1, 1)), [JOINED, LEFT]) == []


def test_a_withdrawal_rests_on_what_was_joined_before() -> None:
    assert not orphans([JOINED, LEFT]) and orphans([LEFT]) and orphans([Act("accession", date(2021, 1, 1)), LEFT])


def test_reports_are_due_only_while_the_state_is_bound() -> None:
    yearly = Duty("annual", "att", "parties", 5, 31, every_years=1)
    acts = [Filed("ratification", date(2014, 9, 1)), Filed("withdrawal", date(2024, 1, 1))]
    owed = [due.on.year for due in dues(yearly, acts, TODAY)]
    assert owed == [2022, 2023]


def row(act: str, on: date | None, **more: Any) -> Participation:
    return Participation(state="KEN", instrument="att", act=act, on=on, source="", **more)


def test_a_state_is_party_signatory_or_gone_by_what_it_did_last() -> None:
    signed, joined = row("signature", SIGNED.on, checked=True), row("ratification", JOINED.on, reservation="Article 6")
    left, filed = row("withdrawal", LEFT.on), row("report", TODAY)
    assert standing_of("KEN", [filed], TODAY) is None, "a report says nothing of it"
    only = standing_of("KEN", [signed, filed], TODAY)
    assert only and (only.standing, only.signed_on, only.joined_on, only.checked) == (
        "signatory",
        SIGNED.on,
        None,
        True,
    )
    party = standing_of("KEN", [signed, joined], TODAY)
    assert party and (party.standing, party.joined_on, party.left_on) == ("party", JOINED.on, None)
    assert (party.reservations, party.checked) == (1, False)
    gone = standing_of("KEN", [signed, joined, left], TODAY)
    assert gone and (gone.standing, gone.left_on) == ("left", LEFT.on)


def test_reports_are_counted_by_year_and_who_never_filed_one_is_known() -> None:
    def owed(state: str, year: int, status: str, ever: bool) -> Owed:
        return Owed(state, Due("annual", "att", date(year, 5, 31), status), ever)

    rows = [
        owed("KEN", 2024, "submitted", True), owed("KEN", 2025, "missing", True), owed("UGA", 2024, "missing", False),
        owed("UGA", 2025, "missing", False), owed("GHA", 2025, "due", False),
    ]  # fmt: skip
    counted = count(rows)["annual"]
    assert counted.years == {2024: {"submitted": 1, "missing": 1}, 2025: {"missing": 2, "due": 1}}
    assert counted.never == {"UGA"}, "a report that is only to come is not missing"
    assert to_come(rows) == {("annual", date(2025, 5, 31)): ["GHA"]}


def test_a_day_of_adoption_may_be_a_month_or_a_year() -> None:
    assert [day_of(text) for text in ("2013-04-02", "2023-12", "2002", "soon", None)] == [
        date(2013, 4, 2), date(2023, 12, 1), date(2002, 1, 1), None, None,
    ]  # fmt: skip
