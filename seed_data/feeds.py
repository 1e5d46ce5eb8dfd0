"""The demonstration's programmes: two partners' IATI files as real partners make them, flaws included, and some entered by hand."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from seed_data.phrases import FRENCH, ORGANISATIONS, SPANISH, STATES, THEMES

ALPHA2 = dict(
    zip(
        STATES,
        "KE GH SN ML NE BF NG SL LR CI GN TG BJ CM CD CG CF TD ET UG TZ RW BI MZ MW ZM SO SS HT JM HN SV GT CO PE NP PH TL FJ MD".split(),
        strict=True,
    )
)
with (Path(__file__).parents[1] / "registry/catalogue/data/states.csv").open(encoding="utf-8", newline="") as table:
    NAMES = {row["alpha3"]: row for row in csv.DictReader(line for line in table if not line.startswith("#"))}
MARK = "Demonstration record: invented for this registry’s demonstration."
OTHER = [
    (
        "Rural water supply in {c}",
        "14030",
        "Boreholes, hand pumps and water committees for villages without safe water.",
    ),
    ("Primary health care in {c}", "12220", "Health posts, vaccines and midwives for three districts."),
    (
        "Nuclear energy safety training, {c}",
        "23510",
        "Training on nuclear safety; nuclear weapons are not a subject of it.",
    ),
    ("School meals in {c}", "11250", "A warm meal a day for pupils of primary schools."),
]


def facts(chance: random.Random, number: int) -> dict[str, Any]:
    """What one invented programme is about: drawn once, then written in any format."""
    state = STATES[(number * 7) % len(STATES)]
    theme = chance.choice(list(THEMES))
    words = THEMES[theme]
    start = date(2016, 1, 1) + timedelta(days=chance.randrange(3700))
    end = start + timedelta(days=chance.choice([365, 540, 730, 1095]))
    donor, agency = chance.randrange(10), chance.randrange(10, len(ORGANISATIONS))
    titles = dict(words["programme"])  # type: ignore[call-overload]
    own = "fr" if state in FRENCH else "es" if state in SPANISH else None
    languages = (
        ["en"]
        + ([own] if own in titles else [])
        + [x for x in ("ar", "ru", "zh") if x in titles and chance.random() < 0.35]
    )
    return {
        "state": state, "theme": theme, "start": start, "end": end, "donor": donor, "agency": agency, "total": round(chance.lognormvariate(12.8, 0.8), -3),
        "titles": {language: titles[language].format(c=state_name(state, language)) for language in languages}, "result": words["result"],
        "target": chance.randrange(20, 5000), "reached": chance.random(), "why": str(words["why"]).format(n=chance.randrange(3, 900)), "do": words["do"],
        "done": end < date(2026, 6, 1),
    }  # fmt: skip


def state_name(alpha3: str, language: str = "en") -> str:
    return NAMES[alpha3][language]


def narratives(tag: str, texts: dict[str, str], attributes: str = "") -> str:
    inner = "".join(
        f"<narrative{'' if language == 'en' else f' xml:lang={quoteattr(language)}'}>{escape(text)}</narrative>"
        for language, text in texts.items()
    )
    return f"<{tag}{attributes}>{inner}</{tag}>"


def party(number: int, role: str) -> str:
    name, kind, _, _ = ORGANISATIONS[number]
    return narratives("participating-org", {"en": name}, f' ref="ZZ-DEMO-{number + 1:02d}" type="{kind}" role="{role}"')


def modern(chance: random.Random, number: int) -> str:
    """One activity of the IATI 2.03 feed."""
    f = facts(chance, number)
    code = ALPHA2[f["state"]]
    second = ALPHA2[STATES[(number * 11 + 3) % len(STATES)]] if number % 9 == 4 else None
    on_transactions = number % 10 == 6
    places = (
        f'<recipient-country code="{code}" percentage="60"/><recipient-country code="{second}" percentage="40"/>'
        if second
        else f'<recipient-country code="{code}"/>'
    )
    transactions = [("2", f["start"], f["total"])] + [
        ("3", f["start"] + timedelta(days=120 * k), round(f["total"] / 4, 2)) for k in range(1, chance.randrange(2, 5))
    ]
    inside = f'<sector vocabulary="1" code="15240"/><recipient-country code="{code}"/>' if on_transactions else ""
    return "\n".join(
        [
            f'<iati-activity xml:lang="en" default-currency="{chance.choice(["USD", "USD", "EUR"])}" last-updated-datetime="2026-0{chance.randrange(1, 9)}-15T08:00:00Z" hierarchy="1">',
            f"<iati-identifier>ZZ-DEMO-01-{number:04d}</iati-identifier>",
            narratives("reporting-org", {"en": ORGANISATIONS[0][0]}, ' ref="ZZ-DEMO-01" type="15"'),
            narratives("title", f["titles"]),
            narratives("description", {"en": f"{MARK} {f['why']} {f['do']}"}, ' type="1"'),
            party(f["donor"], "1"), party(f["agency"], "4"),
            f'<activity-status code="{"4" if f["done"] else "2"}"/>',
            f'<activity-date type="1" iso-date="{f["start"]}"/><activity-date type="2" iso-date="{f["start"]}"/><activity-date type="3" iso-date="{f["end"]}"/>',
            "" if on_transactions else places,
            f'<location><name><narrative>Demonstration district</narrative></name><point srsName="http://www.opengis.net/def/crs/EPSG/0/4326"><pos>{chance.uniform(-10, 15):.4f} {chance.uniform(-10, 35):.4f}</pos></point></location>' if number % 4 == 0 else "",
            "" if on_transactions else '<sector vocabulary="1" code="15240" percentage="70"/><sector vocabulary="1" code="15210" percentage="30"/>' if number % 3 else '<sector vocabulary="1" code="15240"/>',
            f'<policy-marker vocabulary="1" code="1" significance="{chance.choice("0112")}"/>',
            f'<budget type="1" status="2"><period-start iso-date="{f["start"]}"/><period-end iso-date="{f["end"]}"/><value value-date="{f["start"]}">{f["total"]:.2f}</value></budget>',
            *(f'<transaction><transaction-type code="{kind}"/><transaction-date iso-date="{day}"/><value value-date="{day}">{amount:.2f}</value>{inside}</transaction>' for kind, day, amount in transactions),
            f'<document-link format="application/pdf" url="https://demo.example/documents/{number}.pdf"><title><narrative>Project document</narrative></title><category code="A02"/></document-link>' if number % 2 else "",
            '<conditions attached="1"><condition type="1"><narrative>The national commission stays in office.</narrative></condition></conditions>' if number % 6 == 1 else "",
            f'<result type="1"><title><narrative>{f["result"]}</narrative></title><indicator measure="1"><title><narrative>{f["result"]}: number</narrative></title><baseline year="{f["start"].year}" value="0"/>'
            f'<period><period-start iso-date="{f["start"]}"/><period-end iso-date="{f["end"]}"/><target value="{f["target"]}"/><actual value="{int(f["target"] * f["reached"])}"/></period></indicator></result>',
            "</iati-activity>",
        ]
    )  # fmt: skip


def flawed() -> Iterator[str]:
    """What real feeds hold too: other work, a date that is none, an identifier twice, one without identifier."""
    for number, (title, sector, text) in enumerate(OTHER * 2):
        yield (
            f'<iati-activity xml:lang="en"><iati-identifier>ZZ-DEMO-01-9{number:03d}</iati-identifier>{narratives("reporting-org", {"en": ORGANISATIONS[0][0]}, chr(32) + "ref=" + quoteattr("ZZ-DEMO-01") + " type=" + quoteattr("15"))}'
            f'{narratives("title", {"en": title.format(c=state_name(STATES[number]))})}{narratives("description", {"en": MARK + " " + text})}<activity-status code="2"/>'
            f'<activity-date type="1" iso-date="2024-01-01"/><recipient-country code="{ALPHA2[STATES[number]]}"/><sector vocabulary="1" code="{sector}"/></iati-activity>'
        )
    head = f'<reporting-org ref="ZZ-DEMO-01" type="15"><narrative>{ORGANISATIONS[0][0]}</narrative></reporting-org>'
    tail = (
        '<activity-status code="2"/><recipient-country code="GH"/><sector vocabulary="1" code="15240"/></iati-activity>'
    )
    yield f'<iati-activity xml:lang="en"><iati-identifier>ZZ-DEMO-01-8001</iati-identifier>{head}<title><narrative>Marking of small arms: a date that is none</narrative></title><activity-date type="1" iso-date="2024-13-45"/>{tail}'
    yield f'<iati-activity xml:lang="en"><iati-identifier>ZZ-DEMO-01-0001</iati-identifier>{head}<title><narrative>Small arms: an identifier that stood here before</narrative></title>{tail}'
    yield f'<iati-activity xml:lang="en">{head}<title><narrative>Small arms survey without an identifier</narrative></title><activity-date type="1" iso-date="2025-03-01"/>{tail}'


def older(chance: random.Random, number: int) -> str:
    """One activity of the IATI 1.05 feed."""
    f = facts(chance, 500 + number)
    title = "".join(
        f"<title{'' if language == 'en' else f' xml:lang={quoteattr(language)}'}>{escape(text)}</title>"
        for language, text in f["titles"].items()
    )
    return (
        f'<iati-activity xml:lang="en" default-currency="USD" last-updated-datetime="2026-02-01T00:00:00Z"><iati-identifier>ZZ-DEMO-02-{number:04d}</iati-identifier>'
        f'<reporting-org ref="ZZ-DEMO-02" type="10">{escape(ORGANISATIONS[1][0])}</reporting-org>{title}<description>{escape(MARK + " " + f["why"])}</description>'
        f'<participating-org role="Funding" ref="ZZ-DEMO-02">{escape(ORGANISATIONS[1][0])}</participating-org><participating-org role="Implementing" ref="ZZ-DEMO-{f["agency"] + 1:02d}">{escape(ORGANISATIONS[f["agency"]][0])}</participating-org>'
        f'<activity-status code="{"3" if f["done"] else "2"}"/><activity-date type="start-planned" iso-date="{f["start"]}"/><activity-date type="end-planned" iso-date="{f["end"]}"/>'
        f'<recipient-country code="{ALPHA2[f["state"]]}" percentage="100"/><sector vocabulary="DAC" code="15240" percentage="100"/>'
        f'<budget type="original"><period-start iso-date="{f["start"]}"/><period-end iso-date="{f["end"]}"/><value value-date="{f["start"]}">{f["total"]:.0f}</value></budget>'
        f'<transaction><transaction-type code="C"/><transaction-date iso-date="{f["start"]}"/><value value-date="{f["start"]}">{f["total"]:.0f}</value></transaction>'
        f'<transaction><transaction-type code="D"/><transaction-date iso-date="{f["start"] + timedelta(days=200)}"/><value value-date="{f["start"]}">{f["total"] / 2:.0f}</value></transaction></iati-activity>'
    )  # fmt: skip


def by_hand(chance: random.Random) -> list[dict[str, Any]]:
    """Programmes that agencies entered themselves, in the form of docs/programme-document.md."""
    found = []
    for number in range(40):
        f = facts(chance, 900 + number)
        name = ORGANISATIONS[f["agency"]][0]
        found.append(
            {
                "iati_identifier": f"ZZ-DEMO-{f['agency'] + 1:02d}-H{number:03d}",
                "reporting_org": {"ref": f"ZZ-DEMO-{f['agency'] + 1:02d}", "type": ORGANISATIONS[f["agency"]][1], "narratives": [{"text": name, "lang": "en"}]},
                "title": [{"text": text, "lang": language} for language, text in f["titles"].items()],
                "descriptions": [{"type": "1", "narratives": [{"text": f"{MARK} {f['why']} {f['do']}", "lang": "en"}]}],
                "participating_orgs": [{"ref": f"ZZ-DEMO-{f['donor'] + 1:02d}", "role": "1", "narratives": [{"text": ORGANISATIONS[f["donor"]][0], "lang": "en"}]}],
                "status": "4" if f["done"] else "2",
                "dates": [{"type": "1", "date": str(f["start"])}, {"type": "3", "date": str(f["end"])}],
                "countries": [{"code": ALPHA2[f["state"]], "percentage": 100}],
                "sectors": [{"vocabulary": "1", "code": "15240", "percentage": 100}],
                "budgets": [{"type": "1", "status": "1", "period_start": str(f["start"]), "period_end": str(f["end"]), "value": {"amount": int(f["total"]) * 100, "currency": "USD", "value_date": str(f["start"])}}],
                "language": "en", "currency": "USD", "themes": [f["theme"]],
            }
        )  # fmt: skip
    return found


def write(folder: Path, chance: random.Random) -> None:
    """Both partners' files."""
    folder.mkdir(exist_ok=True)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- Demonstration data, invented; written by seed_data/generate.py -->\n'
    activities = [modern(chance, number) for number in range(70)] + list(flawed())
    (folder / "meridian-2.03.xml").write_text(
        head
        + '<iati-activities version="2.03" generated-datetime="2026-09-01T00:00:00Z">\n'
        + "\n".join(activities)
        + "\n</iati-activities>\n",
        encoding="utf-8",
    )
    old = [older(chance, number) for number in range(40)]
    (folder / "littoral-1.05.xml").write_text(
        head
        + '<iati-activities version="1.05" generated-datetime="2026-02-01T00:00:00Z">\n'
        + "\n".join(old)
        + "\n</iati-activities>\n",
        encoding="utf-8",
    )
