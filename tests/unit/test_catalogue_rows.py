"""From document to row, facets and search text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.rows import derive, narrative, sort_key, title_of, usable_ref, years_of

DOCUMENT: dict[str, Any] = {
    "iati_identifier": "XM-EX-1-P7",
    "language": "fr",
    "currency": "EUR",
    "last_updated": "2024-05-01T10:00:00Z",
    "reporting_org": {"ref": "XM-EX-1", "type": "40", "narratives": [{"text": "Agence d'exemple", "lang": "fr"}]},
    "title": [{"text": "Small arms in the Sahel", "lang": "en"}, {"text": "Armes légères au Sahel", "lang": "fr"}],
    "descriptions": [{"type": "1", "narratives": [{"text": "Marquage des armes"}]}],
    "participating_orgs": [
        {"ref": "xm-ex-1 ", "role": "2", "narratives": [{"text": "Agence d'exemple"}]},
        {"role": "4", "narratives": [{"text": "Comité  Local"}]},
        {"ref": "N/A", "role": "1", "narratives": [{"text": "Donor of no ref"}]},
    ],
    "status": "2",
    "dates": [
        {"type": "1", "date": "2019-01-01"},
        {"type": "2", "date": "2020-02-01"},
        {"type": "3", "date": "2022-12-31"},
    ],
    "countries": [{"code": "ML", "percentage": 40}, {"code": "ne", "percentage": 60}],
    "regions": [{"code": "298", "vocabulary": "1"}],
    "sectors": [{"vocabulary": "1", "code": "15240"}, {"vocabulary": "99", "code": "X"}],
    "policy_markers": [{"vocabulary": "1", "code": "1", "significance": "1"}],
    "budgets": [{"type": "1", "period_start": "2020-01-01", "value": {"amount": 100, "currency": "USD"}}],
    "locations": [{"name": [{"text": "Gao"}]}],
    "results": [{"type": "1", "title": [{"text": "Weapons marked"}]}],
}


def of(document: dict[str, Any], **more: Any) -> Any:
    return derive(document, **{"themes": ["marking"], "source": "feed:3", "relevance": "scope all", **more})


def facet(derived: Any, name: str) -> set[str]:
    return {value for facet, value in derived.facets if facet == name}


def test_a_row_says_what_lists_need() -> None:
    row = of(DOCUMENT).row
    assert row["title"] == "Armes légères au Sahel"
    assert row["title_language"] == "fr"
    assert row["sort_title"] == "armes legeres au sahel"
    assert (row["start_date"], row["end_date"]) == ("2020-02-01", "2022-12-31")
    assert row["countries"] == "NER MLI"
    assert row["budget_usd"] == 100
    assert row["commitment_usd"] is None
    assert row["reporting_name"] == "Agence d'exemple"
    assert row["source_updated_at"].isoformat() == "2024-05-01T10:00:00+00:00"


def test_facets_hold_every_value_to_filter_by() -> None:
    derived = of(DOCUMENT)
    assert facet(derived, "theme") == {"marking"}
    assert facet(derived, "year") == {"2020", "2021", "2022"}
    assert facet(derived, "region") == {"011", "002"}
    assert facet(derived, "sector") == {"15240"}
    assert facet(derived, "marker") == {"gender"}
    assert facet(derived, "source") == {"feed:3"}
    assert derived.facets["country", "NER"] == 0.6


def test_the_same_organisation_in_two_roles_is_one_party() -> None:
    parties = of(DOCUMENT).parties
    assert [(party.ref, party.name) for party in parties] == [
        ("XM-EX-1", "Agence d'exemple"),
        (None, "Comité Local"),
        (None, "Donor of no ref"),
    ]


def test_a_programme_is_found_by_country_names_in_all_languages_and_by_what_stands_in_its_texts() -> None:
    derived = of(DOCUMENT)
    for word in ("马里", "مالي", "Niger", "Gao", "Weapons marked", "Marquage", "XM-EX-1-P7", "Comité"):
        assert word in derived.search_body
    assert "Small arms in the Sahel" in derived.search_title


def test_an_empty_document_makes_a_row() -> None:
    derived = of({"iati_identifier": "A"}, themes=[])
    assert derived.row["title"] == "A"
    assert derived.row["status"] is None
    assert facet(derived, "year") == set()


def test_sectors_on_transactions_count_where_the_activity_has_none() -> None:
    document = {"transactions": [{"type": "2", "sectors": [{"code": "15210"}]}]}
    assert facet(of(document), "sector") == {"15210"}


@pytest.mark.parametrize("significance", ["0", None])
def test_a_marker_that_says_not_targeted_is_no_marker(significance: str | None) -> None:
    marker = {"code": "1"} | ({"significance": significance} if significance else {})
    assert facet(of({"policy_markers": [marker]}), "marker") == set()


def test_values_too_long_for_their_column_are_cut_in_the_row_only() -> None:
    codes = [f"theme-{number}" for number in range(100)]
    row = of(
        {"title": [{"text": "字" * 2000}], "iati_identifier": "i" * 900, "status": "far too long"}, themes=codes
    ).row
    assert len(row["title"]) == 500
    assert len(row["iati_identifier"]) == 500
    assert row["status"] is None
    assert len(row["themes"]) <= 500
    assert set(row["themes"].split()) < set(codes)


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        (None, None, []),
        ("2020-01-01", None, [2020]),
        (None, "2021-05-05", [2021]),
        ("2020-06-01", "2022-01-01", [2020, 2021, 2022]),
        ("2022-01-01", "2020-01-01", [2020, 2022]),
        ("1900-01-01", "9999-12-31", list(range(1990, 2050))),
        ("1800-01-01", "1800-12-31", []),
    ],
)
def test_years_of_a_programme(start: str | None, end: str | None, years: list[int]) -> None:
    assert years_of(start, end) == years


@pytest.mark.parametrize(
    ("given_", "used"),
    [
        ("gb-gov-1 ", "GB-GOV-1"),
        ("XM-DAC-41114", "XM-DAC-41114"),
        ("N/A", None),
        ("0", None),
        ("00000", None),
        ("-", None),
        ("", None),
        (None, None),
        ("TBC", None),
        ("41114", "41114"),
        ("FR", "FR"),
    ],
)
def test_only_real_references_identify_an_organisation(given_: str | None, used: str | None) -> None:
    assert usable_ref(given_) == used


def test_a_title_in_the_documents_language_comes_first() -> None:
    assert title_of({"title": [{"text": "a", "lang": "en"}, {"text": " b  c ", "lang": "es"}], "language": "es"}) == (
        "b c",
        "es",
    )
    assert title_of({"title": [{"text": "a", "lang": "en"}, {"text": "b"}], "language": "es"}) == ("b", "es")
    assert title_of({"title": [{"text": "a", "lang": "en"}]}) == ("a", "en")
    assert narrative([]) == {}


def test_accents_and_case_do_not_decide_the_order() -> None:
    assert sorted(["Zone", "État", "eau"], key=sort_key) == ["eau", "État", "Zone"]


texts = st.text(max_size=20)
narratives = st.lists(st.fixed_dictionaries({"text": texts}, optional={"lang": texts}), max_size=3)
code = st.sampled_from(["ML", "NE", "XX", "", "mli", "998"])
parts = st.lists(
    st.fixed_dictionaries(
        {"code": code}, optional={"percentage": st.floats(-10, 300), "vocabulary": st.sampled_from("12")}
    ),
    max_size=3,
)
documents = st.fixed_dictionaries(
    {},
    optional={
        "iati_identifier": texts,
        "title": narratives,
        "countries": parts,
        "regions": parts,
        "sectors": parts,
        "participating_orgs": st.lists(
            st.fixed_dictionaries({"narratives": narratives}, optional={"ref": texts, "type": texts})
        ),
        "dates": st.lists(st.fixed_dictionaries({"type": st.sampled_from("1234"), "date": st.dates().map(str)})),
        "transactions": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from("123")},
                optional={
                    "value": st.fixed_dictionaries(
                        {"amount": st.integers()}, optional={"currency": st.sampled_from(["USD", "EUR", "???"])}
                    ),
                    "countries": parts,
                    "date": st.dates().map(str),
                },
            ),
            max_size=4,
        ),
    },
)


@given(documents)
def test_any_document_makes_a_row_that_fits_its_columns(document: dict[str, Any]) -> None:
    derived = of(document)
    assert len(derived.row["countries"]) <= 500
    assert all(0 < len(value) <= 200 for _, value in derived.facets)
    assert all(share is None or 0 <= share <= 1.0000001 for share in derived.facets.values())
