"""What each indicator measures: those of this registry's own list (standards/indicators.yaml) and of the standards.

An indicator of a standard is named after it: `iti.trained`. Where a standard's stands for an SDG indicator that the own
list has, the own one is meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from sqlmodel import Session

from registry.compliance.editions import Text, text_in
from registry.compliance.listing import current_editions
from registry.errors import N_, ConfigurationError, NotFound
from registry.settings import data_path
from registry.yaml_files.parsing import parse

FILE = "indicators.yaml"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One definition. `unit`: count, percent, days, rate_per_100k, usd; `direction`: which way is better."""

    id: str
    title: Text
    unit: str
    direction: str
    definition: Text = ""
    numerator: str = ""
    denominator: str = ""
    requirements: tuple[tuple[str, str], ...] = ()
    """(standard, clause) that it says something of"""
    dimensions: tuple[str, ...] = ()
    """By what it may be broken down"""
    expected: tuple[str, ...] = ()
    """By what it is to be broken down"""
    sdg: str = ""
    frequency_months: int | None = None
    source: str = ""
    checked: bool = False

    @property
    def is_share(self) -> bool:
        """Observed as a numerator and a denominator."""
        return bool(self.numerator and self.denominator)

    def name(self, language: str) -> str:
        """The title in a language, else in English."""
        return text_in(self.title, language)


@cache
def own() -> dict[str, Indicator]:
    """The registry's own list, in its order. Raises ConfigurationError, with place and reason, where it is wrong."""
    path = data_path("standards") / FILE
    return _read(path, (path.parent / "standard.schema.json").read_bytes())


def _read(path: Path, schema: bytes) -> dict[str, Indicator]:
    document, lines = parse(path.read_text(encoding="utf-8"))
    validator = Draft202012Validator(_schema(orjson.loads(schema)))
    for error in validator.iter_errors(document):
        place = tuple(error.absolute_path)
        while place and place not in lines:
            place = place[:-1]
        raise ConfigurationError(f"{path.name}, line {lines.get(place, 1)}: {error.message[:300]}")
    found: dict[str, Indicator] = {}
    for item in document["indicators"]:
        if item["id"] in found:
            raise ConfigurationError(f"{path.name}: the indicator {item['id']} stands twice.")
        found[item["id"]] = _indicator(item["id"], item, (), item["source"], item["checked"])
    return found


def _schema(standard: Mapping[str, Any]) -> dict[str, Any]:
    """That of the standards' indicators, which say besides where they come from."""
    definitions = dict(standard["$defs"])
    indicator = dict(definitions["indicator"])
    indicator["properties"] = {**indicator["properties"], "source": {"type": "string"}, "checked": {"type": "boolean"}}
    indicator["required"] = [*indicator["required"], "definition", "source", "checked"]
    definitions["indicator"] = indicator
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["schema", "indicators"],
        "properties": {
            "schema": {"const": 1},
            "indicators": {"type": "array", "items": {"$ref": "#/$defs/indicator"}, "minItems": 1},
        },
        "$defs": definitions,
    }


def _indicator(
    name: str, item: Mapping[str, Any], requirements: tuple[tuple[str, str], ...], source: str, checked: bool
) -> Indicator:
    expected = tuple(item.get("expected", ()))
    return Indicator(
        name,
        item["title"],
        item["unit"],
        item["direction"],
        item.get("definition", ""),
        item.get("numerator", ""),
        item.get("denominator", ""),
        requirements,
        tuple(dict.fromkeys((*expected, *item.get("disaggregate", ())))),
        expected,
        item.get("sdg", ""),
        item.get("frequency_months"),
        source,
        checked,
    )


def all_indicators(session: Session) -> dict[str, Indicator]:
    """Every indicator there is: the own ones, then those of the standards in force."""
    found = dict(own())
    found.update(_of_standards(session, {item.sdg for item in found.values() if item.sdg}))
    return found


def _of_standards(session: Session, sdg: set[str]) -> Iterator[tuple[str, Indicator]]:
    for edition in current_editions(session):
        for item in edition.document.get("indicators", ()):
            if item.get("sdg") in sdg:
                continue
            name = f"{edition.slug}.{item['id']}"
            clauses = tuple((edition.slug, clause) for clause in item.get("requirements", ()))
            yield name, _indicator(name, item, clauses, f"{edition.title()} ({edition.version})", False)


def get_indicator(session: Session, name: str) -> Indicator:
    """Raises NotFound."""
    found = own().get(name) or all_indicators(session).get(name)
    if found is None:
        raise NotFound(N_("There is no such indicator."))
    return found
