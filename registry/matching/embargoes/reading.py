"""standards/embargoes.yaml → regimes, checked with line and reason; a wrong file never replaces the loaded one."""

import hashlib
import logging
import threading
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from registry.catalogue import reference
from registry.errors import ConfigurationError
from registry.json_text import dumps
from registry.matching.embargoes.rules import (
    FINDING,
    MEASURES,
    Carries,
    Exemption,
    Monitor,
    Proof,
    Regime,
    Regimes,
    Renewal,
)
from registry.settings import data_path
from registry.yaml_files.parsing import Lines
from registry.yaml_files.reading import BadFile, Fault, Place, Problem, judged, read_document

FILE = "embargoes.yaml"
MUST_ASK = {
    "standing": ("ground", "document"),
    "notification": ("notified_on",),
    "approval": ("approval", "approved_on"),
}
"""Kind of exemption → what its checklist cannot go without; a standing one asks for nothing else"""
log = logging.getLogger(__name__)


@cache
def _validator() -> Draft202012Validator:
    schema = orjson.loads((data_path("standards") / "embargoes.schema.json").read_bytes())
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def problems(document: Any, lines: Lines) -> list[Problem]:
    """Everything wrong with a file, in the order of its lines; empty where it is fine."""
    return judged(_validator(), document, lines, _semantic)


def read(path: Path) -> Regimes:
    """The regimes of a file. Raises BadFile naming line, place and reason of everything wrong."""
    document = read_document(path, problems)
    return Regimes(
        document["version"],
        date.fromisoformat(document["dated"]),
        hashlib.sha256(dumps(document).encode()).hexdigest(),
        tuple(
            Carries(frozenset(line["types"]), frozenset(line["themes"]), line["carries"], line.get("goods", False))
            for line in document["assistance"]
        ),
        tuple(_regime(entry) for entry in document["regimes"]),
        frozenset(state for entry in document["regimes"] for state in entry["states"]),
        _finding(document["finding"]),
    )


def _finding(entry: Mapping[str, Any]) -> Exemption:
    return Exemption(entry["id"], FINDING, entry["name"], frozenset(MEASURES), tuple(entry["items"]), "")


def _regime(entry: Mapping[str, Any]) -> Regime:
    return Regime(
        **{
            **entry,
            "proof": _proof(entry["proof"]),
            "renewal": _renewal(entry["renewal"]) if "renewal" in entry else None,
            "states": frozenset(entry["states"]),
            "measures": frozenset(entry["measures"]),
            "since": date.fromisoformat(entry["since"]),
            "until": date.fromisoformat(entry["until"]) if "until" in entry else None,
            "changed_by": tuple(entry.get("changed_by", ())),
            "exemptions": tuple(
                Exemption(
                    **{
                        **each,
                        "measures": frozenset(each["measures"]),
                        "items": tuple(each.get("items", ())),
                        "proof": _proof(each["proof"]),
                    }
                )
                for each in entry.get("exemptions", ())
            ),
            "monitoring": tuple(
                Monitor(
                    **{
                        **each,
                        "until": date.fromisoformat(each["until"]) if "until" in each else None,
                        "proof": _proof(each["proof"]),
                    }
                )
                for each in entry.get("monitoring", ())
            ),
        }
    )


def _proof(entry: Mapping[str, Any]) -> Proof:
    return Proof(**{**entry, "on": date.fromisoformat(entry["on"])})


def _renewal(entry: Mapping[str, Any]) -> Renewal:
    return Renewal(entry["by"], date.fromisoformat(entry["runs_to"]), _proof(entry["proof"]))


