"""From a programme's document to what lists, filters and search read: row, facets, parties, search text. Pure.

The form of the document stands in docs/programme-document.md. What does not fit a column's limit is cut here: the
document keeps it whole.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from registry.catalogue.folding import plain_key
from registry.catalogue.money_rows import FUNDING, MEASURES, FlowRow, flow_rows, kin_of, passes_on
from registry.catalogue.reference import areas, country_of_iati, region_of_iati
from registry.catalogue.shares import country_shares, unknown_countries
from registry.catalogue.totals import totals_of

Document = Mapping[str, Any]

FIRST_YEAR, LAST_YEAR, MOST_YEARS = 1990, 2050, 60
TITLE_LENGTH = 500
SORT_LENGTH = 100
SEARCH_LENGTH = 20_000
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NO_REF = frozenset({"na", "none", "null", "tbc", "tbd", "unknown", "other", "nil", "notapplicable", "notavailable"})


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation as a document names it. `ref` None: the document gives no identifier that can be used."""

    ref: str | None
    name: str
    names: Mapping[str, str] = field(default_factory=dict, hash=False)
    kind: str | None = None

    def __reduce__(self) -> Any:
        return Party, (self.ref, self.name, self.names, self.kind)


@dataclass(slots=True)
class Derived:
    """What a document says to lists and search. Organisation ids are not known here: see `parties`."""

    row: dict[str, Any]
    facets: dict[tuple[str, str], float | None]
    """(facet, value) → share"""
    reporting: Party | None
    parties: list[Party]
    search_title: str
    search_body: str
    unknown_countries: set[str]
    flows: list[FlowRow]
    """Of references, `donor` is still the reference"""
    kin: list[tuple[str, str]]
    passes_on: bool

    def __reduce__(self) -> Any:
        # Readers in other processes send many of these: a plain tuple is pickled in a third of the time.
        return Derived, (
            self.row, self.facets, self.reporting, self.parties, self.search_title, self.search_body,
            self.unknown_countries, [tuple(row) for row in self.flows], self.kin, self.passes_on,
        )  # fmt: skip


def derive(document: Document, *, themes: Sequence[str], source: str, relevance: str) -> Derived:
    """Everything the catalogue keeps about a document besides the document itself."""
    shares = country_shares(document, country_of_iati)
    by_share = sorted(shares, key=lambda code: (-(shares[code] or 0.0), code))
    start, end = date_of(document, "2", "1"), date_of(document, "4", "3")
    title, language = title_of(document)
    reporting = _party(document["reporting_org"]) if document.get("reporting_org") else None
    parties = parties_of(document)
    totals = totals_of(document)
    row = {
        "iati_identifier": str(document.get("iati_identifier") or "")[:500],
        "derived_identifier": bool(document.get("derived_identifier")),
        "title": title[:TITLE_LENGTH],
        "sort_title": sort_key(title),
        "title_language": language[:10],
        "status": _code(document.get("status"), 4),
        "start_date": start,
        "end_date": end,
        "reporting_name": reporting.name if reporting else "",
        "countries": _joined(by_share, 500),
        "themes": _joined(themes, 500),
        "default_currency": _code(document.get("currency"), 3),
        "budget_usd": totals["budget"].usd,
        "commitment_usd": totals["commitment"].usd,
        "disbursement_usd": totals["disbursement"].usd,
        "relevance": relevance[:300],
        "source_updated_at": _instant(document.get("last_updated")),
    }
    facets: dict[tuple[str, str], float | None] = {("country", code): share for code, share in shares.items()}
    facets |= dict.fromkeys(_facets(document, by_share, themes, source, start, end))
    return Derived(
        row, facets, reporting, parties, *_search_text(document, title, by_share, parties),
        unknown_countries(document, country_of_iati),
        flow_rows(
            [totals[name].usd for name in MEASURES], _donors(document, reporting), _joined(themes, 500).split(),
            {code: shares[code] for code in _joined(by_share, 500).split()},
        ),
        kin_of(document), passes_on(document),
    )  # fmt: skip


def _donors(document: Document, reporting: Party | None) -> dict[str, str]:
    """Organisations that fund it (reference or `name:` key → name); where none is named, who reports it."""
    named = [_party(org) for org in document.get("participating_orgs") or () if org.get("role") == FUNDING]
    found: dict[str, str] = {}
    for party in (*named, *([reporting] if reporting else ())):
        key = party.ref or organisation_key(party.name)
        if key and not (found and party is reporting):
            found.setdefault(key, party.name or key)
    return found


def sort_key(text: str) -> str:
    """What a list in alphabetical order sorts by: folded, so that accents and case do not send a name to the end."""
    return plain_key(text[:SORT_LENGTH])[:SORT_LENGTH]


def narrative(narratives: Iterable[Document] | None, language: str | None = None) -> Document:
    """The narrative in a language, else one without a language, else the first; `{}` where there is none."""
    listed = [n for n in narratives or () if n.get("text")]
    for wanted in (language, None):
        for item in listed:
            if item.get("lang") == wanted:
                return item
    return listed[0] if listed else {}


NO_TITLE = "zxx"
"""Language of a title that is none, but the identifier of a programme without one: BCP 47's "no linguistic content\""""


def title_of(document: Document) -> tuple[str, str]:
    """(title, its language) in the document's own language, else the first title.

    A programme without a title goes by its identifier, with NO_TITLE as the language.
    """
    default = document.get("language") or ""
    found = narrative(document.get("title"), default or None)
    text = " ".join(str(found.get("text", "")).split())
    if not text:
        return str(document.get("iati_identifier") or ""), NO_TITLE
    return text, found.get("lang") or default


