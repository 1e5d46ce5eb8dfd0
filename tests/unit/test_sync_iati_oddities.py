"""What real files do: almost everything is kept, what is left out is named, and very little makes a record unusable."""

from pathlib import Path
from typing import Any

import pytest

from registry.sync.adapters.contract import Record, RecordFault
from tests.support.iati import IATI, activity, batches, document, read_all, read_one, write


def one(folder: Path, extra: str, **options: Any) -> Record:
    (record,) = read_all(write(folder, document(activity(extra=extra, **options))))
    return record


def fault(folder: Path, content: bytes) -> RecordFault:
    ((piece,),) = batches(write(folder, content))
    with pytest.raises(RecordFault) as caught:
        IATI.read(piece)
    return caught.value


@pytest.mark.parametrize("written", ["FR", "Fr", "fr", " fr ", "fr-FR", "FR_fr"])
def test_languages_in_any_case(tmp_path: Path, written: str) -> None:
    extra = f'<title><narrative xml:lang="{written}">Titre</narrative></title>'
    assert one(tmp_path, extra).document["title"][1]["lang"] in ("fr", "fr-fr")


def test_what_is_no_language_is_left_out_and_the_default_stands(tmp_path: Path) -> None:
    extra = '<title><narrative xml:lang="English language">Other</narrative></title>'
    assert one(tmp_path, extra).document["title"][1] == {"text": "Other", "lang": "en"}
    plain = "<iati-activity><iati-identifier>A</iati-identifier><title>T</title></iati-activity>"
    assert read_one(tmp_path, document(plain))["title"] == [{"text": "T"}]


@pytest.mark.parametrize("code", ["XX", "KEN", "ke", "998", "XK", "Kenya"])
def test_country_codes_stay_as_given(tmp_path: Path, code: str) -> None:
    assert one(tmp_path, f'<recipient-country code="{code}"/>').document["countries"][1] == {"code": code}


def test_percentages_stay_as_given_also_where_they_are_off_100(tmp_path: Path) -> None:
    extra = "".join(f'<sector code="15240" percentage="{given}"/>' for given in ("60", "60.5", "70%"))
    assert [item["percentage"] for item in one(tmp_path, extra).document["sectors"]] == [60, 60.5, 70]


@pytest.mark.parametrize("percentage", ["NaN", "Infinity", "abc", "1e400", "9" * 50])
def test_a_percentage_that_is_none_is_left_out_with_a_warning(tmp_path: Path, percentage: str) -> None:
    record = one(tmp_path, f'<sector code="15240" percentage="{percentage}"/>')
    assert record.document["sectors"] == [{"vocabulary": "1", "code": "15240"}]
    assert len(record.warnings) == 1 and "percentage" in record.warnings[0] and "line" in record.warnings[0]


@pytest.mark.parametrize("percentage", [-2, 102])
def test_a_percentage_outside_0_to_100_stays_as_given_and_is_warned_of(tmp_path: Path, percentage: int) -> None:
    record = one(tmp_path, f'<sector code="15240" percentage="{percentage}"/>')
    assert record.document["sectors"][0]["percentage"] == percentage
    assert len(record.warnings) == 1 and "outside 0 to 100" in record.warnings[0]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("100", "USD", 10000),
        (" 1,234,567.89 ", "USD", 123456789),
        ("-20187", "USD", -2018700),
        ("1.5E3", "USD", 150000),
        ("+7", "USD", 700),
        ("1000", "JPY", 1000),
    ],
)
def test_amounts_as_publishers_write_them(tmp_path: Path, text: str, currency: str, minor: int) -> None:
    content = activity(extra=f'<budget><value currency="{currency}">{text}</value></budget>')
    assert read_one(tmp_path, document(content))["budgets"][0]["value"] == {"amount": minor, "currency": currency}


@pytest.mark.parametrize(
    ("text", "currency", "minor", "exact"),
    [("33644.8608", "USD", 3364486, "33644.8608"), ("-5e-10", "USD", 0, "-0.0000000005"), ("0.5", "JPY", 0, "0.5"),
     ("1.2345", "KWD", 1234, "1.2345")],
)  # fmt: skip
def test_more_decimals_than_the_currency_has_are_kept(
    tmp_path: Path, text: str, currency: str, minor: int, exact: str
) -> None:
    record = one(tmp_path, f'<budget><value currency="{currency}">{text}</value></budget>')
    assert record.document["budgets"][0]["value"] == {"amount": minor, "exact": exact, "currency": currency}
    assert "1 amounts have more decimals" in record.warnings[0]


