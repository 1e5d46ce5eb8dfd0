"""Words for what the standards library names by id: instruments and the facts about States that clauses depend on."""

from dataclasses import dataclass, field

from flask import g
from flask_babel import gettext

from registry.compliance.editions import text_in
from registry.compliance.listing import current_editions
from registry.errors import N_
from registry.http import session
from registry.web.i18n import language

INSTRUMENTS = {
    "att": N_("Arms Trade Treaty"),
    "firearms-protocol": N_("Firearms Protocol"),
    "iti": N_("International Tracing Instrument"),
    "poa": N_("Programme of Action on small arms"),
    "ammunition": N_("Ammunition framework"),
    "unroca": N_("Register of Conventional Arms"),
    "ecowas": N_("ECOWAS Convention"),
    "kinshasa": N_("Kinshasa Convention"),
    "nairobi": N_("Nairobi Protocol"),
    "sadc": N_("SADC Protocol"),
    "cifta": N_("CIFTA"),
}
"""Id → short name, for instruments whose standard this registry has not loaded."""


@dataclass
class _Library:
    """What the loaded standards say, read once per request."""

    short: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


def instrument_name(slug: str) -> str:
    """The short title of an instrument: its standard's, else our own, else its id made readable."""
    own = gettext(INSTRUMENTS[slug]) if slug in INSTRUMENTS else _readable(slug)
    return _library().short.get(slug) or own


def instrument_title(slug: str) -> str:
    """The whole title of an instrument whose standard is loaded; "" of any other."""
    return _library().titles.get(slug, "")


def fact_words(fact: str) -> str:
    """What a fact about a State means, in the words of a standard that asks for it."""
    return _library().facts.get(fact) or _readable(fact)


def _readable(code: str) -> str:
    words = code.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def _library() -> _Library:
    found: _Library | None = g.get("standards_words")
    if found is None:
        found = g.standards_words = _Library()
        lang = language()
        for edition in current_editions(session()):
            instrument = edition.document["instrument"]
            found.titles[edition.slug] = edition.title(lang)
            found.short[edition.slug] = text_in(instrument.get("short") or instrument["title"], lang)
            for fact, meaning in edition.facts.items():
                found.facts.setdefault(fact, text_in(meaning, lang))
    return found
