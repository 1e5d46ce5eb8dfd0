"""The snapshot over HTTP: whole, as visible to each caller, and without a gap before the change feed."""

import gzip
import json
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient

from registry.accounts.actor import Actor, system
from registry.api import rooms
from registry.api import snapshot as snapshot_api
from registry.catalogue import editing
from registry.catalogue.organisations import archive_organisation, create_organisation
from registry.catalogue.programmes import Incoming, archive, store_batch
from registry.compliance.indicators import service as indicators
from registry.db import Database, utcnow
from registry.events import snapshot as lines_of
from registry.http import RegistryFlask
from registry.rooms import Room
from tests.support.people import make_user, token_headers
from tests.support.web_world import World

URL = "/api/v1/snapshot"
SCOPES = ["changes:read", "catalogue:read", "needs:read", "offers:read", "assessments:read"]
TEST = system("test")


def read(client: FlaskClient, address: str = URL, **headers: str) -> tuple[dict, list[dict], dict]:
    """(head, record lines, end)"""
    with client.get(address, headers=headers) as response:
        assert response.status_code == 200, response.get_data()
        lines = [json.loads(line) for line in response.get_data().splitlines()]
    return lines[0]["snapshot"], lines[1:-1], lines[-1]["end"]


def store(database: Database, *identifiers: str, title: str = "Safer stockpiles") -> list[int]:
    with database.transaction() as session:
        documents = [{"iati_identifier": i, "title": [{"text": title}], "language": "en"} for i in identifiers]
        known = {row["data"]["iati_identifier"]: row["id"] for row in programmes(database)}
        incoming = [Incoming(d, known.get(d["iati_identifier"]), [], "scope all") for d in documents]
        stored = store_batch(session, incoming, source="feed:1", run_id=None, actor=TEST, now=utcnow())
    return [item.programme_id for item in stored]


def programmes(database: Database) -> list[dict[str, Any]]:
    kinds = snapshot_api.kinds_for(TEST, ["programme"])
    pieces = lines_of.snapshot_lines(database, kinds, epoch="", cursor="", source="", now=utcnow())
    return [json.loads(line) for line in b"".join(pieces).splitlines()[1:-1]]


def test_it_holds_every_record_as_its_own_address_shows_it(sqlite_app: RegistryFlask, world: World) -> None:
    coordinator = world.people["coordinator"]
    headers = token_headers(sqlite_app.database, coordinator, SCOPES)
    client = sqlite_app.test_client()
    with sqlite_app.database.transaction() as session:
        kenya = Actor("state", state="KEN")
        series = indicators.begin(session, kenya, {"indicator": "surplus"})
        figure = {"period_start": "2025-01-01", "period_end": "2025-12-31", "value": "12"}
        indicators.observe(session, kenya, series.id or 0, {"observations": [figure]})
    head, records, end = read(client, **headers)
    assert head["format"] == 1 and head["source"] == "http://registry.test"
    assert head["kinds"] == [
        "organisation", "programme", "need", "offer", "standard", "assessment", "indicator_series", "participation",
    ]  # fmt: skip
    assert end["records"] == len(records) == sum(end["counts"].values())
    without = {name: count for name, count in end["counts"].items() if not count}
    assert without == {"assessment": 0}, "none is published"
    by_subject = {record["subject"]: record for record in records}
    assert len(by_subject) == len(records)
    for kind in ("needs", "offers", "organisations", "indicator-series"):
        subjects = [subject for subject in by_subject if subject.startswith(kind)]
        assert subjects
        for subject in subjects:
            shown = client.get(f"/api/v1/{subject}", headers=headers)
            record = by_subject[subject]
            extra = set(shown.get_json()) - set(record["data"])
            assert extra <= {"links", "archived_at"}, "what a snapshot leaves out"
            assert {name: shown.get_json()[name] for name in record["data"]} == record["data"]
            assert record["version"] == record["data"]["version"] and shown.headers["ETag"] == f'"{record["version"]}"'
    programme = by_subject[f"programmes/{world.programme}"]
    shown = client.get(f"/api/v1/programmes/{world.programme}", headers=headers).get_json()
    assert programme["data"]["document"] == shown["document"] and programme["updated_at"] == shown["updated_at"]
    standard = next(record for record in records if record["kind"] == "standard")
    assert standard["subject"] == f"standards/{standard['id']}" and standard["version"] == 1
    assert standard["data"]["editions"][0]["current"] is True


def test_each_caller_gets_what_the_caller_may_see(sqlite_app: RegistryFlask, world: World) -> None:
    database = sqlite_app.database
    kenya = world.people["state"]
    with database.transaction() as session:
        editing.update_programme(session, TEST, world.programme, {"visibility": "private"}, None)
    client = sqlite_app.test_client()

    def subjects(**headers: str) -> set[str]:
        _, records, _ = read(client, **headers)
        return {record["subject"] for record in records}

    anonymous = subjects()
    states = subjects(**token_headers(database, kenya, SCOPES))
    staff = subjects(**token_headers(database, world.people["coordinator"], SCOPES))
    assert f"needs/{world.draft}" in states & staff and f"needs/{world.draft}" not in anonymous
    assert f"assessments/{world.assessment}" in states and f"assessments/{world.assessment}" not in staff | anonymous
    assert f"programmes/{world.programme}" in staff and f"programmes/{world.programme}" not in states | anonymous


def test_a_token_needs_the_scope_of_each_kind(sqlite_app: RegistryFlask) -> None:
    user = make_user(sqlite_app.database, "coordinator")
    headers = token_headers(sqlite_app.database, user, SCOPES[:-1])
    assert sqlite_app.test_client().get(URL, headers=headers).status_code == 403


