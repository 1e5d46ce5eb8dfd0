"""FTS flows from their pages over HTTP to the catalogue: all pages or none, versions, what a flow says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.models import Programme, ProgrammeDocument
from registry.db import Database
from registry.settings import Settings
from registry.sync import feeds
from registry.sync.adapters import ADAPTERS
from registry.sync.report import Report
from registry.sync.runner import import_file, run_feed
from tests.support.adapters.of_fts import DEEP, flow, flows, page
from tests.support.fault_server import FaultServer, body
from tests.support.iati import no_tick, write


def serve(server: FaultServer, listed: list[dict[str, Any]]) -> str:
    """The flows in pages of two, linked as FTS links them."""
    pages = [listed[at : at + 2] for at in range(0, len(listed), 2)]
    for number, part in enumerate(pages):
        following = server.url(f"/flow{number + 1}?page={number + 2}") if number + 1 < len(pages) else None
        server.serve(f"/flow{number}", body(page(*part, following=following, count=len(listed))))
    return server.url("/flow0?year=2024")


def numbers(report: Report) -> dict[str, int]:
    names = ("created", "updated", "unchanged", "ignored", "quarantined", "archived")
    return {name: getattr(report.run, name) for name in names if getattr(report.run, name)}


def test_flows_of_all_pages_come_in_and_a_page_that_fails_changes_nothing(
    database: Database, settings: Settings, server: FaultServer
) -> None:
    settings = replace(settings, outbound_allow=server.allow, fetch_timeout_seconds=5)
    url = serve(server, flows(5))
    with database.transaction() as session:
        form = {"name": "FTS", "adapter": "fts", "url": url, "scope": "all"}
        feed = feeds.create_feed(session, system("cli"), form).id or 0
    assert numbers(run_feed(database, settings, feed)) == {"created": 5}
    again = run_feed(database, settings, feed)
    assert again.run.status == "not_modified" and again.run.bytes > 3000, "all pages were asked for"
    serve(server, [*flows(4), flow(5, versionId=2, amountUSD=2000)])
    assert numbers(run_feed(database, settings, feed)) == {"updated": 1, "unchanged": 4}
    serve(server, [*flows(4), flow(5, versionId=3, amountUSD=2000)])
    assert numbers(run_feed(database, settings, feed)) == {"unchanged": 5}, "a version that changes nothing here"
    with database.reading() as session:
        assert session.execute(select(Programme.commitment_usd)).scalars().all() == [100_000] * 4 + [200_000]  # type: ignore[call-overload]
    for broken, code in (
        (body(b"", "502 Bad Gateway"), "http_status"), (body(page(*flows(2))[:-9]), "truncated"),
        (body(b'{"status": "ok"}'), "not_flows"), (body(page(flow(9), count=7)), "truncated"),
    ):  # fmt: skip
        server.serve("/flow2", broken)
        failed = run_feed(database, settings, feed).run
        assert (failed.status, failed.reason_code, failed.records) == ("failed", code, 0), failed.reason
    serve(server, flows(4))
    assert numbers(run_feed(database, settings, feed)) == {"unchanged": 4}, "one is missing, for the first time"


def test_a_flow_says_who_gave_what_to_whom(database: Database, settings: Settings, tmp_path: Path) -> None:
    path = write(tmp_path, page(flow(158), count=400, following="https://elsewhere.example/2"))
    assert numbers(import_file(database, settings, path, "fts", feed_name="FTS", scope="all")) == {"created": 1}
    with database.reading() as session:
        document = orjson.loads(session.execute(select(ProgrammeDocument.document)).scalar_one())  # type: ignore[call-overload]
        programme = session.execute(select(Programme)).scalar_one()
    norway = {"ref": "XM-OCHA-HPC11", "type": "10", "narratives": [{"text": "Norway, Government of"}]}
    relief = {"ref": "XM-OCHA-HPC21", "type": "21", "narratives": [{"text": "Test Relief"}]}
    assert document["participating_orgs"] == [norway | {"role": "1"}, relief | {"role": "4"}]
    assert document["transactions"] == [{
        "type": "2", "date": "2024-05-06", "provider_org": norway, "receiver_org": relief,
        "value": {"amount": 100_000, "currency": "USD", "value_date": "2024-05-06"},
    }]  # fmt: skip
    assert [item["date"] for item in document["dates"]] == ["2024-01-01", "2026-12-31"]
    assert document["countries"] == [{"code": "KR"}] and programme.countries == "KOR"
    assert document["related_activities"] == [
        {"ref": "XM-OCHA-FTS-7", "type": "2"}, {"ref": "XM-OCHA-FTS-8", "type": "2"},
    ]  # fmt: skip
    assert document["humanitarian_scopes"][0]["code"] == "26" and document["sectors"][0]["code"] == "Protection"
    assert document["reporting_org"]["secondary_reporter"] is True and programme.title == "Small arms 158"


def test_a_flow_nested_too_deep_to_walk_stays_out_alone(tmp_path: Path) -> None:
    reader = ADAPTERS["fts"].bind({})
    path = write(tmp_path, DEEP)
    reader.verify(path, no_tick)
    ((*pieces,),) = list(reader.split(path, 100, no_tick))
    assert [piece.fault and piece.fault.code for piece in pieces] == [None, None, "oversize", *[None] * 4]
    assert pieces[2].remote_id == "XM-OCHA-FTS-3"
