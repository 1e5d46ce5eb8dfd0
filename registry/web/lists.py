"""What pages of lists share: facets with their links, filters in force, paging, the same list as data. No queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for

from registry.web.i18n import language
from registry.web.presentation import page_url


@dataclass(frozen=True, slots=True)
class FacetRow:
    """One value of a facet: a link that adds or takes it away."""

    url: str
    words: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Active:
    """One filter in force and the address without it."""

    title: str
    words: str
    url: str


def chosen(names: Sequence[str]) -> dict[str, list[str]]:
    """Facet → values that this page's address asks for."""
    found = {name: [value for value in dict.fromkeys(request.args.getlist(name)) if value] for name in names}
    return {name: values for name, values in found.items() if values}


def toggled(name: str, value: str) -> str:
    """This page's address with one value of a facet added or taken away, from the first page on."""
    values = list(dict.fromkeys(request.args.getlist(name)))
    values = [other for other in values if other != value] if value in values else [*values, value]
    return page_url(**{name: values, "cursor": None})


def facet_rows(name: str, counts: Sequence[tuple[str, str, int | None]]) -> list[FacetRow]:
    """Rows of one facet from (value, words, count)."""
    now = set(request.args.getlist(name))
    return [FacetRow(toggled(name, value), words, count, value in now) for value, words, count in counts]


def single_rows(name: str, counts: Sequence[tuple[str, str, int | None]]) -> list[FacetRow]:
    """As facet_rows, where only one value can be chosen: another one takes its place."""
    now = request.args.get(name)
    return [
        FacetRow(page_url(**{name: None if value == now else value, "cursor": None}), words, count, value == now)
        for value, words, count in counts
    ]


def active_filters(
    titles: Mapping[str, str], words: Mapping[tuple[str, str], str], q: str, q_title: str
) -> list[Active]:
    """Every filter in force, the words searched first. `words`: (facet, value) → its name."""
    found = [Active(q_title, q, page_url(q=None, cursor=None))] if q else []
    for name, title in titles.items():
        for value in dict.fromkeys(request.args.getlist(name)):
            if value:
                found.append(Active(title, words.get((name, value), value), toggled(name, value)))
    return found


def clear_url() -> str:
    """This list without any filter, in the same order."""
    names = [name for name in request.args if name != "sort"]
    return page_url(**dict.fromkeys(names))


def next_url(cursor: str | None) -> str | None:
    """The address of the next page."""
    return page_url(cursor=cursor) if cursor else None


def first_url() -> str | None:
    """The address of the first page, where this is a later one."""
    return page_url(cursor=None) if request.args.get("cursor") else None


def data_url(path: str, **extra: Any) -> str:
    """The API's address for the same list: the same filters, without what only pages know."""
    pairs = [
        (name, value) for name in request.args for value in request.args.getlist(name) if value and name != "cursor"
    ]
    pairs += [(name, str(value)) for name, value in extra.items()]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def save_url(kind: str, names: Sequence[str]) -> str:
    """Where exactly this list is saved as a search. `names`: the filters that a saved search of this kind knows."""
    kept: dict[str, Any] = {**chosen(("q", *names))}
    return url_for("web.alerts.new", kind=kind, **kept)


FORMATS = {"csv": "CSV", "xlsx": "Excel", "json": "JSON", "iati": "IATI XML"}


def export_links(kind: str, names: Sequence[str], *formats: str) -> list[tuple[str, str]]:
    """(words, address) of exactly this list as a file, in each format. `names`: the filters that the export knows."""
    kept = [(name, value) for name in ("q", *names) for value in request.args.getlist(name) if value]
    return [
        (FORMATS[code], f"/api/v1/exports/{kind}?{urlencode([('format', code), ('language', language()), *kept])}")
        for code in formats
    ]