def test_persons_values_are_in_force_and_what_is_withdrawn_is_not_there(app: RegistryFlask) -> None:
    database = app.database
    kept, edited, withdrawn = store(database, "XX-1", "XX-2", "XX-3")
    with database.transaction() as session:
        editing.update_programme(session, TEST, edited, {"document": {"title": [{"text": "By hand"}]}}, None)
        archive(session, [withdrawn], "gone", TEST, utcnow())
        there = create_organisation(session, TEST, {"name": "Peace Works", "identifiers": ["XX-PW"]})
        gone = create_organisation(session, TEST, {"name": "No more"})
        archive_organisation(session, TEST, gone.id or 0, None)
    _, records, end = read(app.test_client(), f"{URL}?kind=programme&kind=organisation")
    assert end["counts"] == {"organisation": 1, "programme": 2}
    found = {record["subject"]: record["data"] for record in records}
    assert found[f"programmes/{edited}"]["document"]["title"] == [{"text": "By hand"}]
    assert found[f"programmes/{kept}"]["document"]["title"] == [{"text": "Safer stockpiles"}]
    assert found[f"organisations/{there.id}"]["identifiers"] == ["XX-PW"]


def test_many_records_come_in_several_pages(sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    subject, reader, _ = snapshot_api.KINDS["programme"]
    monkeypatch.setitem(snapshot_api.KINDS, "programme", (subject, reader, 3))
    ids = store(sqlite_app.database, *[f"XX-{n}" for n in range(6)])
    _, records, _ = read(sqlite_app.test_client(), f"{URL}?kind=programme")
    assert [record["id"] for record in records] == ids


def test_it_is_sent_compressed_to_who_asks(sqlite_app: RegistryFlask) -> None:
    store(sqlite_app.database, "XX-1")
    client = sqlite_app.test_client()
    plain = client.get(f"{URL}?kind=programme", headers={"Accept-Encoding": "gzip;q=0"}, buffered=True)
    packed = client.get(f"{URL}?kind=programme", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"] and packed.headers["Cache-Control"] == "no-store"
    unpacked = gzip.decompress(packed.get_data()).splitlines()
    assert unpacked[1:] == plain.get_data().splitlines()[1:]


def test_following_from_its_cursor_gives_the_same_content_whatever_was_written_meanwhile(
    app: RegistryFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer with versions: the snapshot first, then what the feed says, each fetched where it is newer."""
    database = app.database
    subject, reader, _ = snapshot_api.KINDS["programme"]
    monkeypatch.setitem(snapshot_api.KINDS, "programme", (subject, reader, 2))
    store(database, *[f"XX-{n}" for n in range(12)])
    client = app.test_client()
    response = client.get(f"{URL}?kind=programme", buffered=False)
    pieces = iter(response.response)
    held, rest = {}, b""

    def take(piece: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + piece).split(b"\n")
        for line in map(json.loads, lines):
            if "kind" in line:
                held[line["subject"]] = line["version"]
            elif "snapshot" in line:
                held["cursor"] = line["snapshot"]["cursor"]

    take(next(pieces))
    done = threading.Event()

    def write() -> None:
        for turn in range(8):
            ids = store(database, f"XX-{turn}", f"XX-{turn + 4}", f"XX-NEW-{turn}", title=f"Turn {turn}")
            if turn % 2:
                with database.transaction() as session:
                    archive(session, ids[:1], "gone", TEST, utcnow())
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    for piece in pieces:
        take(piece)
    writer.join()
    assert done.is_set() and not rest
    response.close()
    address, more = f"/api/v1/changes?limit=5&after={held.pop('cursor')}", True
    while more:
        page = client.get(address)
        for event in page.get_json(force=True):
            if event["subject"].startswith("programmes/") and event["data"]["version"] > held.get(event["subject"], 0):
                held[event["subject"]] = event["data"]["version"]
                if event["data"].get("tombstone"):
                    held[event["subject"]] = -event["data"]["version"]
        more = page.headers["X-Has-More"] == "true"
        address = page.headers["Link"].removeprefix("<").partition(">")[0]
    now = {record["subject"]: record["version"] for record in programmes(database)}
    assert {subject: version for subject, version in held.items() if version > 0} == now


def test_what_breaks_off_has_no_end(sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    store(sqlite_app.database, "XX-1")
    monkeypatch.setitem(snapshot_api.KINDS, "need", ("needs", broken, 10))
    response = sqlite_app.test_client().get(URL, buffered=False)
    seen = b""
    with pytest.raises(ZeroDivisionError):
        for piece in response.response:
            seen += piece
    response.close()
    assert b"programme" in seen and b'"end"' not in seen


def test_one_too_many_is_asked_to_come_again_and_places_are_given_back(
    sqlite_app: RegistryFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "FILES", Room(1))
    client = sqlite_app.test_client()
    first = client.get(URL, buffered=False)
    refused = client.get(URL)
    assert refused.status_code == 503 and refused.headers["Retry-After"] == "30"
    assert refused.get_json()["type"].endswith("#unavailable")
    first.close()  # without having read it
    only_head = client.head(URL)
    assert only_head.status_code == 200
    only_head.close()
    assert client.get(URL, buffered=True).status_code == 200


def test_a_kind_there_is_not_is_named(sqlite_app: RegistryFlask) -> None:
    response = sqlite_app.test_client().get(f"{URL}?kind=programmes")
    assert response.status_code == 422 and response.get_json()["errors"][0]["parameter"].startswith("kind")
