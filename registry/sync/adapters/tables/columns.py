"""Which column holds what: as declared, by HXL hashtags, or by the usual names. Pure.

HXL: a row of hashtags with attributes (`#org+funder`, `#value+usd`) below the header says it in every language
(hxlstandard.org). Attributes tell languages, currencies and roles; of columns that say the same, the best is used.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.catalogue.cells import Line
from registry.catalogue.folding import plain_key
from registry.catalogue.money import currencies
from registry.catalogue.reference import LANGUAGES
from registry.sync.adapters.contract import DocumentRefused

LOOKED_AT = 30
"""Lines from the beginning in which header and hashtags are looked for"""
MAX_COLUMNS = 1000
TEXTS = frozenset({"title", "description", "funder", "accountable", "implementer", "reporter", "sectors", "place"})
AMOUNTS = frozenset({"budget", "commitment", "disbursement"})
SPEAKING = frozenset({"title", "description", "sectors", "funder", "accountable", "implementer"})
"""A table without any of these says nothing of programmes."""
_TAG = re.compile(r"#\s*(\w+)((?:\s*\+\s*\w+)*)")
_LANGUAGES = frozenset((*LANGUAGES, "pt"))

USUAL: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "iati identifier", "identifier", "programme id", "project id", "reference"),
    "title": ("title", "name", "programme", "project", "programme title", "project title", "activity"),
    "description": ("description", "summary"),
    "status": ("status",),
    "start": ("start", "start date"),
    "end": ("end", "end date"),
    "countries": ("countries", "country", "recipient country"),
    "place": ("place", "location"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng"),
    "sectors": ("sectors", "sector"),
    "funder": ("funder", "donor", "funding organisation"),
    "accountable": ("accountable", "accountable organisation"),
    "implementer": ("implementer", "implementing organisation", "implementing partner"),
    "reporter": ("reporter", "reporting organisation"),
    "budget": ("budget", "amount"),
    "commitment": ("commitment", "committed"),
    "disbursement": ("disbursement", "disbursed", "paid"),
    "currency": ("currency",),
    "value_date": ("value date",),
    "url": ("url", "link", "website"),
}
"""Field → names by which an undeclared column is found; a language or currency code may follow (`budget usd`)."""

_HXL: tuple[tuple[str, str, str], ...] = (
    ("activity", "code", "id"), ("activity", "id", "id"), ("project", "code", "id"), ("project", "id", "id"),
    ("meta", "id", "id"), ("activity", "name", "title"), ("activity", "title", "title"), ("project", "name", "title"),
    ("project", "title", "title"), ("activity", "", "title"), ("project", "", "title"),
    ("activity", "description", "description"), ("activity", "desc", "description"), ("description", "", "description"),
    ("activity", "status", "status"), ("project", "status", "status"), ("status", "", "status"),
    ("activity", "url", "url"), ("project", "url", "url"), ("meta", "url", "url"),
    ("date", "start", "start"), ("date", "end", "end"), ("date", "", "start"), ("date", "value", "value_date"),
    ("country", "code", "countries"), ("country", "iso3", "countries"), ("country", "iso2", "countries"),
    ("country", "name", "countries"), ("country", "", "countries"),
    ("sector", "code", "sectors"), ("sector", "name", "sectors"), ("sector", "", "sectors"),
    ("sector", "cluster", "sectors"), ("subsector", "", "sectors"),
    ("geo", "lat", "latitude"), ("geo", "lon", "longitude"),
    ("org", "funder", "funder"), ("org", "funding", "funder"), ("org", "donor", "funder"), ("org", "source", "funder"),
    ("org", "reporting", "reporter"), ("org", "prog", "accountable"), ("org", "lead", "accountable"),
    ("org", "impl", "implementer"), ("org", "implementing", "implementer"), ("org", "partner", "implementer"),
    ("org", "name", "implementer"), ("org", "", "implementer"),
    ("value", "commitment", "commitment"), ("value", "committed", "commitment"), ("value", "pledged", "commitment"),
    ("value", "paid", "disbursement"), ("value", "disbursed", "disbursement"), ("value", "spent", "disbursement"),
    ("value", "currency", "currency"), ("currency", "", "currency"), ("value", "budget", "budget"),
    ("value", "", "budget"),
    *((tag, part, "place") for tag in ("adm1", "adm2", "adm3", "adm4", "adm5", "loc") for part in ("name", "")),
)  # fmt: skip
"""(hashtag, attribute that it must have, field), those that say most before others of the same field"""
_OTHERWISE = frozenset(
    {"type", "acronym", "code", "id", "url", "num", "count", "reported", "requirement", "requirements", "required",
     "requested", "gap", "unmet", "percent", "pct", "f", "m", "original"}
)  # fmt: skip
"""Attributes by which a column says something else than its hashtag alone would"""


@dataclass(frozen=True, slots=True)
class Use:
    """A column in use. `language` of its texts, `currency` of its amounts, where it says so itself."""

    index: int
    language: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's columns. `fields`: ours → the columns that hold it, in order; `begins`: its first line of data."""

    headers: tuple[str, ...]
    fields: Mapping[str, tuple[Use, ...]]
    begins: int
    unused: tuple[str, ...] = ()
    """Headers (or hashtags) of columns that nothing is taken from"""


