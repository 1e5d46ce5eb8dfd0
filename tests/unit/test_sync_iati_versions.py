"""The same programme in every version of the standard becomes the same document."""

from pathlib import Path
from typing import Any

import pytest

from registry.catalogue.document_schema import ProgrammeDocumentSchema
from registry.schemas import load
from tests.support.iati import document, fixture, read_all, read_one, write

V1 = fixture("activity_1")
V2 = fixture("activity_2")


def assert_form(found: dict[str, Any]) -> None:
    """The catalogue's own schema of a document takes it as it is."""
    only_feeds_give = ("derived_identifier", "last_updated")
    load(ProgrammeDocumentSchema(), {name: value for name, value in found.items() if name not in only_feeds_give})


def without_owner_language(found: dict[str, Any]) -> dict[str, Any]:
    """1.0x gives the owner's name as an attribute, of which no language is known."""
    for narrative in found["other_identifiers"][0]["owner_org"]["narratives"]:
        narrative.pop("lang", None)
    return found


@pytest.mark.parametrize("version", ["1.0", "1.01", "1.02", "1.03", "1.04", "1.05", "1.032", None, "TEXT", ""])
def test_version_1_is_translated_whatever_version_it_states(tmp_path: Path, version: str | None) -> None:
    newer = without_owner_language(read_one(tmp_path, document(V2)))
    assert without_owner_language(read_one(tmp_path, document(V1, version=version))) == newer


@pytest.mark.parametrize("version", ["2.01", "2.02", "2.03", "2.3", None, "1.05"])
def test_version_2_reads_alike_whatever_version_it_states(tmp_path: Path, version: str | None) -> None:
    assert read_one(tmp_path, document(V2, version=version)) == read_one(tmp_path, document(V2))


def test_the_document_has_the_form_that_the_catalogue_expects(tmp_path: Path) -> None:
    found = read_one(tmp_path, document(V2))
    assert_form(found)
    assert found["transactions"][0] == {
        "ref": "t1",
        "type": "2",
        "date": "2013-01-15",
        "value": {"amount": 7500050, "currency": "EUR", "value_date": "2013-01-15"},
        "description": [{"text": "First part", "lang": "en"}],
        "provider_org": {
            "ref": "ZZ-2",
            "activity_id": "ZZ-2-9",
            "narratives": [{"text": "Donor", "lang": "en"}],
        },
        "receiver_org": {"narratives": [{"text": "Trust", "lang": "en"}]},
    }
    assert found["locations"][0]["lat"] == -1.28 and found["iati_identifier"] == "ZZ-1-100"


def test_what_2_03_added_is_read(tmp_path: Path) -> None:
    found = read_one(tmp_path, document(fixture("activity_203")))
    assert_form(found)
    assert found["humanitarian"] is True and found["scope"] == "4" and found["capital_spend"] == 12.5
    assert found["default_aid_types"] == [{"vocabulary": "2", "code": "1"}, {"vocabulary": "1", "code": "C01"}]
    (transaction,) = found["transactions"]
    assert transaction["value"] == {"amount": 100, "currency": "JPY", "value_date": "2024-01-02"}
    assert transaction["countries"] == [{"code": "SO"}] and transaction["humanitarian"] is True
    indicator = found["results"][0]["indicators"][0]
    assert indicator["ascending"] is False and indicator["baselines"][0]["dimensions"] == [
        {"name": "sex", "value": "f"}
    ]
    assert [target["value"] for target in indicator["periods"][0]["targets"]] == ["5", "6"]


def test_drafts_before_1_01_are_read(tmp_path: Path) -> None:
    found = read_one(tmp_path, document(fixture("activity_draft"), version=None))
    assert found["derived_identifier"] is True and found["iati_identifier"].startswith("derived:")
    assert found["other_identifiers"] == [{"ref": "4711", "type": "A1"}]
    assert [item["type"] for item in found["transactions"]] == ["11", "3"]
    assert found["budgets"][0]["value"] == {"amount": 8800, "currency": "USD"}
    assert found["countries"][0]["code"] == "HTI" and found["status"] == "2" and found["default_flow_type"] == "10"
    assert found["dates"] == [{"type": "1", "date": "2010-01-15"}, {"type": "3", "date": "2010-07-15"}]


def test_a_file_in_a_namespace_of_its_own_and_wrappers_are_read(tmp_path: Path) -> None:
    inside = V2.replace("<iati-activity ", '<iati-activity xmlns="http://example.org/iati" ')
    plain, spaced = read_one(tmp_path, document(V2)), read_one(tmp_path, document(inside))
    assert spaced == plain
    wrapped = b"<result><page><iati-activities>" + V2.encode() + b"</iati-activities></page></result>"
    assert [record.document for record in read_all(write(tmp_path, wrapped))] == [plain]