def _semantic(document: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _day(document["dated"], ("dated",))
    for number, line in enumerate(document["assistance"]):
        for place, theme in enumerate(line["themes"]):
            if theme not in reference.themes():
                yield ("assistance", number, "themes", place), f"There is no theme {theme}."
    seen: set[str] = set()
    for number, entry in enumerate(document["regimes"]):
        if entry["id"] in seen:
            yield ("regimes", number, "id"), f"The id {entry['id']} is used twice."
        seen.add(entry["id"])
        for inner, message in _regime_faults(entry):
            yield ("regimes", number, *inner), message


def _regime_faults(entry: Mapping[str, Any]) -> Iterator[Fault]:
    for name in ("since", "until"):
        if name in entry:
            yield from _day(entry[name], (name,))
    if "until" in entry and entry["until"] <= entry["since"]:
        yield ("until",), "It ends before it begins."
    for number, state in enumerate(entry["states"]):
        if state not in reference.states():
            yield ("states", number), f"There is no State {state}: write the three letters of ISO 3166."
    for scope, name in (("part", "place"), ("actors", "actors")):
        if entry["scope"] == scope and name not in entry:
            yield ("scope",), f"A regime of the scope {scope} says which under {name}."
    if not entry["states"] and entry["scope"] != "actors":
        yield ("states",), "Only a regime on actors can be without a State."
    for number, body in enumerate(entry.get("monitoring", ())):
        if "until" in body:
            yield from _day(body["until"], ("monitoring", number, "until"))
        yield from _proof_faults(body, ("monitoring", number))
    yield from _proof_faults(entry, ())
    if "renewal" in entry:
        yield from _day(entry["renewal"]["runs_to"], ("renewal", "runs_to"))
        yield from _proof_faults(entry["renewal"], ("renewal",))
    ids: set[str] = set()
    for number, exemption in enumerate(entry.get("exemptions", ())):
        place = ("exemptions", number)
        if exemption["id"] in ids:
            yield (*place, "id"), f"The id {exemption['id']} is used twice."
        ids.add(exemption["id"])
        for measure in sorted(set(exemption["measures"]) - set(entry["measures"])):
            yield (*place, "measures"), f"The regime does not cover {measure}."
        yield from _item_faults(exemption, place)
        yield from _proof_faults(exemption, place)


def _item_faults(exemption: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    items, kind = exemption.get("items", ()), exemption["kind"]
    if not items:
        return  # the schema asks for them where the kind does
    for needed in MUST_ASK[kind]:
        if needed not in items:
            yield (*place, "items"), f"The checklist of an exemption by {kind} asks for {needed}."
    foreign = {item for other, asked in MUST_ASK.items() if other != kind for item in asked} & set(items)
    if kind == "standing":
        foreign = set(items) - set(MUST_ASK[kind])
    for item in sorted(foreign):
        yield (*place, "items"), f"The checklist of an exemption by {kind} does not ask for {item}."


def _proof_faults(fact: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    yield from _day(fact["proof"]["on"], (*place, "proof", "on"))


def _day(text: str, place: Place) -> Iterator[Fault]:
    try:
        date.fromisoformat(text)
    except ValueError:
        yield place, "There is no such day."


class Kept:
    """The loaded regimes of one file, read again once the file is another. Safe between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble: list[Problem] = []
        """What is wrong with the file as it now lies there; the one loaded before stays in force."""
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._loaded: Regimes | None = None

    def current(self) -> Regimes:
        """The regimes in force. Raises ConfigurationError where no good file was ever read."""
        with self._lock:
            try:
                stat = self.path.stat()
                stamp = (stat.st_mtime_ns, stat.st_size)
            except OSError:
                stamp = (0, 0)
            if stamp != self._stamp:
                self._read(stamp)
            if self._loaded is None:
                first = self.trouble[0]
                raise ConfigurationError(f"{self.path.name}, line {first.line}: {first.path} {first.message}")
            return self._loaded

    def _read(self, stamp: tuple[int, int]) -> None:
        self._stamp = stamp
        try:
            self._loaded, self.trouble = read(self.path), []
        except BadFile as error:
            self.trouble = error.problems
            for problem in error.problems:
                log.error("%s:%s %s: %s", self.path.name, problem.line, problem.path, problem.message)


@cache
def kept() -> Kept:
    """The registry's own file."""
    return Kept(data_path("standards") / FILE)


def current() -> Regimes:
    """The regimes in force. Raises ConfigurationError."""
    return kept().current()
