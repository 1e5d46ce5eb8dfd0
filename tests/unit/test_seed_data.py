"""The demonstration world is what its generator writes, marked as invented, and holds what the demo promises."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from registry.catalogue import reference
from registry.matching.schemas import NeedForm, OfferForm
from registry.schemas import load
from registry.settings import data_path
from seed_data import generate
from seed_data.wording import DRAW, MARKS

SEED = data_path("seed_data")


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.load((SEED / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


def feed(name: str) -> list[etree._Element]:
    return etree.parse(SEED / "feeds" / name).getroot().findall("iati-activity")


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    generate.main(tmp_path)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert len(written) == 10
    assert [str(name) for name, content in written.items() if (SEED / name).read_bytes() != content] == []


def test_it_holds_what_the_demonstration_promises() -> None:
    needs, offers, bodies = rows("needs.yaml"), rows("offers.yaml"), rows("organisations.yaml")
    assert (len(needs), len(offers), len(bodies), len(rows("programmes.yaml"))) == (120, 60, 30, 40)
    assert (len(feed("meridian-2.03.xml")), len(feed("littoral-1.05.xml"))) == (82, 40)
    assert Counter(row["standard"] for row in rows("assessments.yaml")) == {"iti": 12, "poa": 6}
    assert 40 <= len({row["state"] for row in needs}) <= 45
    assert {theme for row in needs for theme in row["themes"]} == set(reference.themes())
    assert len({row["title"] for row in needs}) == 120
    assert {"draft", "submitted", "published"} <= {row["status"] for row in rows("assessments.yaml")}


def test_every_record_says_that_it_is_invented() -> None:
    marks = tuple(MARKS.values())
    for name in ("needs.yaml", "offers.yaml", "organisations.yaml"):
        assert all(row["description"].startswith(marks) for row in rows(name)), name
    texts = [n["text"] for row in rows("programmes.yaml") for d in row["descriptions"] for n in d["narratives"]]
    texts += [
        node.text or "" for node in etree.parse(SEED / "feeds/meridian-2.03.xml").findall(".//description/narrative")
    ]
    assert texts and all(text.startswith(marks) for text in texts)
    for name in ("facts.csv", "participation.csv"):
        with (SEED / name).open(encoding="utf-8") as file:
            assert all("demonstration" in row["source"] for row in csv.DictReader(file)), name


def test_every_number_is_drawn() -> None:
    written = [
        path
        for path in SEED.rglob("*.*")
        if path.suffix in {".yaml", ".xml", ".csv"}
        and path.parent.name != "words"
        and "sanctions" not in path.name  # written by hand
    ]
    assert len(written) == 10
    left = {path.name: DRAW.findall(path.read_text(encoding="utf-8")) for path in written}
    assert not any(left.values()), left


def test_needs_and_offers_pass_the_gate_that_peoples_own_pass() -> None:
    ours = {"window_start_days", "window_end_days", "status", "entered_days"}
    for schema, name in ((NeedForm(), "needs.yaml"), (OfferForm(), "offers.yaml")):
        for row in rows(name):
            assert row["window_start_days"] < row["window_end_days"]
            load(schema, {field: value for field, value in row.items() if field not in ours})


def test_activities_speak_six_languages() -> None:
    languages = {
        element.get("{http://www.w3.org/XML/1998/namespace}lang")
        for name in ("meridian-2.03.xml", "littoral-1.05.xml")
        for element in etree.parse(SEED / "feeds" / name).iter()
        if isinstance(element.tag, str)
    }
    assert set(reference.LANGUAGES) <= languages


@pytest.mark.parametrize(("name", "broken"), [("meridian-2.03.xml", 4), ("littoral-1.05.xml", 1)])
def test_the_flaws_are_the_ones_that_are_meant(name: str, broken: int) -> None:
    known: set[str] = set()
    flawed = 0
    for activity in feed(name):
        identifier = activity.findtext("iati-identifier")
        days = [element.get("iso-date") or "" for element in activity.findall("activity-date")]
        amounts = [element.text or "" for element in activity.findall(".//transaction/value")]
        whole = activity.find("title") is not None and not any("-13-" in day for day in days)
        flawed += not (identifier and identifier not in known and whole and all(text.isdigit() for text in amounts))
        known.add(identifier or "")
    assert flawed == broken
