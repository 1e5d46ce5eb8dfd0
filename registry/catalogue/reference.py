"""States, areas, regions, themes and codelists: small tables that ship with the registry, read once per process.

States carry UN short names (not CLDR's, which differ in political detail) and M49 regions. Sources stand in the
header of each data file.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale

from registry.catalogue.folding import plain_key
from registry.settings import data_path

LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
"""The six official languages of the United Nations."""

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Area:
    """A country or area that ISO 3166 or IATI names. `region` is its M49 sub-region, `names` language → name."""

    alpha3: str
    alpha2: str
    m49: str
    region: str
    names: Mapping[str, str] = field(hash=False)

    def name(self, language: str = "en") -> str:
        """Its name in one of the six languages; English where that is missing."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class State(Area):
    """A Member State or observer State of the United Nations."""

    kind: str = "member"
    ldc: bool = False
    """Least developed country"""
    lldc: bool = False
    """Landlocked developing country"""
    sids: bool = False
    oda: bool = False
    """On the DAC List of ODA Recipients"""
    """Small island developing State"""


@dataclass(frozen=True, slots=True)
class Region:
    """A region of M49. `members` are alpha-3 codes of all areas in it and in the regions below it."""

    code: str
    parent: str | None
    names: Mapping[str, str] = field(hash=False)
    members: tuple[str, ...] = ()

    def name(self, language: str = "en") -> str:
        """Its name in one of the six languages; English where that is missing."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme of small-arms control with its names and the keywords that suggest it, both by language."""

    id: str
    parent: str | None
    names: Mapping[str, str] = field(hash=False)
    keywords: Mapping[str, tuple[str, ...]] = field(hash=False)

    def name(self, language: str = "en") -> str:
        """Its name in one of the six languages; English where that is missing."""
        return self.names.get(language) or self.names["en"]


def read_table(name: str) -> Iterator[dict[str, str]]:
    """Rows of a data file; lines that start with # are comments (source, date)."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


def _names(row: Mapping[str, str]) -> dict[str, str]:
    return {language: row[language] for language in LANGUAGES if row.get(language)}


def _flag(text: str) -> bool:
    return text.strip().lower() in ("1", "true", "yes")


@cache
def states() -> dict[str, State]:
    """Alpha-3 → State: members and observers of the United Nations."""
    return {
        row["alpha3"]: State(
            row["alpha3"], row["alpha2"], row["m49"], row["region"], _names(row),
            row["kind"], _flag(row["ldc"]), _flag(row["lldc"]), _flag(row["sids"]), _flag(row["oda"]),
        )
        for row in read_table("states.csv")
    }  # fmt: skip


@cache
def areas() -> dict[str, Area]:
    """Alpha-3 → area: the States, and the territories and areas that country codes name besides."""
    others = {
        row["alpha3"]: Area(row["alpha3"], row["alpha2"], row["m49"], row["region"], _names(row))
        for row in read_table("areas.csv")
    }
    return {**others, **states()}


@cache
def regions() -> dict[str, Region]:
    """M49 code → region."""
    rows = list(read_table("regions.csv"))
    parents = {row["code"]: row["parent"] or None for row in rows}
    members: dict[str, list[str]] = {code: [] for code in parents}
    for area in areas().values():
        code: str | None = area.region
        while code and code in members:
            members[code].append(area.alpha3)
            code = parents[code]
    return {
        row["code"]: Region(row["code"], parents[row["code"]], _names(row), tuple(sorted(members[row["code"]])))
        for row in rows
    }


@cache
def groupings() -> dict[str, Region]:
    """Code → grouping of States that lie anywhere: least developed, small islands (M49), ODA-eligible."""
    return {
        row["code"]: Region(
            row["code"],
            None,
            _names(row),
            tuple(sorted(state.alpha3 for state in states().values() if getattr(state, row["column"]))),
        )
        for row in read_table("groupings.csv")
    }


@cache
def places() -> dict[str, Region]:
    """M49 code → region or grouping: what an offer can be for, besides States."""
    return {**regions(), **groupings()}


def resolve_place(text: str) -> str | None:
    """The M49 code of a region or grouping by its code, its name in any of the six languages or its letters (LDC)."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and text.zfill(3) in places():
        return text.zfill(3)
    return _place_keys().get(plain_key(text))


