"""How much of a programme falls to which country. Pure.

A share is a part 0..1; None: the source does not say. Where countries stand on transactions only, they share the
programme out by the transactions' values, so that no country gets the whole twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from registry.catalogue.money import usd_cents

Document = Mapping[str, Any]
Lookup = Callable[[str], str | None]
"""Country code as given → alpha-3, or None where it names no country."""


def country_shares(document: Document, country_of: Lookup) -> dict[str, float | None]:
    """Alpha-3 → share of the programme. Codes that name no country are left out, but keep their part."""
    if document.get("countries"):
        return _declared(document["countries"], document.get("regions") or (), country_of)
    transactions = [t for t in document.get("transactions") or () if t.get("countries")]
    return _by_value(document["transactions"], country_of) if transactions else {}


def unknown_countries(document: Document, country_of: Lookup) -> set[str]:
    """Country codes of the document that name no country (`XX`, typing errors), to be counted and shown."""
    lists = [document.get("countries") or (), *(t.get("countries") or () for t in document.get("transactions") or ())]
    return {item["code"] for items in lists for item in items if item.get("code") and not country_of(item["code"])}


def _declared(
    countries: Sequence[Document], regions: Sequence[Document], country_of: Lookup
) -> dict[str, float | None]:
    # Several vocabularies state the same regions anew: those of the first one count beside the countries.
    vocabulary = regions[0].get("vocabulary") if regions else None
    beside = [region for region in regions if region.get("vocabulary") == vocabulary]
    stated = [_percentage(item) for item in (*countries, *beside)]
    if len(stated) == 1 and stated[0] is None:
        stated = [100.0]
    known = [part for part in stated if part is not None]
    whole = sum(known)
    if len(known) < len(stated):
        whole = max(whole, 100.0)  # what is not stated may be anything, so nothing is blown up to fill the whole
    shares: dict[str, float | None] = {}
    for item, part in zip(countries, stated, strict=False):
        alpha3 = country_of(item.get("code") or "")
        if alpha3 is None:
            continue
        share = part / whole if part is not None and whole > 0 else None
        before = shares.get(alpha3)
        shares[alpha3] = share if before is None else before + (share or 0.0)
    return shares


def _percentage(item: Document) -> float | None:
    part = item.get("percentage")
    return float(part) if part is not None and part >= 0 else None


def _by_value(transactions: Sequence[Document], country_of: Lookup) -> dict[str, float | None]:
    shares: dict[str, float | None] = {}
    for transaction in transactions:
        for item in transaction.get("countries") or ():
            alpha3 = country_of(item.get("code") or "")
            if alpha3:
                shares.setdefault(alpha3, None)
    for types in (("2",), ("3", "4")):
        parts = _net_values([t for t in transactions if t.get("type") in types], country_of)
        whole = sum(value for value in parts.values() if value > 0)
        if whole > 0 and any(value > 0 for country, value in parts.items() if country):
            for country in parts:
                if country:
                    shares[country] = max(parts[country], 0.0) / whole
            return shares
    return shares


def _net_values(transactions: Iterable[Document], country_of: Lookup) -> dict[str, float]:
    """Country → net value; "" is what falls to no known country. Dollars where currencies are mixed."""
    listed = [t for t in transactions if t.get("value")]
    currencies = {t["value"].get("currency") for t in listed}
    parts: dict[str, float] = {}
    for transaction in listed:
        value = transaction["value"]
        if len(currencies) == 1:
            amount: float = value["amount"]
        else:
            converted = usd_cents(
                value["amount"], value.get("currency"), value.get("value_date") or transaction.get("date")
            )
            if converted is None:
                continue
            amount = converted.cents
        countries = transaction.get("countries") or ()
        if not countries:
            parts[""] = parts.get("", 0.0) + amount
            continue
        # IATI wants one country per transaction; where there are more, they share it as on the activity.
        inside = _declared(countries, (), country_of)
        left = 1.0
        for country, share in inside.items():
            part = share if share is not None else 1.0 / len(countries)
            parts[country] = parts.get(country, 0.0) + amount * part
            left -= part
        if left > 1e-9:
            parts[""] = parts.get("", 0.0) + amount * left
    return parts