@dataclass(frozen=True, slots=True)
class Hashtag:
    """An HXL hashtag with its attributes."""

    tag: str
    attributes: frozenset[str]


def hashtag(text: str) -> Hashtag | None:
    """The hashtag that a cell is; None where it is none."""
    found = _TAG.fullmatch(text.strip().lower())
    if not found:
        return None
    return Hashtag(found[1], frozenset(part.strip() for part in found[2].split("+") if part.strip()))


def find_layout(lines: Sequence[Line], declared: Mapping[str, str], header_rows: int = 1) -> Layout:
    """How the table is laid out, from its first lines. Raises DocumentRefused where it cannot be one of programmes."""
    filled = [line for line in lines if any(cell.strip() for cell in line.cells)]
    if not filled:
        raise DocumentRefused("empty", "The table is empty.")
    tags: list[Hashtag | None] = []
    for at, line in enumerate(filled):
        found = [hashtag(cell) for cell in line.cells]
        if 2 * sum(1 for tag in found if tag) >= sum(1 for cell in line.cells if cell.strip()):
            tags, last = found, at
            header = filled[max(0, at - header_rows) : at]
            break
    else:
        last = _header_line(filled, declared)
        header = filled[max(0, last - header_rows + 1) : last + 1]
    width = max(len(filled[last].cells), *(len(line.cells) for line in header or filled[last : last + 1]))
    if width > MAX_COLUMNS:
        raise DocumentRefused("columns", f"The table has more than {MAX_COLUMNS} columns.")
    names = _names(header, width)
    tags += [None] * (width - len(tags))
    fields = _fields(names, tags, declared)
    if not fields.keys() & SPEAKING:
        raise DocumentRefused(
            "columns",
            "No column is known to hold a title, a description, a sector or an organisation: say which one does. "
            f"The columns are: {_listed(names, tags)}.",
        )
    used = {use.index for uses in fields.values() for use in uses}
    unused = tuple(_shown(*named) for at, named in enumerate(zip(names, tags, strict=True)) if at not in used)
    return Layout(tuple(path[-1] for path in names), fields, filled[last].number + 1, tuple(filter(None, unused)))


def _header_line(filled: Sequence[Line], declared: Mapping[str, str]) -> int:
    """The line that holds most of the names looked for; the first one where none holds any."""
    wanted = {plain_key(name) for name in declared.values()} or {name for names in USUAL.values() for name in names}
    scores = [len({plain_key(cell) for cell in line.cells} & wanted) for line in filled]
    return scores.index(max(scores))


def _names(header: Sequence[Line], width: int) -> list[tuple[str, str]]:
    """Per column (all of its header's rows, the last of them); a cell that spans columns is written in the first."""
    rows: list[list[str]] = []
    for at, line in enumerate(header):
        cells = [" ".join(cell.split()) for cell in line.cells] + [""] * (width - len(line.cells))
        if at < len(header) - 1:
            for index in range(1, width):
                cells[index] = cells[index] or cells[index - 1]
        rows.append(cells)
    if not rows:
        return [("", "")] * width
    return [(" ".join(filter(None, column)), column[-1]) for column in zip(*rows, strict=True)]