@cache
def _place_keys() -> dict[str, str]:
    letters = {plain_key(row["column"]): row["code"] for row in read_table("groupings.csv")}
    return {plain_key(name): code for code, place in places().items() for name in place.names.values()} | letters


def region_and_below(code: str) -> list[str]:
    """The M49 code with those of all regions inside it."""
    found = [code]
    for region in regions().values():
        if region.parent == code:
            found += region_and_below(region.code)
    return found


@cache
def _state_keys() -> dict[str, State]:
    exact: dict[str, State] = {}
    short: dict[str, State | None] = {}
    for state in states().values():
        for text in (state.alpha2, state.alpha3, state.m49, *state.names.values()):
            exact[plain_key(text)] = state
        for name in state.names.values():
            # "Bolivia (Plurinational State of)" is also found as "Bolivia", where no other State would be.
            key = plain_key(name.partition("(")[0])
            short[key] = state if short.get(key, state) is state else None
    usual = {plain_key(row["name"]): states()[row["alpha3"]] for row in read_table("aliases.csv")}
    return {**{key: state for key, state in short.items() if key and state}, **usual, **exact}


@cache
def _everyday_keys() -> dict[str, State]:
    """The everyday names of CLDR in the six languages (Babel's): understood on the way in, never shown.

    Asked last, since reading them takes a moment. A name that two States could have is none.
    """
    found: dict[str, State | None] = {}
    by_code = {state.alpha2: state for state in states().values() if state.alpha2}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if state := by_code.get(code):
                key = plain_key(name)
                found[key] = state if found.get(key, state) is state else None
    return {key: state for key, state in found.items() if key and state}


def name_key(alpha3: str) -> str:
    """What States are put in order by: their English name, folded; the code of what is no State."""
    state = states().get(alpha3)
    return plain_key(state.name()) if state else alpha3


def resolve_state(text: str) -> State | None:
    """The State that a text names: alpha-2, alpha-3, M49 code, its name in any of the six languages, a usual name.

    A name may have its first words behind it: “Korea, Republic of”.
    """
    key = plain_key(text)
    keys = _state_keys()
    found = keys.get(key) or keys.get(key.removeprefix("the "))
    if found is None and "," in text:
        name, _, before = text.partition(",")
        found = keys.get(plain_key(f"{before} {name}").removeprefix("the "))
    return found or _everyday_keys().get(key)


@cache
def _country_codes() -> dict[str, str]:
    return {code: area.alpha3 for area in areas().values() for code in (area.alpha2, area.alpha3) if code}


def country_of_iati(code: str) -> str | None:
    """Alpha-3 of a country code as partners write it (alpha-2, alpha-3, any case); None for XX and the unknown."""
    return _country_codes().get(code.strip().upper())


def region_of_iati(code: str, vocabulary: str = "1") -> str | None:
    """M49 code of a recipient region: vocabulary 1 is the DAC's, 2 is M49 itself; None where there is no equal."""
    code = code.strip()
    if vocabulary == "2":
        return code.zfill(3) if code.zfill(3) in regions() else None
    return codelist("dac_region_to_m49").get(code) if vocabulary in ("", "1") else None


@cache
def themes() -> dict[str, Theme]:
    """Theme id → theme, in the order of standards/themes.yaml."""
    found = {}
    for item in _read_yaml(data_path("standards") / "themes.yaml")["themes"]:
        keywords = {language: tuple(words) for language, words in (item.get("keywords") or {}).items()}
        found[item["id"]] = Theme(item["id"], item.get("parent"), item["title"], keywords)
    return found


@cache
def _codelists() -> dict[str, dict[str, list[str]]]:
    lists: dict[str, dict[Any, list[str]]] = _read_yaml(DATA / "codelists.yaml")
    return {name: {str(code): names for code, names in codes.items()} for name, codes in lists.items()}


@cache
def codelist(name: str, language: str = "en") -> dict[str, str]:
    """Code → name of an IATI codelist, in French where asked for and known. Raises KeyError for an unknown list."""
    at = 1 if language == "fr" else 0
    return {code: (names[at : at + 1] or names[:1])[0] for code, names in _codelists()[name].items()}


def _read_yaml(path: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, Loader=loader)  # noqa: S506  (a safe loader either way)
