"""What forms and filters let people choose from: States, regions, currencies, languages, codes with their words."""

from flask_babel import gettext

from registry.catalogue import reference
from registry.catalogue.money import currencies
from registry.web.i18n import language
from registry.web.labels import LABELS

LANGUAGE_NAMES = {
    "en": "English",
    "fr": "Français",
    "es": "Español",
    "ar": "العربية",
    "ru": "Русский",
    "zh": "中文",
    "pt": "Português",
}
COMMON_CURRENCIES = ("USD", "EUR", "GBP", "CHF", "JPY", "SEK", "NOK", "CAD", "AUD", "XOF", "XAF", "KES", "ZAR")

Options = list[tuple[str, str]]


def of(kind: str) -> Options:
    """(code, words) of a kind of labels."""
    return [(code, gettext(words)) for code, words in LABELS[kind].items()]


def states() -> Options:
    """All States by name."""
    lang = language()
    return sorted(((s.alpha3, s.name(lang)) for s in reference.states().values()), key=lambda item: item[1])


def regions() -> Options:
    """Regions of M49 that have States in them, by name, without the world."""
    lang = language()
    found = [(code, region.name(lang)) for code, region in reference.places().items() if region.members]
    return sorted(((code, name) for code, name in found if code != "001"), key=lambda item: item[1])


def themes() -> Options:
    """All themes in the order of their file."""
    return [(theme.id, theme.name(language())) for theme in reference.themes().values()]


def currency_options() -> Options:
    """Currencies, the usual ones first."""
    known = currencies()
    first = [code for code in COMMON_CURRENCIES if code in known]
    rest = sorted(code for code in known if code not in first)
    return [(code, f"{code} – {known[code][1]}") for code in (*first, *rest)]


def languages() -> Options:
    """Languages that content is likely to be in, each by its own name."""
    return list(LANGUAGE_NAMES.items())