def _fields(
    names: Sequence[tuple[str, str]], tags: Sequence[Hashtag | None], declared: Mapping[str, str]
) -> dict[str, tuple[Use, ...]]:
    fields: dict[str, tuple[Use, ...]] = {}
    for field, name in declared.items():
        fields[field] = (_declared(field, name, names, tags),)
    if any(tags):
        return _by_hashtags(tags) | fields
    # Who declares columns knows the others too, and left them out.
    return fields or _by_usual_names(names)


def _declared(field: str, name: str, names: Sequence[tuple[str, str]], tags: Sequence[Hashtag | None]) -> Use:
    wanted, key = hashtag(name), plain_key(name)
    for index, (whole, last) in enumerate(names):
        tag = tags[index]
        if wanted and tag and tag.tag == wanted.tag and wanted.attributes <= tag.attributes:
            return _use(field, index, tag)
        if key and key in (plain_key(whole), plain_key(last)):
            return _use(field, index, tag)
    raise DocumentRefused("columns", f"There is no column “{name}” ({field}). The columns are: {_listed(names, tags)}.")


def _listed(names: Sequence[tuple[str, str]], tags: Sequence[Hashtag | None]) -> str:
    shown = [_shown(*named) for named in zip(names, tags, strict=True)]
    return ", ".join(f"“{name[:60]}”" for name in shown if name)[:1500] or "without names"


def _shown(name: tuple[str, str], tag: Hashtag | None) -> str:
    return name[0] or ("#" + tag.tag if tag else "")


def _use(field: str, index: int, tag: Hashtag | None) -> Use:
    attributes = tag.attributes if tag else frozenset()
    language = next(iter(sorted(attributes & _LANGUAGES)), None) if field in TEXTS else None
    money = next((code for code in sorted(attributes) if code.upper() in currencies()), None)
    return Use(index, language, money.upper() if money and field in AMOUNTS else None)


def _by_hashtags(tags: Sequence[Hashtag | None]) -> dict[str, tuple[Use, ...]]:
    found: dict[str, list[tuple[int, Use]]] = {}
    for index, tag in enumerate(tags):
        if tag is None:
            continue
        for rank, (name, attribute, field) in enumerate(_HXL):
            told = tag.attributes - {attribute}
            if name != tag.tag or (attribute and attribute not in tag.attributes) or told & _OTHERWISE:
                continue
            found.setdefault(field, []).append((rank, _use(field, index, tag)))
            break
    return {field: _best(field, uses) for field, uses in found.items()}


def _best(field: str, uses: list[tuple[int, Use]]) -> tuple[Use, ...]:
    """Places add up; of the rest the best of each language."""
    if field == "place":
        return tuple(use for _, use in uses)
    chosen: dict[str | None, Use] = {}
    for _, use in sorted(uses, key=lambda ranked: (ranked[0], ranked[1].currency is None, ranked[1].index)):
        chosen.setdefault(use.language, use)
    return tuple(chosen.values()) if field in TEXTS else tuple(chosen.values())[:1]


def _by_usual_names(names: Sequence[tuple[str, str]]) -> dict[str, tuple[Use, ...]]:
    found: dict[str, list[tuple[int, Use]]] = {}
    fields = {name: (field, rank) for field, usual in USUAL.items() for rank, name in enumerate(usual)}
    for index, (whole, last) in enumerate(names):
        for key in dict.fromkeys((plain_key(whole), plain_key(last))):
            use, name = Use(index), key
            head, _, code = key.rpartition(" ")
            if key not in fields and head in fields:
                field = fields[head][0]
                if field in TEXTS and code in _LANGUAGES:
                    use, name = Use(index, language=code), head
                elif field in AMOUNTS and code.upper() in currencies():
                    use, name = Use(index, currency=code.upper()), head
            if name in fields:
                field, rank = fields[name]
                found.setdefault(field, []).append((rank, use))
                break
    return {field: _best(field, uses) for field, uses in found.items()}
