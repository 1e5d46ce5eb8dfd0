"""What changes of needs and offers wait for: a draft and a refusal for nobody, an open record for what is matched."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from registry.db import Database
from registry.errors import Conflict, InvalidInput, VersionMismatch
from registry.matching import entries, refresh
from registry.matching.models import Need
from registry.matching.needs import NEEDS, create_need
from tests.support.matching import KENYA, need_form, open_need
from tests.support.postgresql import PostgreSQL

SECONDS = 20
"""For what must not wait: far above what it takes on a busy machine"""


@pytest.fixture
def side_by_side(postgresql: PostgreSQL) -> Iterator[Database]:
    """A database with several writers: SQLite has one."""
    url = postgresql.create(f"locks_{next(postgresql.numbers)}", template="casa_template")
    database = Database(url)
    yield database
    database.dispose()
    postgresql.drop(url)


@pytest.fixture
def records(side_by_side: Database) -> tuple[int, int]:
    """(an open need, a draft)"""
    with side_by_side.transaction() as session:
        draft = create_need(session, KENYA, need_form(title="Not ready"))
        return open_need(session).id or 0, draft.id or 0


def change(database: Database, record_id: int, expected_version: int | None = None, **data: Any) -> bool:
    with database.transaction() as session:
        return entries.update(session, KENYA, NEEDS, record_id, data, expected_version)[1]


def test_drafts_and_refusals_do_not_wait_for_what_is_matched(side_by_side: Database, records: tuple[int, int]) -> None:
    opened, draft = records
    with ThreadPoolExecutor(1) as pool, side_by_side.session() as busy:
        refresh.hold(busy)
        assert pool.submit(change, side_by_side, draft, title="Nearly ready").result(SECONDS)
        assert not pool.submit(change, side_by_side, opened).result(SECONDS)
        for refused, data in ((InvalidInput, {"title": ""}), (VersionMismatch, {"expected_version": 99})):
            with pytest.raises(refused):
                pool.submit(change, side_by_side, opened, **data).result(SECONDS)
        waiting = pool.submit(change, side_by_side, opened, title="Open and changed")
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        busy.rollback()
        assert waiting.result(SECONDS)


def test_a_change_that_waited_is_checked_against_what_it_waited_for(
    side_by_side: Database, records: tuple[int, int]
) -> None:
    """Both were right when they came; the second is judged, and told, by what the first left."""
    opened, _ = records
    with ThreadPoolExecutor(2) as pool, side_by_side.session() as busy:
        version = busy.get_one(Need, opened).version
        entries.update(busy, KENYA, NEEDS, opened, {"title": "The first"}, None)
        strict = pool.submit(change, side_by_side, opened, version, title="The second")
        other = pool.submit(change, side_by_side, opened, description="Beside the first")
        with pytest.raises(TimeoutError):
            other.result(0.5)
        busy.commit()
        assert other.result(SECONDS)
        with pytest.raises(VersionMismatch):
            strict.result(SECONDS)
    with side_by_side.reading() as session:
        need = session.get_one(Need, opened)
        assert (need.title, need.description, need.version) == ("The first", "Beside the first", version + 2)


def test_a_step_that_waited_for_another_is_refused(side_by_side: Database, records: tuple[int, int]) -> None:
    opened, _ = records

    def close() -> None:
        with side_by_side.transaction() as session:
            entries.change_status(session, KENYA, NEEDS, opened, "close", {"reason": "Met otherwise"})

    with ThreadPoolExecutor(1) as pool, side_by_side.session() as busy:
        entries.change_status(busy, KENYA, NEEDS, opened, "withdraw", {"reason": "Not needed now"})
        closing = pool.submit(close)
        with pytest.raises(TimeoutError):
            closing.result(0.5)
        busy.commit()
        with pytest.raises(Conflict):
            closing.result(SECONDS)
