"""Activities as IATI 2.03, in the order of its schema."""

import random
from datetime import timedelta
from xml.sax.saxutils import escape, quoteattr

from seed_data.activities import TODAY, Activity
from seed_data.bodies import BODIES, identifier
from seed_data.places import PLACES, STATES
from seed_data.wording import MARKS

NAMESPACE = ' xmlns:demo="urn:x-registry:demonstration"'
"""Real files carry namespaces of their own; a reader must not stumble over one."""
MERIDIAN = 0
OTHER = [
    ("Rural water supply in {c}", "14030", "en", "Boreholes, hand pumps and water committees for villages without safe water."),
    ("Soins de santé primaires : {c}", "12220", "fr", "Postes de santé, vaccins et sages-femmes pour trois districts."),
    ("Nuclear safety training, {c}", "23510", "en", "Training of inspectors on the safety of sources; nuclear weapons are not a subject of it."),
    ("School meals in {c}", "11250", "en", "A warm meal a day for pupils of primary schools."),
    ("Reintegration of returnees into farming in {c}", "15240", "en", "Seed, tools and advice for families that come home."),
    ("Alimentación escolar: {c}", "11250", "es", "Una comida caliente al día para alumnos de primaria."),
    ("Vaccine cold chain in {c}", "12250", "en", "Refrigerators, spare parts and vaccine stockpile management for district stores."),
    ("Community policing in {c}", "15132", "en", "Bicycles, notebooks and meetings between officers and residents."),
]  # fmt: skip


def narratives(tag: str, texts: dict[str, str], own: str, attributes: str = "") -> str:
    """An element with a narrative for each language; the activity's own needs no xml:lang."""
    inner = "".join(
        f"<narrative{'' if language == own else f' xml:lang={quoteattr(language)}'}>{escape(text)}</narrative>"
        for language, text in texts.items()
    )
    return f"<{tag}{attributes}>{inner}</{tag}>"


def organisation(tag: str, number: int, attributes: str = "") -> str:
    """An element that names a body; the names are English whatever the activity speaks."""
    body = BODIES[number]
    return (
        f'<{tag} ref="{identifier(number)}" type="{body.kind}"{attributes}>'
        f'<narrative xml:lang="en">{escape(body.name)}</narrative></{tag}>'
    )