@lru_cache(maxsize=20_000)
def usable_ref(ref: str | None) -> str | None:
    """An organisation's reference as it is compared (one case, no spaces); None for `N/A`, `0` and their like."""
    ref = "".join((ref or "").split()).upper()[:200]
    plain = "".join(c for c in ref if c.isalnum())
    if len(plain) < 2 or plain.lower() in _NO_REF or not plain.strip("0"):
        return None
    return ref


def _party(org: Document) -> Party:
    listed = [n for n in org.get("narratives") or () if n.get("text")]
    names = {(n.get("lang") or "")[:10]: " ".join(n["text"].split())[:500] for n in listed}
    name = names.get("en") or names.get("") or next(iter(names.values()), "")
    return Party(usable_ref(org.get("ref")), name, names, _code(org.get("type"), 4))


def parties_of(document: Document) -> list[Party]:
    """The organisations that a document names, each once: who reports, then who takes part."""
    found: dict[str, Party] = {}
    reporting = [document["reporting_org"]] if document.get("reporting_org") else []
    for party in (_party(org) for org in (*reporting, *(document.get("participating_orgs") or ()))):
        key = party.ref or organisation_key(party.name)
        if key and not (key in found and found[key].name):
            found[key] = party
    return list(found.values())


def organisation_key(name: str) -> str:
    """Facet value of an organisation without an identifier: `name:` and its folded name; "" where it has none."""
    key = plain_key(name)
    return f"name:{key}"[:200] if key else ""


def _facets(
    document: Document, countries: Sequence[str], themes: Sequence[str], source: str, start: str | None, end: str | None
) -> Iterator[tuple[str, str]]:
    yield "source", source
    for theme in themes:
        yield "theme", theme[:200]
    if status := _code(document.get("status"), 4):
        yield "status", status
    for region in _regions(document, countries):
        yield "region", region
    for year in years_of(start, end):
        yield "year", str(year)
    for marker in document.get("policy_markers") or ():
        if (
            marker.get("code") == "1"
            and marker.get("vocabulary", "1") == "1"
            and marker.get("significance", "0") != "0"
        ):
            yield "marker", "gender"
    for sector in _own_or_transactions(document, "sectors"):
        if sector.get("vocabulary", "1") in ("1", "2") and sector.get("code"):
            yield "sector", sector["code"][:200]


def _own_or_transactions(document: Document, name: str) -> Iterator[Document]:
    """Items of a list that stands on the activity, or else on its transactions."""
    if document.get(name):
        yield from document[name]
    else:
        for transaction in document.get("transactions") or ():
            yield from transaction.get(name) or ()


def _regions(document: Document, countries: Sequence[str]) -> Iterator[str]:
    for country in countries:
        if region := areas()[country].region:
            yield region
    for item in _own_or_transactions(document, "regions"):
        if code := region_of_iati(item.get("code") or "", item.get("vocabulary") or "1"):
            yield code


def years_of(start: str | None, end: str | None) -> list[int]:
    """Calendar years a programme runs in; where only one end is known, or they are the wrong way round, those alone."""
    known = [int(day[:4]) for day in (start, end) if day]
    if len(known) == 2 and known[0] <= known[1]:
        known = list(range(max(known[0], FIRST_YEAR), min(known[1], LAST_YEAR) + 1))[:MOST_YEARS]
    return sorted({year for year in known if FIRST_YEAR <= year <= LAST_YEAR})


def date_of(document: Document, *types: str) -> str | None:
    """The first day of these ActivityDateType codes that is one, in the order of the codes."""
    for wanted in types:
        for item in document.get("dates") or ():
            if item.get("type") == wanted and _DATE.match(item.get("date") or ""):
                return str(item["date"])[:10]
    return None


def _code(value: Any, length: int) -> str | None:
    return str(value) if value and len(str(value)) <= length else None


def _joined(codes: Sequence[str], length: int) -> str:
    """Codes with spaces between, as many whole ones as fit."""
    text = " ".join(codes)
    return text if len(text) <= length else text[: length + 1].rpartition(" ")[0]


def _instant(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


@cache
def _country_names(alpha3: str) -> str:
    return " ".join(dict.fromkeys(areas()[alpha3].names.values()))


def _search_text(document: Document, title: str, countries: Sequence[str], parties: Iterable[Party]) -> tuple[str, str]:
    """(titles in every language, everything else a programme is to be found by)."""
    titles = " ".join(n["text"] for n in document.get("title") or () if n.get("text")) or title
    parts: list[str] = [str(document.get("iati_identifier") or "")]
    parts += [str(item["ref"]) for item in document.get("other_identifiers") or () if item.get("ref")]
    parts += [name for party in parties for name in party.names.values()]
    parts += [_country_names(code) for code in countries[:20]]
    for item in document.get("descriptions") or ():
        parts += [n["text"] for n in item.get("narratives") or () if n.get("text")]
    for item in document.get("humanitarian_scopes") or ():
        parts += [n["text"] for n in item.get("narratives") or () if n.get("text")]
    for item in (*(document.get("locations") or ()), *(document.get("results") or ())):
        parts += [n["text"] for n in item.get("name") or item.get("title") or () if n.get("text")]
    return titles[:SEARCH_LENGTH], " \n ".join(parts)[:SEARCH_LENGTH]
