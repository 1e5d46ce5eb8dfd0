"""Another registry that lies: its changes never end, go in circles or backwards, or take away what is not theirs.

Over real sockets: every run ends, nothing goes because of it, and nobody else is asked.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from registry.catalogue.models import Programme
from registry.db import Database
from registry.settings import Settings
from registry.sync import feeds
from registry.sync.adapters.peer import following
from registry.sync.models import Feed
from registry.sync.report import Report
from registry.sync.runner import run_feed
from tests.support.adapters.of_peer import HEAD, events, handed, line, lines
from tests.support.fault_server import Answer, FaultServer, body
from tests.support.syncing import CLI

RECORDS = 30
Sync = Callable[[], Report]


@pytest.fixture
def sync(database: Database, settings: Settings, server: FaultServer) -> Sync:
    """Follows the server, which has handed over RECORDS programmes already; a refused run is told, not raised."""
    server.serve("/there/api/v1/snapshot/for-peers", body(handed(*lines(RECORDS))))
    with database.transaction() as session:
        form = {"name": "There", "adapter": "peer", "url": server.url("/there"), "scope": "all"}
        feed = feeds.create_feed(session, CLI, form).id or 0
    allowing = replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=10, sync_pause_ms=0, host_gap_ms=0)
    assert run_feed(database, allowing, feed).run.created == RECORDS
    server.requests.clear()
    return lambda: run_feed(database, allowing, feed)


def changes(server: FaultServer, page: Callable[[int], tuple[bytes, str, bool]]) -> None:
    """`page`: number of the question, from 1 → (events, cursor behind them, whether there is more)."""
    asked = 0

    def answer(connection: Any, request: Any) -> None:
        nonlocal asked
        asked += 1
        content, cursor, more = page(asked)
        link = f'<https://elsewhere.example/api/v1/changes?after={cursor}>; rel="next"'
        headers = {"Link": link, "X_Has_More": "true" if more else "false"}
        body(content, Content_Type="application/json", **headers)(connection, request)

    server.serve("/there/api/v1/changes", answer)


def held(database: Database) -> int:
    with database.reading() as session:
        in_force = select(func.count()).select_from(Programme).where(Programme.archived_at.is_(None))  # type: ignore[union-attr]
        return session.execute(in_force).scalar_one()


def cursor_of(database: Database) -> str:
    with database.reading() as session:
        return str((session.execute(select(Feed.followed)).scalar_one() or {})["cursor"])  # type: ignore[call-overload]


def test_changes_that_never_end_and_say_nothing_are_refused(
    sync: Sync, server: FaultServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MAX_PAGES", 20)
    changes(server, lambda asked: (b"[]", f"c{asked}", True))
    run = sync().run
    assert (run.status, run.reason_code) == ("failed", "pages")
    assert len(server.requests) == 20
    assert (held(database), cursor_of(database)) == (RECORDS, HEAD["cursor"])


def test_changes_that_never_end_are_taken_a_bounded_part_at_a_time(
    sync: Sync, server: FaultServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MAX_PAGES", 10)
    server.serve("/there/api/v1/snapshot/for-peers", body(handed(line(1, 2, "Changed"))))
    changes(server, lambda asked: (events((asked, "programmes/1", {"version": 2})), f"c{asked}", True))
    for times in (1, 2):
        run = sync().run
        assert run.status in ("succeeded", "not_modified"), run.reason
        assert cursor_of(database) == f"c{10 * times}"
    assert len(server.requests) == 22 and held(database) == RECORDS


@pytest.mark.parametrize(
    "page",
    [
        lambda asked: (b"[]", "same", True),
        lambda asked: (b"[]", f"c{asked % 3}", True),
        lambda asked: (events((9 - asked, "programmes/1", {"version": 2})), f"c{asked}", True),
        lambda asked: (events((5, "programmes/1", {}), (5, "programmes/2", {})), "c", False),
        lambda asked: (b"[]", "c" * 501, True),
        lambda asked: (b"[]", "", True),
        lambda asked: (b'[{"sequence": "later"}]', "c", False),
        lambda asked: (b'{"items": []}', "c", False),
        lambda asked: (b"[" * 100_000, "c", False),
    ],
    ids=["stands still", "circle", "backwards", "twice", "huge cursor", "no cursor", "no number", "object", "deep"],
)
def test_changes_that_lead_nowhere_are_refused_and_nothing_is_lost(
    sync: Sync, server: FaultServer, database: Database, page: Callable[[int], tuple[bytes, str, bool]]
) -> None:
    changes(server, page)
    run = sync().run
    assert run.status == "failed" and run.reason_code in ("pages", "not_json", "not_registry"), run.reason
    assert (held(database), cursor_of(database)) == (RECORDS, HEAD["cursor"])
    assert {request.path.partition("?")[0] for request in server.requests} == {"/there/api/v1/changes"}


def withdrawn(number: Any, **origin: Any) -> tuple[int, str, dict[str, Any]]:
    said = {"registry": HEAD["registry"], "id": number, "generation": 0, "version": 2} | origin
    return number, f"programmes/{number}", {"version": 2, "tombstone": True, "origin": said}


@pytest.mark.parametrize(
    "origin",
    [
        {"generation": 2**62},  # from a far future
        {"registry": "00000000-0000-4000-8000-000000000009"},  # of somebody else
        {"version": 0},
        {"version": 2**70},
        {"version": -1},
        {"id": "3; drop table"},
        {"registry": "../etc"},
    ],
    ids=str,
)
def test_a_withdrawal_with_an_origin_that_cannot_be_takes_nothing_away(
    sync: Sync, server: FaultServer, database: Database, origin: dict[str, Any]
) -> None:
    server.serve("/there/api/v1/snapshot/for-peers", body(handed()))
    changes(server, lambda asked: (events(withdrawn(3, **origin)), "c", False))
    sync()
    assert held(database) == RECORDS


def test_of_more_withdrawals_than_is_plausible_a_person_is_asked(
    sync: Sync, server: FaultServer, database: Database
) -> None:
    server.serve("/there/api/v1/snapshot/for-peers", body(handed()))
    changes(server, lambda asked: (events(*(withdrawn(number) for number in range(1, 26))), "c", False))
    assert sync().run.reason_code == "brake"
    assert held(database) == RECORDS


def deep(levels: int) -> Any:
    found: Any = "x"
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    "changed",
    [
        {"last_updated": "0000-00-00T00:00:00Z"},
        {"last_updated": "9999-12-31T23:59:60Z"},
        {"dates": [{"type": "1", "date": "10000-01-01"}]},
        {"budgets": [{"type": "1", "value": {"amount": 10**30, "currency": "USD"}}]},
        {"title": [{"text": "\ud800", "lang": "en"}]},
        {"descriptions": deep(200)},
    ],
    ids=["year 0", "leap second", "year 10000", "absurd amount", "lone surrogate", "deep"],
)
def test_what_a_changed_record_says_of_impossible_things_is_left_out_or_kept_out(
    sync: Sync, server: FaultServer, database: Database, changed: dict[str, Any]
) -> None:
    document = line(3)["data"]["document"] | changed
    content = json.dumps(line(3, 2, document=document)).encode()
    server.serve("/there/api/v1/snapshot/for-peers", body(handed(content)))
    changes(server, lambda asked: (events((7, "programmes/3", {"version": 2})), "c", False))
    run = sync().run
    assert run.status == "succeeded", run.reason
    assert run.updated + run.unchanged + run.quarantined == 1
    assert held(database) == RECORDS


def answering(status: str) -> Answer:
    return body(b"{}", status)


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "410 Gone", "422 Unprocessable"])
def test_a_cursor_that_is_not_taken_leads_to_everything_anew_and_takes_nothing_away(
    sync: Sync, server: FaultServer, database: Database, status: str
) -> None:
    server.serve("/there/api/v1/changes", answering(status))
    assert sync().run.status in ("succeeded", "not_modified")
    assert held(database) == RECORDS