@pytest.mark.parametrize(
    "text", ["abc", "NaN", "inf", "1.2.3", "12 EUR", "0x10", "--1", "1_000", "1e999999", "12345678901234567"]
)
@pytest.mark.parametrize("place", ["budget", "transaction", "planned-disbursement"])
def test_an_amount_that_is_no_number_costs_its_element_which_is_kept_aside(
    tmp_path: Path, place: str, text: str
) -> None:
    whole = f"<{place}><value>{text}</value></{place}>"
    record = one(tmp_path, whole + "<transaction><value>7</value></transaction>")
    assert [t["value"]["amount"] for t in record.document["transactions"]] == [700]
    assert not record.document.get("budgets") and not record.document.get("planned_disbursements")
    (kept,) = record.document["unreadable_elements"]
    assert (kept["element"], kept["xml"]) == (place, whole) and text in kept["reason"]
    assert text in record.warnings[0] and "line 3" in record.warnings[0]


def test_an_empty_amount_is_unknown_not_zero(tmp_path: Path) -> None:
    record = one(tmp_path, '<transaction><transaction-type code="3"/><value/></transaction>')
    assert record.document["transactions"] == [{"type": "3"}] and record.warnings


def test_a_value_without_date_or_currency_says_so_by_leaving_them_out(tmp_path: Path) -> None:
    inside = "<iati-identifier>A</iati-identifier><title>T</title><budget><value>5</value></budget>"
    assert read_one(tmp_path, document(f"<iati-activity>{inside}</iati-activity>"))["budgets"] == [
        {"value": {"amount": 500}}
    ]
    record = one(tmp_path, '<budget><value currency="dollars">5</value></budget>')
    assert record.document["budgets"] == [{"value": {"amount": 500}}] and "currency" in record.warnings[0]


@pytest.mark.parametrize("day", ["2020-13-45", "2021-02-29", "2020-00-10", "2020-06-31T00:00:00Z"])
def test_an_impossible_activity_date_makes_the_record_unusable(tmp_path: Path, day: str) -> None:
    found = fault(tmp_path, document(activity(extra=f'<activity-date type="2" iso-date="{day}"/>')))
    assert found.code == "date" and day in found.reason


@pytest.mark.parametrize(
    "day", ["", "soon", "2020", "0000-00-00", "01/02/2020", "0001-01-01", "20201345", "31-02-2018"]
)
def test_a_date_that_is_not_written_as_one_is_left_out(tmp_path: Path, day: str) -> None:
    assert len(one(tmp_path, f'<activity-date type="2" iso-date="{day}"/>').document["dates"]) == 1


@pytest.mark.parametrize(
    "day", ["2020/2/29", "2020-2-29", "20200229", "2020.02.29", "29-Feb-20", "29 February 2020", "29/02/2020"]
)
def test_a_day_that_can_be_read_in_one_way_only_is_read_with_a_warning(tmp_path: Path, day: str) -> None:
    record = one(tmp_path, f'<activity-date type="2" iso-date="{day}"/>')
    assert record.document["dates"][1]["date"] == "2020-02-29" and "is read as 2020-02-29" in record.warnings[0]


def test_text_with_markup_inside_is_whole(tmp_path: Path) -> None:
    content = "<iati-activity><iati-identifier>A</iati-identifier><title>Small <b>arms</b> control</title>"
    content += "<description>First part <br/>second part</description></iati-activity>"
    found = read_one(tmp_path, document(content, version="1.03"))
    assert found["title"][0]["text"] == "Small arms control"
    assert found["descriptions"][0]["narratives"][0]["text"] == "First part second part"


def test_a_second_provider_stands_beside_the_first(tmp_path: Path) -> None:
    parties = "".join(f'<provider-org ref="XX-{n}"/>' for n in (1, 2))
    (payment,) = one(tmp_path, f"<transaction>{parties}<value>9</value></transaction>").document["transactions"]
    assert (payment["provider_org"], payment["further_provider_orgs"]) == ({"ref": "XX-1"}, [{"ref": "XX-2"}])


def test_the_website_of_older_files_is_a_document_of_its_category(tmp_path: Path) -> None:
    found = one(tmp_path, "<activity-website>https://example.org/p</activity-website>").document["documents"]
    assert found == [{"url": "https://example.org/p", "format": "text/html", "categories": ["A12"]}]


