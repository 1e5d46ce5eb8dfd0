"""Keyset paging: every row once, in order, whatever the page size, on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlmodel import Session

from registry.catalogue.models import Programme
from registry.catalogue.paging import Sort, encode_cursor, keyset, sort_of
from registry.errors import InvalidInput
from registry.schemas import encode_opaque

START = datetime(2026, 1, 1, tzinfo=UTC)
SORTS = {
    "updated_at": Sort((Programme.updated_at, Programme.id), descending=True),
    "title": Sort((Programme.sort_title, Programme.id)),
    "budget": Sort((Programme.budget_usd, Programme.id), nullable=True),
    "start": Sort((Programme.start_date, Programme.id), nullable=True),
}


@pytest.fixture
def stocked(session: Session) -> Session:
    rows: list[dict[str, Any]] = [
        {
            "iati_identifier": f"X-{n}",
            "title": f"Title {n % 4}",
            "sort_title": f"title {n % 4}",
            "budget_usd": None if n % 3 == 0 else (n % 5) * 100,
            "start_date": None if n % 4 else f"20{10 + n}-01-01",
            "updated_at": START + timedelta(seconds=n % 6, microseconds=n % 2),
            "created_at": START,
            "version": 1,
        }
        for n in range(23)
    ]
    session.execute(insert(Programme), rows)
    return session


def walk(session: Session, sort: Sort, limit: int) -> list[int]:
    statement = select(
        Programme.id, Programme.sort_title, Programme.updated_at, Programme.budget_usd, Programme.start_date
    )
    found: list[int] = []
    cursor = None
    while True:
        page = keyset(session, statement, sort, cursor, limit)
        assert len(page.rows) <= limit
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        assert page.rows, "an empty page has no next one"
        cursor = page.next


@pytest.mark.parametrize("text", [f"{sign}{name}" for name in SORTS for sign in ("", "-")])
def test_every_row_comes_once_and_in_order_whatever_the_page_size(stocked: Session, text: str) -> None:
    sort = sort_of(text, SORTS)
    rows = stocked.execute(select(Programme)).scalars().all()
    key = sort.columns[0].key
    with_value = [r for r in rows if getattr(r, key) is not None]
    expected = sorted(with_value, key=lambda r: (getattr(r, key), r.id), reverse=sort.descending)
    expected += sorted((r for r in rows if getattr(r, key) is None), key=lambda r: r.id or 0, reverse=sort.descending)
    for limit in (1, 4, 7, 23, 50):
        assert walk(stocked, sort, limit) == [r.id for r in expected]


def test_entities_can_be_paged_as_well_as_columns(stocked: Session) -> None:
    page = keyset(stocked, select(Programme), sort_of("title", SORTS), None, 5)
    again = keyset(stocked, select(Programme), sort_of("title", SORTS), page.next, 5)
    assert [r[0].id for r in page.rows] + [r[0].id for r in again.rows] == walk(stocked, SORTS["title"], 50)[:10]


def test_a_statement_that_does_not_select_its_sort_column_says_so(stocked: Session) -> None:
    with pytest.raises(LookupError, match="sort_title"):
        keyset(stocked, select(Programme.id), sort_of("title", SORTS), None, 5)


def test_the_sorts_that_exist_are_named_when_another_is_asked_for() -> None:
    with pytest.raises(InvalidInput) as caught:
        sort_of("colour", SORTS)
    assert "updated_at, -updated_at, title" in caught.value.fields["sort"][0]
    assert sort_of(None, SORTS).descending and sort_of("", SORTS).name == "updated_at"


def test_no_forged_cursor_reaches_the_database(stocked: Session) -> None:
    sort = sort_of("updated_at", SORTS)
    good = sort.signature
    bad = [
        "", "x", "§", "AAAA", encode_opaque([]), encode_opaque([good]), encode_opaque([good, "yesterday", 1]),
        encode_opaque([good, "2026-01-01", 1]), encode_opaque([good, "2026-01-01T00:00:00Z", "1"]),
        encode_opaque([good, "2026-01-01T00:00:00Z", 2**63]), encode_opaque([good, None, 1]),
        encode_opaque([good, "2026-01-01T00:00:00Z", None]), encode_opaque([good, "2026-01-01T00:00:00Z", True]),
        encode_opaque([good, "2026-01-01T00:00:00Z", 1, 2]), encode_opaque([{}, [], 1]),
        encode_cursor([START, 1], sort_of("-updated_at", SORTS)),
        encode_cursor(["a", 1], sort_of("title", SORTS)),
    ]  # fmt: skip
    for cursor in bad[1:]:
        with pytest.raises(InvalidInput) as caught:
            keyset(stocked, select(Programme), sort, cursor, 5)
        assert list(caught.value.fields) == ["cursor"], cursor
    nul = encode_opaque([sort_of("title", SORTS).signature, "a\0", 1])
    with pytest.raises(InvalidInput):
        keyset(stocked, select(Programme), sort_of("title", SORTS), nul, 5)
