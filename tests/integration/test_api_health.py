"""What machines ask: alive, ready, figures; and that figures are not for everybody."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from registry.api import gauges
from registry.catalogue.models import Programme
from registry.db import Database, utcnow
from registry.events.outbox import Change, emit
from registry.http import RegistryFlask
from registry.sync import heartbeat
from registry.sync.models import Feed, Schedule
from registry.worker.ticker import Ticker
from tests.support.people import client_for, make_user, token_headers


def test_alive_asks_no_database(sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_app, "database", None)
    response = sqlite_app.test_client().get("/healthz")
    assert response.status_code == 200 and response.get_json() == {"status": "ok"}


def test_ready_when_the_database_has_this_versions_tables(app: RegistryFlask) -> None:
    document = app.test_client().get("/readyz").get_json()
    never = {"last_seen": None, "running": False}
    assert document == {"status": "ok", "database": "ok", "migrations": "ok", "scheduler": never}


def test_ready_says_what_the_schedulers_heartbeat_says(app: RegistryFlask, database: Database) -> None:
    client = app.test_client()
    ticker = Ticker(app.settings, database)
    ticker.beat()
    ticker.close()
    seen = client.get("/readyz").get_json()["scheduler"]
    assert seen["running"] and utcnow() - datetime.fromisoformat(seen["last_seen"]) < timedelta(seconds=30)
    with database.transaction() as session:
        heartbeat.beat(session, utcnow() - timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 200 and not answer.get_json()["scheduler"]["running"]


def test_a_scheduler_counts_as_running_for_a_minute_after_its_last_beat(session: Session) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    heartbeat.beat(session, now)
    session.flush()
    for seconds, running in ((0, True), (60, True), (61, False)):
        later = now + timedelta(seconds=seconds)
        assert gauges.scheduler(session, later) == {"last_seen": now, "running": running}


def test_not_ready_with_older_tables_or_without_a_database(app: RegistryFlask, database: Database) -> None:
    client = app.test_client()
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    response = client.get("/readyz")
    assert response.status_code == 503 and "casa init" in response.get_json()["migrations"]
    with database.transaction() as session:
        session.execute(text("DROP TABLE alembic_version"))
    response = client.get("/readyz")
    assert response.status_code == 503 and response.get_json()["database"] == "does not answer"


def test_figures_count_requests_and_records(app: RegistryFlask, database: Database) -> None:
    with database.transaction() as session:
        session.add(Programme(iati_identifier="X-1", title="one"))
        session.add(Programme(iati_identifier="X-2", title="two", archived_at=utcnow()))
        emit(session, Change("need.opened", "need", 1, 1, {}))
    client = app.test_client()
    client.get("/healthz")
    client.get("/api/v1/no-such-address")
    response = client.get("/metrics")
    assert response.status_code == 200 and response.mimetype == "text/plain"
    lines = response.get_data(as_text=True).splitlines()
    assert "casa_programmes 1" in lines and "casa_events_unsequenced 1" in lines and "casa_events_sequenced 0" in lines
    assert 'casa_needs{status="open"} 0' in lines and 'casa_runs{status="failed"} 0' in lines
    series = {line.partition(",pid=")[0] for line in lines}
    assert 'casa_http_requests_total{route="/healthz",method="GET",status="200"' in series
    assert 'casa_http_request_seconds_sum{route="none",method="GET",status="404"' in series
    kinds = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(kinds) == len(set(kinds))


def test_figures_are_for_this_machine_and_those_who_run_the_registry(sqlite_app: RegistryFlask) -> None:
    client = sqlite_app.test_client()
    for refused in (
        client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.7"}),
        client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}),
    ):
        assert refused.status_code in (401, 403) and refused.content_type == "application/problem+json"
    assert client.get("/metrics").status_code == 200
    far = {"REMOTE_ADDR": "192.0.2.7"}
    database = sqlite_app.database
    for role, scopes, expected in (
        ("admin", ["admin"], 200),
        ("admin", ["needs:read"], 403),
        ("state", ["needs:read"], 403),
    ):
        headers = token_headers(database, make_user(database, role), scopes)
        assert client.get("/metrics", headers=headers, environ_base=far).status_code == expected, (role, scopes)
    for role, expected in (("coordinator", 200), ("donor", 403)):
        browser = client_for(sqlite_app, make_user(database, role))
        assert browser.get("/metrics", environ_base=far).status_code == expected, role


def test_a_feed_is_late_when_nobody_is_at_work_on_it(database: Database) -> None:
    now = utcnow()
    late, soon = now - timedelta(minutes=20), now - timedelta(minutes=5)
    with database.transaction() as session:
        feeds = [Feed(name=f"feed {n}", adapter="iati", enabled=n != 4) for n in range(5)]
        session.add_all(feeds)
        session.flush()
        leases = [None, now - timedelta(minutes=1), now + timedelta(minutes=1), None, None]
        for feed, lease, at in zip(feeds, leases, [late, late, late, soon, late], strict=True):
            session.add(Schedule(task="feed.sync", key=str(feed.id), next_at=at, lease_until=lease))
        session.add(Schedule(task="offers.expire", key="", next_at=late))
        session.flush()
        assert gauges.feeds_late(session, now) == 2
