"""Rows written past the ORM are those the ORM would have written, and fail as they would."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from registry.bulk import insert_rows
from registry.db import Database
from registry.sync.models import Feed

FEED = Feed.__table__  # type: ignore[attr-defined]
AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
TEXTS = ["plain", "tab\tnew\nline\\back", "\\N", "小武器 أسلحة", "'quoted' \"twice\""]


def row(name: str, **more: object) -> dict[str, object]:
    return {"name": name, "adapter": "iati", "created_at": AT, "updated_at": AT, "full_fetch_at": None, **more}


def test_every_kind_of_value_comes_back_and_defaults_stand_in(database: Database) -> None:
    with database.transaction() as session:
        insert_rows(session, FEED, [row(name, config={"delimiter": "\t", "list": [1, None]}) for name in TEXTS])
        insert_rows(session, FEED, [])
    with database.reading() as session:
        found = session.execute(select(Feed).order_by(FEED.c.id)).scalars().all()
        assert [feed.name for feed in found] == TEXTS
        assert {feed.created_at for feed in found} == {AT.astimezone(UTC)} and found[0].full_fetch_at is None
        assert found[0].config == {"delimiter": "\t", "list": [1, None]}
        assert (found[0].scope, found[0].enabled, found[0].version) == ("relevant", True, 1)


def test_a_row_that_the_database_does_not_take_is_an_error_like_any_other(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        insert_rows(session, FEED, [row("A", config={}), row("A", config={})])
    with database.transaction() as session:
        insert_rows(session, FEED, [row("A", config={})])
