"""A saved search in words, and the list that it was saved from."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select

from registry.catalogue import listing
from registry.errors import N_
from registry.http import actor, session
from registry.sync.models import Feed
from registry.web.entry_lists import FILTERS
from registry.web.i18n import language
from registry.web.labels import label
from registry.web.presentation import region_name, state_name, theme_name

LISTS = {"programme": "web.programmes.index", "need": "web.needs.index", "offer": "web.offers.index"}
TITLES = {
    **FILTERS,
    "country": N_("Country"),
    "state": N_("State"),
    "organisation": N_("Organisation"),
    "year": N_("Year"),
    "marker": N_("Marker"),
    "source": N_("Source"),
    "sector": N_("Sector"),
}
_CODES = {"status": "status", "type": "assistance", "priority": "priority"}


def list_url(search: Mapping[str, Any]) -> str:
    """The list that the search was saved from."""
    return url_for(LISTS[search["kind"]], **{**search["filters"], **({"q": search["q"]} if search["q"] else {})})


def in_words(search: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, words) of everything that the search asks for."""
    found = [(gettext("Words"), search["q"])] if search["q"] else []
    labels = _labels(search["kind"], search["filters"])
    for name, values in search["filters"].items():
        words = ", ".join(labels.get((name, value)) or _word(name, value) for value in values)
        found.append((gettext(TITLES[name]), words))
    return found


def _labels(kind: str, filters: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], str]:
    """What only the database knows the words for: names of organisations and feeds, and a programme's facets."""
    wanted = filters if kind == "programme" else {k: v for k, v in filters.items() if k == "organisation"}
    if not wanted:
        return {}
    labels = listing.facet_labels(session(), actor(), wanted, language())
    feeds: dict[str, str] = {}
    if "source" in wanted:
        feeds = {f"feed:{row[0]}": row[1] for row in session().execute(select(Feed.id, Feed.name))}  # type: ignore[call-overload]
        feeds["person"] = gettext("Entered by a person")
    return labels | {("source", value): feeds.get(value, value) for value in wanted.get("source", ())}


def _word(name: str, value: str) -> str:
    if name in _CODES:
        return label(_CODES[name], value)
    named = {"theme": theme_name, "state": state_name, "country": state_name, "region": region_name}
    return named[name](value) if name in named else value
