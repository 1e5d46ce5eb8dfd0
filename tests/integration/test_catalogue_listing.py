"""Lists, filters, orders, totals and facet counts, on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.catalogue import listing
from registry.catalogue.editing import create_programme
from registry.catalogue.listing import Filters
from registry.catalogue.programmes import Incoming, archive, store_batch
from registry.catalogue.schemas import ProgrammeRowSchema, programme_row
from registry.errors import InvalidInput

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FEED = system("feed:1 run:1")


def document(number: int) -> dict[str, Any]:
    return {
        "iati_identifier": f"X-{number}",
        "reporting_org": {"ref": f"ORG-{number % 2}", "narratives": [{"text": f"Organisation {number % 2}"}]},
        "title": [{"text": ["Éclair", "alpha", "Zulu", "beta"][number % 4] + (" weapons" if number < 4 else "")}],
        "descriptions": [{"narratives": [{"text": "weapons of all kinds"}]}],
        "status": "2" if number % 2 else "4",
        "countries": [{"code": "ML" if number % 3 else "NE"}],
        "dates": [{"type": "2", "date": f"{2015 + number}-01-01"}] if number % 2 else [],
        "budgets": [{"period_start": "2020-01-01", "value": {"amount": number * 100, "currency": "USD"}}]
        if number
        else [],
        "policy_markers": [{"code": "1", "significance": "2"}] if number == 1 else [],
    }


@pytest.fixture
def stocked(session: Session) -> Session:
    for number in range(8):
        theme = "marking" if number % 2 else "stockpile"
        store_batch(
            session, [Incoming(document(number), None, [theme], "scope all")], source=f"feed:{1 + number // 4}",
            run_id=1, actor=FEED, now=NOW + timedelta(minutes=number),
        )  # fmt: skip
    return session


def identifiers(
    session: Session, q: str = "", sort: str | None = None, limit: int = 50, **values: list[str]
) -> list[str]:
    """All pages of a list."""
    found: list[str] = []
    cursor = None
    while True:
        page = listing.list_programmes(session, ANONYMOUS, Filters(q, values), sort=sort, cursor=cursor, limit=limit)
        found += [row.iati_identifier for row in page.rows]
        if page.next is None:
            assert listing.count_programmes(session, ANONYMOUS, Filters(q, values)) == len(found)
            return found
        cursor = page.next


def names(*numbers: int) -> list[str]:
    return [f"X-{number}" for number in numbers]


@pytest.mark.parametrize("limit", [3, 50])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (None, names(7, 6, 5, 4, 3, 2, 1, 0)),
        ("updated", names(0, 1, 2, 3, 4, 5, 6, 7)),
        ("title", names(5, 1, 7, 3, 4, 0, 6, 2)),
        ("start", names(1, 3, 5, 7, 0, 2, 4, 6)),
        ("-start", names(7, 5, 3, 1, 6, 4, 2, 0)),
        ("budget", names(1, 2, 3, 4, 5, 6, 7, 0)),
        ("-budget", names(7, 6, 5, 4, 3, 2, 1, 0)),
    ],
)
def test_each_order_on_whatever_page_size(stocked: Session, sort: str | None, expected: list[str], limit: int) -> None:
    assert identifiers(stocked, sort=sort, limit=limit) == expected


@pytest.mark.parametrize("limit", [3, 50])
def test_by_relevance_titles_come_before_texts_and_the_newest_first(stocked: Session, limit: int) -> None:
    assert identifiers(stocked, "weapons", limit=limit) == names(3, 2, 1, 0, 7, 6, 5, 4)
    assert identifiers(stocked, "weapons", sort="relevance", limit=limit) == names(3, 2, 1, 0, 7, 6, 5, 4)
    assert identifiers(stocked, "weapons", sort="-budget", limit=limit) == names(7, 6, 5, 4, 3, 2, 1, 0)
    assert identifiers(stocked, "", sort="relevance") == names(7, 6, 5, 4, 3, 2, 1, 0)


def test_values_of_one_facet_are_alternatives_and_facets_add_up(stocked: Session) -> None:
    assert identifiers(stocked, theme=["marking"]) == names(7, 5, 3, 1)
    assert identifiers(stocked, theme=["marking", "stockpile"]) == names(7, 6, 5, 4, 3, 2, 1, 0)
    assert identifiers(stocked, theme=["marking"], country=["NER"]) == names(3)
    assert identifiers(stocked, country=["ne"], status=["4"]) == names(6, 0)
    assert identifiers(stocked, year=["2016", "2018"]) == names(3, 1)
    assert identifiers(stocked, source=["feed:2"]) == names(7, 6, 5, 4)
    assert identifiers(stocked, "zulu", marker=["gender"]) == []
    assert identifiers(stocked, theme=[]) == names(7, 6, 5, 4, 3, 2, 1, 0)


def test_a_region_holds_the_regions_inside_it(stocked: Session) -> None:
    assert len(identifiers(stocked, region=["002"])) == 8
    assert len(identifiers(stocked, region=["011"])) == 8
    assert identifiers(stocked, region=["150"]) == []


def test_an_unknown_facet_or_order_is_named(stocked: Session) -> None:
    with pytest.raises(InvalidInput) as caught:
        identifiers(stocked, colour=["red"])
    assert set(caught.value.fields) == {"colour"}
    with pytest.raises(InvalidInput) as caught:
        identifiers(stocked, sort="colour")
    assert set(caught.value.fields) == {"sort"}


def counts(session: Session, actor: Actor = ANONYMOUS, q: str = "", **values: list[str]) -> dict[str, dict[str, int]]:
    found = listing.facet_counts(session, actor, Filters(q, values))
    return {facet: {item.value: item.count for item in items} for facet, items in found.items()}


def test_counts_say_what_each_value_would_leave(stocked: Session) -> None:
    found = counts(stocked)
    assert found["theme"] == {"marking": 4, "stockpile": 4}
    assert found["country"] == {"MLI": 5, "NER": 3}
    assert found["marker"] == {"gender": 1}
    assert set(found) == set(listing.FACETS)


def test_counts_of_a_facet_leave_its_own_filter_out(stocked: Session) -> None:
    found = counts(stocked, country=["NER"])
    assert found["country"] == {"MLI": 5, "NER": 3}
    assert found["theme"] == {"stockpile": 2, "marking": 1}
    found = counts(stocked, q="zulu")
    assert found["theme"] == {"stockpile": 2}


def test_labels_are_words(stocked: Session) -> None:
    found = listing.facet_counts(stocked, ANONYMOUS, Filters(), "fr")
    assert {item.label for item in found["organisation"]} == {"Organisation 0", "Organisation 1"}
    assert [item.label for item in listing.facet_counts(stocked, ANONYMOUS, Filters(), "zh")["country"]][0] == "马里"
    assert all(item.label and item.label != item.value for facet in ("status", "region") for item in found[facet])


def test_an_organisation_without_identifier_goes_by_its_name_as_written(stocked: Session) -> None:
    def labels(actor: Actor) -> dict[str, str]:
        return {i.value: i.label for i in listing.facet_counts(stocked, actor, Filters())["organisation"]}

    party = {"role": "4", "narratives": [{"text": "Comité Local d’Appui"}]}
    known = {"role": "4", "ref": "ORG-KNOWN", "narratives": [{"text": "Known Body"}]}
    incoming = Incoming(document(8) | {"participating_orgs": [party, known]}, None, [], "scope all")
    store_batch(stocked, [incoming], source="feed:1", run_id=1, actor=FEED, now=NOW + timedelta(hours=1))
    shouted = {"role": "4", "narratives": [{"text": "COMITÉ LOCAL D’APPUI"}]}
    hidden = {"title": [{"text": "Hidden"}], "participating_orgs": [shouted]}
    create_programme(stocked, system("test"), {"document": hidden, "visibility": "private"})
    (key,) = [value for value in labels(ANONYMOUS) if value.startswith("name:")]
    assert labels(ANONYMOUS)[key] == "Comité Local d’Appui", "a hidden programme's spelling is shown"
    assert labels(system("test"))[key] == "COMITÉ LOCAL D’APPUI", "not the latest spelling"


def test_counts_follow_every_change(stocked: Session) -> None:
    assert listing.count_programmes(stocked, ANONYMOUS, Filters()) == 8
    assert counts(stocked)["theme"]["marking"] == 4
    archive(stocked, [2], "gone", FEED, NOW)
    assert listing.count_programmes(stocked, ANONYMOUS, Filters()) == 7
    assert counts(stocked)["theme"] == {"marking": 3, "stockpile": 4}
    assert "X-1" not in identifiers(stocked)


def test_what_somebody_may_not_see_is_not_counted_either(stocked: Session) -> None:
    coordinator = Actor("coordinator", None, label="user:1")
    create_programme(
        stocked,
        coordinator,
        {"document": {"title": [{"text": "Hidden"}]}, "themes": ["marking"], "visibility": "members"},
    )
    assert counts(stocked)["theme"]["marking"] == 4
    assert counts(stocked, status=[])["theme"]["marking"] == 4
    assert counts(stocked, coordinator)["theme"]["marking"] == 5
    assert counts(stocked, Actor("state", 1, state="MLI"))["theme"]["marking"] == 5
    assert listing.count_programmes(stocked, ANONYMOUS, Filters()) == 8
    assert listing.count_programmes(stocked, coordinator, Filters("hidden")) == 1
    assert identifiers(stocked, "hidden") == []


def test_a_fast_row_equals_the_schemas_dump(stocked: Session) -> None:
    page = listing.list_programmes(stocked, ANONYMOUS, Filters("weapons"))
    schema = ProgrammeRowSchema()
    for row in page.rows:
        fast = programme_row(row)
        assert set(fast) == set(schema.fields)
        dumped = schema.dump(fast)
        dates = {name: value.isoformat() for name, value in fast.items() if isinstance(value, datetime)}
        assert {**fast, **dates} == dumped


def test_the_row_schema_names_the_lists_columns() -> None:
    assert [column.key for column in listing.COLUMNS] == list(ProgrammeRowSchema().fields)


def test_all_rows_can_be_walked(stocked: Session) -> None:
    rows = listing.iterate_programmes(stocked, ANONYMOUS, Filters(values={"theme": ["marking"]}))
    assert [row.iati_identifier for row in rows] == names(1, 3, 5, 7)