def modern(chance: random.Random, number: int, a: Activity) -> str:
    """One activity, whole."""
    own = next(iter(a.titles))
    inside = number % 12 == 5  # country and sector stand on the transactions only
    started, ended = a.start <= TODAY, a.end <= TODAY
    places = "".join(
        f'<recipient-country code="{place.alpha2}"{f" percentage={quoteattr(str(share))}" if len(a.places) > 1 else ""}/>'
        for place, share in zip(a.places, a.shares, strict=True)
    )
    sectors = (
        '<sector vocabulary="1" code="15240" percentage="70"/><sector vocabulary="1" code="15210" percentage="30"/>'
        if number % 3
        else '<sector vocabulary="1" code="15240"/>'
    )
    parts = [
        f'<iati-activity xml:lang="{own}" default-currency="{a.currency}" last-updated-datetime="{TODAY - timedelta(days=chance.randrange(300))}T08:00:00Z" hierarchy="1">',
        f"<iati-identifier>{identifier(MERIDIAN)}-{number:04d}</iati-identifier>",
        organisation("reporting-org", MERIDIAN),
        narratives("title", a.titles, own),
        narratives("description", {language: f"{MARKS[language]} {text}" for language, text in a.texts.items()}, own, ' type="1"'),
        organisation("participating-org", a.donor, ' role="1"'), organisation("participating-org", a.agency, ' role="4"'),
        f'<activity-status code="{a.status}"/>',
        f'<activity-date type="1" iso-date="{a.start}"/>', f'<activity-date type="2" iso-date="{a.start}"/>' if started else "",
        f'<activity-date type="3" iso-date="{a.end}"/>', f'<activity-date type="4" iso-date="{a.end}"/>' if ended else "",
        '<activity-scope code="4"/>' if len(a.places) == 1 else "",
        "" if inside else places, _location(chance, a) if number % 3 == 0 else "", "" if inside else sectors,
        f'<policy-marker vocabulary="1" code="1" significance="{a.gender_marker}"/>',
        '<default-flow-type code="10"/><default-finance-type code="110"/><default-aid-type code="C01"/>' if number % 2 else "",
        f'<budget type="1" status="2"><period-start iso-date="{a.start}"/><period-end iso-date="{min(a.end, a.start + timedelta(days=364))}"/><value value-date="{a.start}">{a.total // max(1, (a.end - a.start).days // 365)}</value></budget>',
        *_payments(a, number, inside),
        f'<document-link format="application/pdf" url="https://demo.example/documents/{number}.pdf"><title><narrative xml:lang="en">Project document</narrative></title><category code="A02"/></document-link>' if number % 2 else "",
        '<conditions attached="1"><condition type="1"><narrative xml:lang="en">The national commission stays in office.</narrative></condition></conditions>' if number % 6 == 1 else "",
        _result(a),
        "</iati-activity>",
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


def _location(chance: random.Random, a: Activity) -> str:
    place = a.places[0]
    latitude, longitude = place.latitude + chance.uniform(-0.1, 0.1), place.longitude + chance.uniform(-0.1, 0.1)
    return (
        f'<location ref="{place.alpha3}-1"><location-reach code="1"/><name><narrative xml:lang="en">{escape(place.capital)}</narrative></name>'
        f'<point srsName="http://www.opengis.net/def/crs/EPSG/0/4326"><pos>{latitude:.4f} {longitude:.4f}</pos></point><exactness code="2"/></location>'
    )


def _payments(a: Activity, number: int, inside: bool) -> list[str]:
    # A transaction names one country: the first, where the activity itself names none.
    place = f'<sector vocabulary="1" code="15240"/><recipient-country code="{a.places[0].alpha2}"/>' if inside else ""
    return [
        f'<transaction ref="T{number}-{step}"><transaction-type code="{p.kind}"/><transaction-date iso-date="{p.day}"/>'
        f'<value value-date="{p.day}">{p.amount}</value>{place}</transaction>'
        for step, p in enumerate(a.payments)
    ]


def _result(a: Activity) -> str:
    sex = ""
    if a.women is not None and a.start <= TODAY:
        sex = "".join(
            f'<actual value="{count}"><dimension name="sex" value="{name}"/></actual>'
            for name, count in (("female", a.women), ("male", a.actual - a.women))
        )
    actual = f'<actual value="{a.actual}"/>{sex}' if a.start <= TODAY else ""
    return (
        f'<result type="1"><title><narrative xml:lang="en">{escape(a.result)}</narrative></title><indicator measure="1"><title><narrative xml:lang="en">{escape(a.result)}: number</narrative></title>'
        f'<baseline year="{a.start.year}" value="0"/><period><period-start iso-date="{a.start}"/><period-end iso-date="{a.end}"/><target value="{a.target}"/>{actual}</period></indicator></result>'
    )


def _small(serial: str | None, title: str, text: str, day: str, code: str, sector: str, own: str = "en") -> str:
    named = f"<iati-identifier>{identifier(MERIDIAN)}-{serial}</iati-identifier>" if serial else ""
    written = narratives("title", {own: title}, own) if title else ""
    return (
        f'<iati-activity xml:lang="{own}" default-currency="USD">\n{named}{organisation("reporting-org", MERIDIAN)}\n{written}'
        f'{narratives("description", {own: f"{MARKS[own]} {text}"}, own, " type=" + quoteattr("1"))}\n{organisation("participating-org", MERIDIAN, " role=" + quoteattr("1"))}<activity-status code="2"/>'
        f'<activity-date type="2" iso-date="{day}"/><recipient-country code="{code}"/><sector vocabulary="1" code="{sector}"/>\n</iati-activity>'
    )


def other(number: int) -> str:
    """Work that is not about small arms: the classifier has to leave it out."""
    title, sector, own, text = OTHER[number % len(OTHER)]
    place = PLACES[STATES[number * 3 + 2]]
    return _small(f"9{number:03d}", title.format(c=place.names[own]), text, "2024-01-01", place.alpha2, sector, own)


def wrong_date() -> str:
    """A start on a day that no calendar has."""
    return _small(
        "8001", "Marking of small arms: a date that is none", "Marking of police weapons.", "2024-13-45", "GH", "15240"
    )


def without_title() -> str:
    """No title at all."""
    return _small("8002", "", "Training on stockpile management of small arms.", "2024-05-01", "GH", "15240")


def without_identifier() -> str:
    """No identifier: a reader may derive one."""
    return _small(
        None,
        "Small arms survey without an identifier",
        "A household survey on small arms.",
        "2025-03-01",
        "GH",
        "15240",
    )
