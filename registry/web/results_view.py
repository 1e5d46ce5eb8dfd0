"""Results, documents and transactions of a programme's document as its page shows them. No queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from registry.web.i18n import Words, narrative
from registry.web.presentation import code_name

Document = Mapping[str, Any]
LATEST_TRANSACTIONS = 100


@dataclass(frozen=True, slots=True)
class Period:
    """One reporting period of an indicator."""

    start: str
    end: str
    targets: list[str]
    actuals: list[str]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: baselines as `value (year, dimension)`, and its periods."""

    title: Words
    measure: str
    baselines: list[str]
    periods: list[Period]


@dataclass(frozen=True, slots=True)
class Result:
    """One result with its indicators."""

    kind: str
    title: Words
    description: Words
    indicators: list[Indicator]


def results(document: Document) -> list[Result]:
    """All results, in the order of the document."""
    return [
        Result(
            code_name("ResultType", item.get("type")),
            narrative(item.get("title")),
            narrative(item.get("description")),
            [_indicator(each) for each in item.get("indicators") or ()],
        )
        for item in document.get("results") or ()
    ]


def _indicator(item: Document) -> Indicator:
    return Indicator(
        narrative(item.get("title")),
        code_name("IndicatorMeasure", item.get("measure")),
        [_value(each, str(each.get("year") or "")) for each in item.get("baselines") or ()],
        [
            Period(
                each.get("start") or "",
                each.get("end") or "",
                [_value(target) for target in each.get("targets") or ()],
                [_value(actual) for actual in each.get("actuals") or ()],
            )
            for each in item.get("periods") or ()
        ],
    )


def _value(item: Document, year: str = "") -> str:
    """`115 (2022; sex: male)`; a missing value is a dash, never a zero."""
    dimensions = [f"{each.get('name')}: {each.get('value')}" for each in item.get("dimensions") or ()]
    notes = "; ".join(part for part in (year, *dimensions) if part)
    value = str(item.get("value") or "–")
    return f"{value} ({notes})" if notes else value


@dataclass(frozen=True, slots=True)
class Paper:
    """A document somewhere else; `url` empty: its address is none that a page may link to."""

    title: Words
    url: str
    address: str
    format: str
    categories: list[str]
    languages: list[str]


def papers(items: Iterable[Document] | None) -> list[Paper]:
    """Documents with safe links."""
    return [
        Paper(
            narrative(item.get("title"), fallback=item.get("url") or ""),
            web_link(item.get("url")),
            item.get("url") or "",
            item.get("format") or "",
            [code_name("DocumentCategory", code) for code in item.get("categories") or ()],
            list(item.get("languages") or ()),
        )
        for item in items or ()
    ]


def web_link(url: str | None) -> str:
    """The address where it is one that a page may link to; else ""."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    return url or "" if parts.scheme in ("http", "https") and parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Payment:
    """One transaction."""

    date: str
    kind: str
    amount: int | None
    currency: str | None
    provider: Words
    receiver: Words
    description: Words


def payments(document: Document) -> tuple[list[Payment], int]:
    """(the latest transactions, how many there are)."""
    items = document.get("transactions") or ()
    latest = sorted(items, key=lambda item: item.get("date") or "", reverse=True)[:LATEST_TRANSACTIONS]
    return [_payment(item) for item in latest], len(items)


def _payment(item: Document) -> Payment:
    value = item.get("value") or {}
    provider, receiver = item.get("provider_org") or {}, item.get("receiver_org") or {}
    return Payment(
        item.get("date") or value.get("value_date") or "",
        code_name("TransactionType", item.get("type")),
        value.get("amount"),
        value.get("currency"),
        narrative(provider.get("narratives"), fallback=provider.get("ref") or ""),
        narrative(receiver.get("narratives"), fallback=receiver.get("ref") or ""),
        narrative(item.get("description")),
    )
