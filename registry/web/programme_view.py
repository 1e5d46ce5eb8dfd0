"""A programme's document as its page shows it: dates, money by year, partners, places, sectors. No queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from registry.catalogue import reference
from registry.catalogue.money import usd_cents
from registry.catalogue.shares import country_shares
from registry.catalogue.totals import budgets_in_force
from registry.errors import N_
from registry.web import charts
from registry.web.i18n import Words, language, narrative
from registry.web.presentation import code_name, money

Document = Mapping[str, Any]

SERIES = (N_("Budget"), N_("Committed"), N_("Disbursed and spent"))
_SERIES_OF_TRANSACTION = {"2": 1, "11": 1, "3": 2, "4": 2}
"""IATI transaction type → series"""
DATE_ORDER = ("1", "2", "3", "4")
FIELD_WORDS = {
    "title": N_("Title"),
    "descriptions": N_("Descriptions"),
    "status": N_("Status"),
    "themes": N_("Themes"),
    "dates": N_("Dates"),
    "countries": N_("Countries"),
    "regions": N_("Regions"),
    "sectors": N_("Sectors"),
    "locations": N_("Locations"),
    "policy_markers": N_("Policy markers"),
    "participating_orgs": N_("Participating organisations"),
    "reporting_org": N_("Reporting organisation"),
    "budgets": N_("Budgets"),
    "planned_disbursements": N_("Planned disbursements"),
    "transactions": N_("Transactions"),
    "results": N_("Results"),
    "documents": N_("Documents"),
    "related_activities": N_("Related activities"),
    "conditions": N_("Conditions"),
    "contacts": N_("Contacts"),
    "iati_identifier": N_("Identifier"),
    "other_identifiers": N_("Other identifiers"),
    "visibility": N_("Visible to"),
    "relevance": N_("Why it is here"),
    "archived": N_("Withdrawn"),
    "lead_id": N_("Stands behind record"),
    "sources": N_("Records of this programme"),
    "cluster_id": N_("Group of records"),
}


def field_words(name: str) -> str:
    """The word for a field of the document."""
    return gettext(FIELD_WORDS[name]) if name in FIELD_WORDS else name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Step:
    """One date on the timeline."""

    words: str
    date: str
    planned: bool


def timeline(document: Document) -> list[Step]:
    """Start and end, planned and actual, in the order of the calendar."""
    steps = [
        Step(code_name("ActivityDateType", item["type"]), item["date"], item["type"] in ("1", "3"))
        for item in document.get("dates") or ()
        if item.get("type") in DATE_ORDER and item.get("date")
    ]
    return sorted(steps, key=lambda step: step.date)


@dataclass
class MoneyByYear:
    """US cents by year and series; None: nothing is stated. `unconverted`: amounts without currency, date or rate."""

    years: dict[str, list[int | None]] = field(default_factory=dict)
    unconverted: int = 0
    chart: charts.BarChart = field(default_factory=charts.BarChart)


def money_by_year(document: Document) -> MoneyByYear:
    """Budgets by the year in which their period begins, transactions by their date, in US dollars."""
    found = MoneyByYear()
    items = [
        (0, item.get("value"), item.get("period_start")) for item in budgets_in_force(document.get("budgets") or ())
    ]
    for item in document.get("transactions") or ():
        if (series := _SERIES_OF_TRANSACTION.get(item.get("type") or "")) is not None:
            items.append((series, item.get("value"), item.get("date")))
    for series, value, day in items:
        if not value or value.get("amount") is None:
            continue
        day = day or value.get("value_date")
        converted = usd_cents(value["amount"], value.get("currency"), value.get("value_date") or day)
        if converted is None or not day:
            found.unconverted += 1
            continue
        row = found.years.setdefault(day[:4], [None, None, None])
        row[series] = (row[series] or 0) + converted.cents
    found.years = dict(sorted(found.years.items()))
    titles = {
        (year, number): f"{year}, {gettext(SERIES[number])}: {money(value, 'USD')}"
        for year, row in found.years.items()
        for number, value in enumerate(row)
        if value is not None
    }
    dollars = {year: [None if v is None else v / 100 for v in row] for year, row in found.years.items()}
    found.chart = charts.grouped_bars(dollars, titles)
    return found


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation in one role."""

    name: Words
    ref: str
    kind: str


def partners(document: Document) -> dict[str, list[Partner]]:
    """Role in words → organisations, funding first."""
    found: dict[str, list[Partner]] = {}
    for item in sorted(document.get("participating_orgs") or (), key=lambda item: str(item.get("role") or "9")):
        role = code_name("OrganisationRole", item.get("role")) or gettext("Role not given")
        found.setdefault(role, []).append(partner(item))
    return found


def partner(item: Document) -> Partner:
    """An organisation of the document."""
    name = narrative(item.get("narratives"), fallback=item.get("ref") or gettext("not named"))
    return Partner(name, item.get("ref") or "", code_name("OrganisationType", item.get("type")))


@dataclass(frozen=True, slots=True)
class Place:
    """A country or region with its share of the programme; None: the source does not say."""

    code: str
    name: str
    share: float | None
    is_state: bool = False


def countries(document: Document) -> list[Place]:
    """Recipient countries, the largest share first."""
    shares = country_shares(document, reference.country_of_iati)
    areas, states = reference.areas(), reference.states()
    return [
        Place(code, areas[code].name(language()), share, code in states)
        for code, share in sorted(shares.items(), key=lambda item: (-(item[1] or 0), item[0]))
    ]


def regions(document: Document) -> list[Place]:
    """Recipient regions as given."""
    found = []
    for item in document.get("regions") or ():
        code = reference.region_of_iati(item.get("code") or "", item.get("vocabulary") or "1")
        known = reference.regions().get(code or "")
        name = known.name(language()) if known else code_name("Region", item.get("code"))
        found.append(Place(item.get("code") or "", name or item.get("code") or "", _share(item.get("percentage"))))
    return found


def _share(percentage: Any) -> float | None:
    return float(percentage) / 100 if percentage is not None else None


@dataclass(frozen=True, slots=True)
class Coded:
    """A code with its words, its vocabulary and (sectors) its share or (markers) its significance in words."""

    code: str
    words: str
    vocabulary: str = ""
    share: float | None = None
    note: str = ""


def sectors(document: Document) -> tuple[list[Coded], bool]:
    """(sectors, whether they stand on transactions only)."""
    own = document.get("sectors") or ()
    items: Iterable[Document] = own or [s for t in document.get("transactions") or () for s in t.get("sectors") or ()]
    found: dict[tuple[str, str], Coded] = {}
    for item in items:
        vocabulary, code = item.get("vocabulary") or "1", item.get("code") or ""
        lists = {"1": "Sector", "2": "SectorCategory"}
        words = (
            code_name(lists[vocabulary], code) if vocabulary in lists else narrative(item.get("narratives"), code).text
        )
        share = _share(item.get("percentage")) if own else None
        found.setdefault((vocabulary, code), Coded(code, words, code_name("SectorVocabulary", vocabulary), share))
    return list(found.values()), not own and bool(found)


def markers(document: Document) -> list[Coded]:
    """Policy markers with their significance."""
    return [
        Coded(
            item.get("code") or "",
            code_name("PolicyMarker", item.get("code")),
            note=code_name("PolicySignificance", item.get("significance")),
        )
        for item in document.get("policy_markers") or ()
    ]
