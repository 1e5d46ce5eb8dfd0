"""Activities as IATI 1.05: text directly in the elements, words where 2.x has codes."""

from xml.sax.saxutils import escape, quoteattr

from seed_data.activities import TODAY, Activity
from seed_data.bodies import BODIES, identifier
from seed_data.places import PLACES
from seed_data.wording import MARKS

LITTORAL = 1
TYPES = {"2": "C", "3": "D", "4": "E"}
OTHER = [("Latrines and wells for schools in {c}", "14032", "UGA"), ("Maternal health in {c}", "13020", "MWI")]


def _texts(tag: str, texts: dict[str, str], own: str, attributes: str = "") -> str:
    return "".join(
        f"<{tag}{attributes}{'' if language == own else f' xml:lang={quoteattr(language)}'}>{escape(text)}</{tag}>"
        for language, text in texts.items()
    )


def _head(own: str, serial: str, currency: str = "USD") -> str:
    return (
        f'<iati-activity xml:lang="{own}" default-currency="{currency}" last-updated-datetime="2026-10-01T00:00:00Z">\n'
        f"<iati-identifier>{identifier(LITTORAL)}-{serial}</iati-identifier>"
        f'<reporting-org ref="{identifier(LITTORAL)}" type="10">{escape(BODIES[LITTORAL].name)}</reporting-org>'
    )


def older(number: int, a: Activity, shared: int | None = None, says_so: bool = True) -> str:
    """One activity. `shared`: its number in Meridian's feed, which it names as another identifier of the same work.

    `says_so` False: it does not name it, so that only likeness tells.
    """
    own = next(iter(a.titles))
    titles = {language: f"{title} (LDA)" if shared is not None else title for language, title in a.titles.items()}
    countries = "".join(
        f'<recipient-country code="{place.alpha2}" percentage="{share}">{escape(place.names["en"])}</recipient-country>'
        for place, share in zip(a.places, a.shares, strict=True)
    )
    parts = [
        _head(own, f"{number:04d}", a.currency),
        f'<other-identifier owner-ref="{identifier(0)}" owner-name={quoteattr(BODIES[0].name)}>{identifier(0)}-{shared:04d}</other-identifier>' if shared is not None and says_so else "",
        _texts("title", titles, own),
        _texts("description", {language: f"{MARKS[language]} {text}" for language, text in a.texts.items()}, own, ' type="1"'),
        f'<activity-status code="{a.status}"/>',
        f'<activity-date type="start-planned" iso-date="{a.start}">{a.start}</activity-date><activity-date type="end-planned" iso-date="{a.end}">{a.end}</activity-date>',
        f'<activity-date type="start-actual" iso-date="{a.start}"/>' if a.start <= TODAY else "",
        f'<participating-org role="Funding" ref="{identifier(a.donor)}" type="{BODIES[a.donor].kind}">{escape(BODIES[a.donor].name)}</participating-org>'
        f'<participating-org role="Implementing" ref="{identifier(a.agency)}" type="{BODIES[a.agency].kind}">{escape(BODIES[a.agency].name)}</participating-org>',
        countries,
        f'<sector vocabulary="DAC" code="15240" percentage="100">Reintegration and SALW control</sector><policy-marker vocabulary="DAC" code="1" significance="{a.gender_marker}"/>',
        f'<budget type="original"><period-start iso-date="{a.start}"/><period-end iso-date="{a.end}"/><value value-date="{a.start}">{a.total}</value></budget>',
        *(
            f'<transaction><value value-date="{p.day}">{p.amount}</value><transaction-type code="{TYPES[p.kind]}"/><transaction-date iso-date="{p.day}"/></transaction>'
            for p in a.payments
        ),
        f'<result type="1"><title>{escape(a.result)}</title><indicator measure="1"><title>{escape(a.result)}</title><period><period-start iso-date="{a.start}"/><period-end iso-date="{a.end}"/><target value="{a.target}"/><actual value="{a.actual}"/></period></indicator></result>' if number % 4 == 0 else "",
        "</iati-activity>",
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


def irrelevant(number: int) -> str:
    """Work that is not about small arms."""
    title, sector, state = OTHER[number]
    place = PLACES[state]
    return (
        f"{_head('en', f'9{number:03d}')}\n<title>{escape(title.format(c=place.names['en']))}</title><description>{MARKS['en']}</description>"
        f'<activity-status code="2"/><recipient-country code="{place.alpha2}"/><sector vocabulary="DAC" code="{sector}"/>\n</iati-activity>'
    )


def unreadable() -> str:
    """An amount that is none."""
    return (
        f'{_head("en", "8001")}\n<title>Weapons collection: an amount that is none</title><activity-status code="2"/>'
        '<recipient-country code="UG"/><sector vocabulary="DAC" code="15240"/>\n'
        '<transaction><value value-date="2025-01-01">a lot</value><transaction-type code="C"/><transaction-date iso-date="2025-01-01"/></transaction>\n</iati-activity>'
    )
