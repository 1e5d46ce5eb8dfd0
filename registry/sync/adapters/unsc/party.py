"""One entry of the list → the document of a listed party (docs/listed.md). What the list says, nothing concluded."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from registry.catalogue.reference import resolve_state
from registry.sync.adapters.contract import Record, RecordFault

Node = Any
"""An lxml element"""
Item = dict[str, Any]
KINDS = {"INDIVIDUAL": "person", "ENTITY": "entity"}
NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
QUALITIES = {"good": "good", "low": "low", "a.k.a.": "aka", "f.k.a.": "fka"}
ADDRESS = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")
MAX_PARTS = 2_000


def text_at(node: Node, tag: str) -> str:
    """The text of a child, its spaces kept to one each; "" where there is none."""
    return " ".join((node.findtext(tag) or "").split())


def build(node: Node, reference: str) -> Record:
    """The document of an entry. Raises RecordFault for one without a name, or with a date that is no day."""
    kind = KINDS[node.tag]
    name = " ".join(filter(None, (text_at(node, tag) for tag in NAMES)))
    if not name:
        raise RecordFault("no_text", "the entry names nobody")
    document: Item = {
        "reference": reference,
        "kind": kind,
        "name": name,
        "original_name": text_at(node, "NAME_ORIGINAL_SCRIPT"),
        "regime": text_at(node, "UN_LIST_TYPE"),
        "listed_on": _day(text_at(node, "LISTED_ON"), "LISTED_ON"),
        "amended_on": sorted(
            {_day(text, "LAST_DAY_UPDATED") or "" for text in _values(node, "LAST_DAY_UPDATED")} - {""}
        ),
        "gender": text_at(node, "GENDER"),
        "titles": list(_values(node, "TITLE")),
        "designations": list(_values(node, "DESIGNATION")),
        "nationalities": list(_values(node, "NATIONALITY")),
        "aliases": list(_aliases(node)),
        "addresses": list(_places(node, f"{node.tag}_ADDRESS")),
        "births": list(_births(node)),
        "birth_places": list(_places(node, "INDIVIDUAL_PLACE_OF_BIRTH")),
        "documents": list(_documents(node)),
        "comments": (node.findtext("COMMENTS1") or "").strip(),
        "data_id": text_at(node, "DATAID"),
        "list_version": text_at(node, "VERSIONNUM"),
    }
    warnings: list[str] = []
    document["states"] = sorted(_states(document, warnings))
    return Record({key: value for key, value in document.items() if value}, name[:300], warnings)


def _day(text: str, what: str) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise RecordFault("date", f"{what} “{text[:40]}” is no day") from None


def _values(node: Node, tag: str) -> Iterator[str]:
    for value in node.iterfind(f"{tag}/VALUE"):
        if text := " ".join((value.text or "").split()):
            yield text


def _parts(node: Node, tag: str) -> list[Node]:
    found = node.findall(tag)
    if len(found) > MAX_PARTS:
        raise RecordFault("oversize", f"the entry has more than {MAX_PARTS} times {tag}")
    return list(found)


def _filled(**values: str) -> Item:
    return {name: value for name, value in values.items() if value}


def _aliases(node: Node) -> Iterator[Item]:
    for alias in _parts(node, f"{node.tag}_ALIAS"):
        name, quality = text_at(alias, "ALIAS_NAME"), text_at(alias, "QUALITY")
        if name:
            yield _filled(
                name=name, quality=QUALITIES.get(quality.lower(), quality), note=text_at(alias, "NOTE"),
                birth=text_at(alias, "DATE_OF_BIRTH"), birth_city=text_at(alias, "CITY_OF_BIRTH"),
                birth_country=text_at(alias, "COUNTRY_OF_BIRTH"),
            )  # fmt: skip


def _places(node: Node, tag: str) -> Iterator[Item]:
    for place in _parts(node, tag):
        words = ", ".join(filter(None, (text_at(place, part) for part in ADDRESS)))
        item = _filled(text=words, country=text_at(place, "COUNTRY"), note=text_at(place, "NOTE"))
        if item:
            yield item


def _births(node: Node) -> Iterator[Item]:
    for birth in _parts(node, "INDIVIDUAL_DATE_OF_BIRTH"):
        item = _filled(
            date=text_at(birth, "DATE")[:10], year=text_at(birth, "YEAR"), from_year=text_at(birth, "FROM_YEAR"),
            to_year=text_at(birth, "TO_YEAR"), note=text_at(birth, "NOTE"),
        )  # fmt: skip
        if item:
            kind = text_at(birth, "TYPE_OF_DATE").lower()
            yield item | ({"type": kind} if kind else {})


def _documents(node: Node) -> Iterator[Item]:
    for paper in _parts(node, "INDIVIDUAL_DOCUMENT"):
        item = _filled(
            type=text_at(paper, "TYPE_OF_DOCUMENT") or text_at(paper, "TYPE_OF_DOCUMENT2"),
            number=text_at(paper, "NUMBER"),
            country=text_at(paper, "ISSUING_COUNTRY") or text_at(paper, "COUNTRY_OF_ISSUE"),
            issued_on=text_at(paper, "DATE_OF_ISSUE"), issued_in=text_at(paper, "CITY_OF_ISSUE"),
            note=text_at(paper, "NOTE"),
        )  # fmt: skip
        if item:
            yield item


def _states(document: Item, warnings: list[str]) -> Iterator[str]:
    """Alpha-3 of the States that the entry names: of nationality, address or birth."""
    names = dict.fromkeys(document["nationalities"])
    for place in (*document["addresses"], *document["birth_places"]):
        names |= dict.fromkeys([place.get("country", "")])
    found = set()
    for name in filter(None, names):
        if state := resolve_state(name):
            found.add(state.alpha3)
        else:
            warnings.append(f"states: “{name[:60]}” is not a State known here")
    yield from found