@pytest.mark.parametrize(
    "day", ["2020-02-29", "2020-02-29T12:00:00", "2020-02-29Z", "2020-02-29+02:00", " 2020-02-29 "]
)
def test_a_date_with_time_or_zone_is_that_day(tmp_path: Path, day: str) -> None:
    assert one(tmp_path, f'<activity-date type="2" iso-date="{day}"/>').document["dates"][1]["date"] == "2020-02-29"


def test_an_impossible_date_elsewhere_is_only_left_out(tmp_path: Path) -> None:
    record = one(
        tmp_path, '<budget><period-start iso-date="2020-13-45"/><value value-date="2020-13-45">1</value></budget>'
    )
    assert record.document["budgets"] == [{"value": {"amount": 100, "currency": "USD"}}] and len(record.warnings) == 2


def test_organisations_without_ref_keep_their_names_and_empty_ones_go(tmp_path: Path) -> None:
    extra = '<participating-org role="4"><narrative>Trust</narrative></participating-org><participating-org role="1"/>'
    assert one(tmp_path, extra).document["participating_orgs"] == [
        {"narratives": [{"text": "Trust", "lang": "en"}], "role": "4"}
    ]


def test_elements_of_other_namespaces_comments_and_unknown_ones_are_passed_over(tmp_path: Path) -> None:
    extra = (
        '<x:title xmlns:x="http://example.org/x">Foreign</x:title><!-- a comment --><?pi data?>'
        "<no-such-element><title>Inside</title></no-such-element>"
        '<transaction><x:note xmlns:x="http://example.org/x"/><transaction-type code="3"/></transaction>'
    )
    found = one(tmp_path, extra).document
    assert len(found["title"]) == 1 and found["transactions"] == [{"type": "3"}]


def test_comments_and_markup_inside_a_text_do_not_cut_it(tmp_path: Path) -> None:
    record = one(tmp_path, "<title><narrative>One <!-- x -->two <b>three</b> four</narrative></title>")
    assert "two" in record.document["title"][1]["text"] and "four" in record.document["title"][1]["text"]


def test_1532_transactions_in_one_activity_are_all_kept(tmp_path: Path) -> None:
    extra = '<transaction><transaction-type code="3"/><value>1</value></transaction>' * 1532
    assert len(one(tmp_path, extra).document["transactions"]) == 1532


def test_coordinates_that_lie_nowhere_are_left_out_and_the_place_stays(tmp_path: Path) -> None:
    extra = "<location><name><narrative>Port</narrative></name><point><pos>95 200</pos></point></location>"
    record = one(tmp_path, extra)
    assert record.document["locations"] == [{"name": [{"text": "Port", "lang": "en"}]}] and record.warnings


def test_a_title_is_not_needed_where_there_is_an_identifier(tmp_path: Path) -> None:
    head = "<iati-activity><iati-identifier>A</iati-identifier>"
    assert read_one(tmp_path, document(head + "<title> </title></iati-activity>"))["iati_identifier"] == "A"
    assert fault(tmp_path, document("<iati-activity><title> </title></iati-activity>")).code == "no_text"
    assert read_one(tmp_path, document(head + "<description>D</description></iati-activity>"))["descriptions"]


def test_warnings_are_bounded(tmp_path: Path) -> None:
    assert len(one(tmp_path, '<sector code="1" percentage="x"/>' * 500).warnings) == 20


def test_identifiers_are_one_line(tmp_path: Path) -> None:
    assert read_one(tmp_path, document(activity("\n  XX-1   -2 \n")))["iati_identifier"] == "XX-1 -2"


def test_without_identifier_one_is_derived_that_stays_while_its_parts_do(tmp_path: Path) -> None:
    def derived(
        title: str = "T", day: str = "2024-01-01", country: str = "KE", reporter: str = "R", extra: str = ""
    ) -> str:
        content = (
            f'<iati-activity><reporting-org ref="{reporter}">N</reporting-org><title>{title}</title>'
            f'<activity-date type="1" iso-date="{day}"/><recipient-country code="{country}"/>{extra}</iati-activity>'
        )
        found = read_one(tmp_path, document(content))
        assert found["derived_identifier"] is True
        identifier: str = found["iati_identifier"]
        assert identifier.startswith("derived:")
        return identifier

    same = derived()
    assert derived(extra="<description>Anything else</description>") == same
    others = {derived(title="U"), derived(day="2024-01-02"), derived(country="UG"), derived(reporter="S")}
    assert len(others) == 4 and same not in others


def test_an_empty_identifier_counts_as_none(tmp_path: Path) -> None:
    assert read_one(tmp_path, document(activity("   ")))["derived_identifier"] is True
