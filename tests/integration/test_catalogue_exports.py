"""Exports as files: what comes out, and that it comes back in."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from click.testing import CliRunner
from lxml import etree

from registry.accounts.actor import ANONYMOUS, system
from registry.catalogue import exporting, organisations
from registry.catalogue.editing import create_programme, update_programme
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.tabular import read_rows
from registry.cli import Context, casa
from registry.db import Database
from registry.errors import InvalidInput
from registry.http import RegistryFlask
from registry.settings import Settings
from tests.support.people import actor_for, make_user
from tests.support.programme_document import FULL

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FEED = system("feed:1 run:1")


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.transaction() as session:
        plain = {"iati_identifier": "X-2", "title": [{"text": '=1+1 "quoted"\nline'}], "countries": [{"code": "NE"}]}
        incoming = [Incoming(FULL, None, ["marking"], "scope all"), Incoming(plain, None, [], "scope all")]
        store_batch(session, incoming, source="feed:1", run_id=1, actor=FEED, now=NOW)
        create_programme(session, FEED, {"document": {"title": [{"text": "Hidden"}]}, "visibility": "private"})
    return database


def export(database: Database, kind: str, format: str, language: str = "en", **filters: Any) -> bytes:
    with database.reading() as session:
        pieces = exporting.export(
            session, ANONYMOUS, exporting.EXPORTERS, kind, format, filters, language=language, now=NOW
        )
        return b"".join(pieces)


def table(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark to see UTF-8"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_has_codes_and_names_and_leaves_the_unknown_empty(stocked: Database) -> None:
    full, plain = table(export(stocked, "programmes", "csv", "fr"))
    assert tuple(full) == exporting.PROGRAMME_COLUMNS
    assert (full["countries"], full["country_names"], full["country_shares"]) == ("MLI;NER", "Mali;Niger", "60;20.5")
    assert full["themes"] == "marking" and full["theme_names"] not in ("", "marking")
    assert full["status"] == "2" and full["status_name"]
    assert full["budget_usd"] == "33644.86"
    assert (plain["budget_usd"], plain["status"], plain["start_date"]) == ("", "", "")
    assert "Hidden" not in (full["title"], plain["title"])


def test_a_formula_is_neutralised_and_comes_back_as_it_was(stocked: Database, tmp_path: Path) -> None:
    for format in ("csv", "xlsx"):
        path = tmp_path / f"x.{format}"
        path.write_bytes(export(stocked, "programmes", format))
        rows = {row.values["iati_identifier"]: row.values for row in read_rows(path, format)}
        assert rows["X-2"]["title"] == '=1+1 "quoted" line', "a title is one line"
    assert table(export(stocked, "programmes", "csv"))[1]["title"].startswith("'=1+1")
    sheet = openpyxl.load_workbook(io.BytesIO(export(stocked, "programmes", "xlsx"))).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


def test_json_holds_the_documents_in_force(stocked: Database) -> None:
    content = orjson.loads(export(stocked, "programmes", "json"))
    assert content["kind"] == "programmes"
    assert [item["document"]["iati_identifier"] for item in content["items"]] == ["XM-EX-1-FULL", "X-2"]
    assert content["items"][0]["document"] == FULL
    assert orjson.loads(export(stocked, "programmes", "json", q="nothing-like-this"))["items"] == []


def test_iati_holds_a_persons_values_too(stocked: Database) -> None:
    with stocked.transaction() as session:
        update_programme(session, FEED, 1, {"document": {"status": "3"}}, 1)
    root = etree.fromstring(export(stocked, "programmes", "iati"))
    assert [node.findtext("iati-identifier") for node in root] == ["XM-EX-1-FULL", "X-2"]
    status = root[0].find("activity-status")
    assert status is not None and status.get("code") == "3"


def test_filters_narrow_an_export(stocked: Database) -> None:
    assert len(table(export(stocked, "programmes", "csv", country=["NER"], theme=["marking"]))) == 1
    assert len(table(export(stocked, "programmes", "csv", q="quoted"))) == 1
    with pytest.raises(InvalidInput) as caught:
        export(stocked, "programmes", "csv", colour=["red"])
    assert set(caught.value.fields) == {"colour"}
    for kind, format in (("colours", "csv"), ("programmes", "pdf"), ("organisations", "iati")):
        with pytest.raises(InvalidInput):
            export(stocked, kind, format)


def test_organisations_carry_identifiers_and_names(stocked: Database) -> None:
    with stocked.transaction() as session:
        data = {"name": "Institut", "names": {"en": "Institute", "fr": "Institut"}, "kind": "10", "state": "FRA",
                "identifiers": ["FR-1", "FR-2"], "description": "+not a formula"}  # fmt: skip
        organisations.create_organisation(session, FEED, data)
    rows = {row["name"]: row for row in table(export(stocked, "organisations", "csv"))}
    institute = rows["Institut"]
    assert institute["identifiers"] == "FR-1;FR-2"
    assert institute["names"] == "en=Institute;fr=Institut"
    assert (institute["state"], institute["state_name"]) == ("FRA", "France")
    assert institute["description"] == "'+not a formula"
    assert table(export(stocked, "organisations", "csv", state=["FRA"])) == [institute]
    items = orjson.loads(export(stocked, "organisations", "json", q="institut"))["items"]
    assert [item["identifiers"] for item in items] == [["FR-1", "FR-2"]]


def test_a_long_export_walks_all_pages(database: Database) -> None:
    with database.transaction() as session:
        documents = [
            {"iati_identifier": f"X-{n}", "title": [{"text": f"T{n}"}],
             "reporting_org": {"ref": f"REF-{n}", "narratives": [{"text": f"O{n}"}]}}
            for n in range(620)
        ]  # fmt: skip
        incoming = [Incoming(document, None, [], "scope all") for document in documents]
        store_batch(session, incoming, source="feed:1", run_id=1, actor=FEED, now=NOW)
    for kind in ("programmes", "organisations"):
        assert len({row["id"] for row in table(export(database, kind, "csv"))}) == 620
    assert len(etree.fromstring(export(database, "programmes", "iati"))) == 620


def test_over_http_the_file_has_type_and_name(app: RegistryFlask, stocked: Database) -> None:
    client = app.test_client()
    for format, media in exporting.FORMATS.items():
        response = client.get(f"/api/v1/exports/programmes?format={format}&country=NER")
        assert response.status_code == 200
        assert response.mimetype == media.partition(";")[0]
        name = f"programmes.{exporting.SUFFIXES[format]}"
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert response.data


def test_over_http_what_is_wrong_is_answered_before_anything_is_sent(app: RegistryFlask, stocked: Database) -> None:
    client = app.test_client()
    for query in ("programmes?format=pdf", "colours?format=csv", "organisations?format=iati", "organisations?theme=x"):
        assert client.get(f"/api/v1/exports/{query}").status_code == 422, query


def test_over_http_each_sees_what_they_may(app: RegistryFlask, stocked: Database) -> None:
    client = app.test_client()
    assert len(table(client.get("/api/v1/exports/programmes?format=csv").data)) == 2
    coordinator = actor_for(make_user(stocked, "coordinator"))
    with stocked.reading() as session:
        everything = exporting.export(
            session, coordinator, exporting.EXPORTERS, "programmes", "csv", {}, language="en", now=NOW
        )
        assert len(table(b"".join(everything))) == 3


def test_the_command_writes_a_whole_file_or_none(stocked: Database, settings: Settings, tmp_path: Path) -> None:
    context = Context.__new__(Context)
    context.settings, context.actor, context._database = settings, system("cli"), stocked
    output = tmp_path / "out.csv"
    arguments = ["export", "programmes", "--format", "csv", "--filter", "country=NER", "--output", str(output)]
    result = CliRunner().invoke(casa, arguments, obj=context, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert len(table(output.read_bytes())) == 2
    with pytest.raises(InvalidInput):
        bad = ["export", "programmes", "--filter", "colour=red", "--output", str(tmp_path / "bad.csv")]
        CliRunner().invoke(casa, bad, obj=context, catch_exceptions=False)
    assert {path.name for path in tmp_path.iterdir() if "bad" in path.name} == set()
    result = CliRunner().invoke(casa, ["export", "organisations"], obj=context, catch_exceptions=False)
    assert orjson.loads(result.stdout_bytes)["kind"] == "organisations"
