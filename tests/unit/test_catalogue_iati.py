"""Our IATI export: read again it says the same, and it is what the standard asks for."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from registry.catalogue.document_schema import ProgrammeDocumentSchema
from registry.catalogue.iati import activity, iati_chunks
from registry.schemas import load
from registry.sync.adapters import ADAPTERS
from tests.support.programme_document import FULL

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def write(path: Path, *documents: Mapping[str, Any]) -> Path:
    path.write_bytes(b"".join(iati_chunks(documents, NOW)))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    adapter = ADAPTERS["iati"].bind({})
    found = []
    for batch in adapter.split(path, 100, lambda _bytes: None):
        for piece in batch:
            assert piece.fault is None, piece.fault
            record = adapter.read(piece)
            assert [text for text in record.warnings if "more decimals than" not in text] == []
            found.append(record.document)
    return found


def test_a_document_with_every_field_comes_back_the_same(tmp_path: Path) -> None:
    assert read(write(tmp_path / "x.xml", FULL)) == [FULL]


def test_the_full_document_has_every_field_of_the_form() -> None:
    fields = ProgrammeDocumentSchema().fields
    apart = {"derived_identifier", "boundary", "unreadable_elements"}
    assert set(FULL) == set(fields) - apart, "IATI has no place for them"


def test_the_form_for_people_takes_what_feeds_bring() -> None:
    given = {name: value for name, value in FULL.items() if name != "last_updated"}
    assert load(ProgrammeDocumentSchema(), given) == given


def test_many_documents_are_written_in_pieces_and_all_come_back(tmp_path: Path) -> None:
    documents = [{**FULL, "iati_identifier": f"XM-EX-1-{number}"} for number in range(40)]
    pieces = list(iati_chunks(iter(documents), NOW))
    assert len(pieces) > 2
    path = tmp_path / "x.xml"
    path.write_bytes(b"".join(pieces))
    assert read(path) == documents


def test_no_document_makes_a_well_formed_empty_file() -> None:
    root = etree.fromstring(b"".join(iati_chunks([], NOW)))
    assert root.tag == "iati-activities"
    assert root.get("version") == "2.03"
    assert len(root) == 0


def test_characters_xml_cannot_hold_are_left_out(tmp_path: Path) -> None:
    document = {"iati_identifier": "X-1", "title": [{"text": "a\x08b\x00c\ufffe ok"}]}
    (found,) = read(write(tmp_path / "x.xml", document))
    assert found["title"] == [{"text": "abc ok"}]


def test_a_small_document_writes_only_what_it_says() -> None:
    node = activity({"iati_identifier": "X-1", "title": [{"text": "a"}]})
    assert [child.tag for child in node] == ["iati-identifier", "title"]


@pytest.mark.real
def test_the_file_is_valid_by_the_standards_schema(tmp_path: Path) -> None:
    if (real := os.environ.get("CASA_REAL_DATA")) is None:
        return  # the standard's schema is not ours to ship: `make test` says how to point to it
    schema = etree.XMLSchema(etree.parse(Path(real) / "iati" / "schema" / "2.03" / "iati-activities-schema.xsd"))
    tree = etree.parse(write(tmp_path / "x.xml", FULL))
    assert schema.validate(tree), schema.error_log
