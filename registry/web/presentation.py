"""What every template can use: numbers, dates and money in the reader's language, words for codes, who may do what."""

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from babel.numbers import format_compact_decimal
from flask import request, url_for
from flask_babel import format_date, format_datetime, format_decimal, get_locale, gettext, ngettext
from flask_compress import Compress

from registry import __version__
from registry.accounts import policy
from registry.catalogue import reference
from registry.catalogue.models import Meta
from registry.catalogue.money import to_decimal
from registry.errors import N_
from registry.http import RegistryFlask, actor, registry_app
from registry.web import i18n
from registry.web.forms import input_id
from registry.web.labels import label, tone
from registry.web.standards_words import fact_words, instrument_name, instrument_title

NAVIGATION = [
    ("web.programmes.index", "web.programmes.", N_("Programmes")),
    ("web.needs.index", "web.needs.", N_("Needs")),
    ("web.offers.index", "web.offers.", N_("Offers")),
    ("web.proposals.index", "web.proposals.", N_("Proposals")),
    ("web.states.index", "web.states.", N_("States")),
    ("web.organisations.index", "web.organisations.", N_("Organisations")),
    ("web.standards.index", "web.standards.", N_("Standards")),
    ("web.feeds.index", "web.feeds.", N_("Feeds")),
    ("web.listed.index", "web.listed.", N_("Sanctions lists")),
    ("web.same_as.index", "web.same_as.", N_("Same as")),
    ("web.conflicts.index", "web.conflicts.", N_("Conflicts")),
    ("web.users.index", "web.users.", N_("Users")),
]
"""Endpoint, beginning of the endpoints that belong to it, words."""

UNKNOWN = N_("not known")


def day(value: date | str | None) -> str:
    """A calendar day in the reader's way of writing; a text that is no ISO date stays as it is; "" for none."""
    if not value:
        return ""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    return str(format_date(value, "d MMM y"))


def instant(value: datetime | str | None) -> str:
    """A moment, in UTC and saying so; "" for none."""
    if not value:
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return f"{format_datetime(value, 'd MMM y, HH:mm', rebase=False)} UTC"


def number(value: float | None, digits: int = 0) -> str:
    """A number with the reader's marks; unknown is said, not shown as zero."""
    if value is None:
        return gettext(UNKNOWN)
    return str(format_decimal(round(value, digits)))


def money(amount: int | None, currency: str | None) -> str:
    """Minor units as money; whole amounts without decimals; unknown is said."""
    if amount is None:
        return gettext(UNKNOWN)
    exact = to_decimal(amount, currency)
    shown = format_decimal(int(exact) if exact == exact.to_integral_value() else exact)
    return f"{currency}\N{NO-BREAK SPACE}{shown}" if currency else str(shown)


def whole_money(amount: int | None, currency: str | None) -> str:
    """Minor units as money in whole units of the currency, for totals and conversions; unknown is said."""
    if amount is None:
        return gettext(UNKNOWN)
    shown = format_decimal(int(to_decimal(amount, currency).to_integral_value(ROUND_HALF_EVEN)))
    return f"{currency}\N{NO-BREAK SPACE}{shown}" if currency else str(shown)


def rate(usd_per_unit: str | Decimal) -> str:
    """A conversion rate with at most four digits that count."""
    rounded = Decimal(f"{Decimal(usd_per_unit):.4g}")
    return str(format_decimal(rounded, format="#,##0.############"))


def short_money(amount: int | None, currency: str | None = "USD") -> str:
    """Minor units as `USD 1.2M`, for lists; unknown is a dash that says so."""
    if amount is None:
        return "–"
    shown = format_compact_decimal(to_decimal(amount, currency), locale=get_locale(), fraction_digits=1)
    return f"{currency}\N{NO-BREAK SPACE}{shown}" if currency else str(shown)


def percent(share: float | None, digits: int = 0) -> str:
    """A share 0..1 as a percentage; unknown is said."""
    if share is None:
        return gettext(UNKNOWN)
    return f"{format_decimal(round(share * 100, digits))}\N{NO-BREAK SPACE}%"


def schedule(minutes: int | None) -> str:
    """How often something runs, in the largest unit that fits; none: when a person asks."""
    if not minutes:
        return gettext("by hand")
    if minutes % (24 * 60) == 0:
        return str(ngettext("every day", "every %(num)s days", minutes // (24 * 60)))
    if minutes % 60 == 0:
        return str(ngettext("every hour", "every %(num)s hours", minutes // 60))
    return str(ngettext("every minute", "every %(num)s minutes", minutes))


def state_name(alpha3: str | None) -> str:
    """The UN short name of a State or area in the reader's language; the code where it names none."""
    area = reference.areas().get(alpha3 or "")
    return area.name(i18n.language()) if area else (alpha3 or "")


def region_name(code: str | None) -> str:
    """The name of an M49 region or grouping."""
    region = reference.places().get(code or "")
    return region.name(i18n.language()) if region else (code or "")


def place_name(code: str) -> str:
    """The name of a State or region."""
    return region_name(code) if code.isdecimal() else state_name(code)


def theme_name(theme_id: str) -> str:
    """The name of a theme."""
    theme = reference.themes().get(theme_id)
    return theme.name(i18n.language()) if theme else theme_id


def code_name(codelist: str, code: str | None) -> str:
    """The name of a code in an IATI codelist; the code where the list does not hold it."""
    return reference.codelist(codelist, i18n.language()).get(code or "", code or "") if code else ""


def is_demo() -> bool:
    """Whether this registry holds the demonstration world; asked in a session of its own, for error pages too."""
    with registry_app().database.reading() as session:
        meta = session.get(Meta, "demo")
    return meta is not None and meta.value == "1"


def page_url(**changes: Any) -> str:
    """This page's address with some query parameters changed; None takes one away."""
    query: dict[str, Any] = {**request.args.to_dict(flat=False), **changes}
    values = {name: value for name, value in query.items() if value not in (None, [], "")}
    return url_for(request.endpoint or "", **{**(request.view_args or {}), **values})


def navigation() -> list[dict[str, Any]]:
    """The main links that the reader's role reaches, with the one the reader is in marked."""
    return [
        {"url": url_for(endpoint), "label": gettext(words), "current": (request.endpoint or "").startswith(prefix)}
        for endpoint, prefix, words in NAVIGATION
        if policy.rule_for(endpoint, "GET") and actor().role in policy.ROUTES[endpoint].roles
    ]


def install(app: RegistryFlask) -> None:
    """Give templates their filters and globals, and compress what is sent."""
    app.config.setdefault("COMPRESS_MIN_SIZE", 800)
    Compress(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        day=day, instant=instant, number=number, money=money, whole_money=whole_money, short_money=short_money,
        rate=rate, percent=percent, schedule=schedule, state_name=state_name, region_name=region_name,
        place_name=place_name, theme_name=theme_name, instrument_name=instrument_name,
        instrument_title=instrument_title, fact_words=fact_words,
    )  # fmt: skip
    app.jinja_env.globals.update(
        label=label, tone=tone, code_name=code_name, page_url=page_url, lang_attributes=i18n.lang_attributes,
        narrative=i18n.narrative, navigation=navigation, is_demo=is_demo, app_version=__version__,
        language=i18n.language, direction=i18n.direction, languages=i18n.LANGUAGES, actor=actor, input_id=input_id,
    )  # fmt: skip
