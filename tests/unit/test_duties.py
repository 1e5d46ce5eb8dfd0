"""When a report is due, whether it came in time, and the calendar of it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.acts import Period
from registry.compliance.duties import service
from registry.compliance.duties.calendars import Entry, ics
from registry.compliance.duties.rules import Act, Duty, dues, memberships, months_later

TODAY = date(2026, 11, 23)
YEARLY = Duty("annual", "att", "parties", 5, 31, 1, in_force=date(2014, 12, 24), entry_days=90)
ONCE = Duty("initial", "att", "parties", once_months_after_entry=12, in_force=date(2014, 12, 24), entry_days=90)
INVITED = Duty("annual", "unroca", "all", 5, 31, 1, invited=True)
BIENNIAL = Duty("biennial", "poa", "all", 12, 31, 2, even_years=True)


def statuses(duty, *acts):
    return {due.on.year: due.status for due in dues(duty, acts, TODAY)}


def test_a_party_owes_from_the_first_whole_year_in_force():
    acts = [Act("signature", date(2013, 6, 3)), Act("ratification", date(2023, 11, 1))]
    assert memberships(YEARLY, acts) == [Period(date(2024, 1, 30))]
    assert statuses(YEARLY, *acts) == {2026: "missing", 2027: "due", 2028: "due"}
    early = [Act("ratification", date(2013, 7, 1))]
    assert memberships(YEARLY, early) == [Period(date(2014, 12, 24))]


def test_who_is_no_party_owes_nothing():
    assert dues(YEARLY, [Act("signature", date(2013, 6, 3))], TODAY) == []
    assert dues(ONCE, [Act("ratification", None)], TODAY) == []


def test_the_initial_report_is_due_once_and_late_whenever_it_comes():
    party = Act("accession", date(2020, 2, 29))
    (due,) = dues(ONCE, [party, Act("report", date(2024, 1, 1))], TODAY)
    assert (due.on, due.status, due.filed) == (date(2021, 5, 29), "late", date(2024, 1, 1))
    assert statuses(ONCE, party) == {2021: "missing"}


def test_a_report_counts_for_the_time_in_which_it_was_filed():
    party = Act("ratification", date(2015, 1, 1))
    reports = [Act("report", date(2023, 5, 31)), Act("report", date(2024, 7, 1)), Act("report", date(2026, 1, 5))]
    found = statuses(YEARLY, party, *reports)
    assert found == {2022: "missing", 2023: "submitted", 2024: "late", 2025: "missing", 2026: "submitted",
                     2027: "due", 2028: "due"}  # fmt: skip


def test_one_report_counts_once():
    party = Act("ratification", date(2015, 1, 1))
    found = dues(YEARLY, [party, Act("report", date(2024, 7, 1))], TODAY)
    assert [due.on.year for due in found if due.filed] == [2024]


def test_every_second_year_means_the_even_ones():
    assert statuses(BIENNIAL, Act("report", date(2024, 3, 1))) == {
        2022: "missing", 2024: "submitted", 2026: "due", 2028: "due",
    }  # fmt: skip


def test_what_is_invited_is_never_due_late_or_missing():
    assert statuses(INVITED, Act("report", date(2024, 5, 1)), Act("report", date(2025, 9, 1))) == {
        2022: "not_noted", 2023: "not_noted", 2024: "sent", 2025: "sent", 2026: "not_noted",
        2027: "invited", 2028: "invited",
    }  # fmt: skip
    invited = {name for name, (duty, _) in service.duties().items() if duty.invited}
    assert invited == {"poa-report", "unroca-annual"}


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2025, 1, 31), -2, date(2024, 11, 30)),
    ],
)
def test_months_end_where_they_end(day, months, then):
    assert months_later(day, months) == then


@given(st.lists(st.dates(date(2014, 1, 1), date(2028, 1, 1)), max_size=8), st.dates(date(2024, 1, 1), date(2027, 1, 1)))
def test_each_report_is_used_at_most_once_and_only_the_future_is_due(filed, today):
    acts = [Act("ratification", date(2014, 1, 1)), *(Act("report", day) for day in filed)]
    found = dues(YEARLY, acts, today)
    used = [due.filed for due in found if due.filed]
    assert len(used) == len(set(used)) and set(used) <= set(filed)
    assert all((due.status == "due") == (due.filed is None and due.on >= today) for due in found)


def test_the_file_of_duties_fits_and_each_has_its_source():
    assert {"poa-report", "iti-report", "att-initial", "att-annual", "unroca-annual"} <= set(service.duties())
    assert all(said["source"] and set(said["title"]) == {"en", "fr", "es", "ar", "ru", "zh"}
               for _, said in service.duties().values())  # fmt: skip


def test_a_calendar_is_folded_escaped_and_the_same_each_time():
    entries = [
        Entry("b@casa", date(2027, 5, 31), "Annual report; with, marks\\ and\nlines", "报" * 60, "https://casa.test/x"),
        Entry("a@casa", date(2024, 2, 29), "First"),
    ]
    made = ics("Kenya", entries)
    assert made == ics("Kenya", entries[::-1])
    lines = made.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines) and lines[-1] == b""
    unfolded = made.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:Annual report\\; with\\, marks\\\\ and\\nlines" in unfolded and "报" * 60 in unfolded
    assert "DTSTART;VALUE=DATE:20240229" in unfolded and "DTEND;VALUE=DATE:20240301" in unfolded
    assert unfolded.index("a@casa") < unfolded.index("b@casa")
