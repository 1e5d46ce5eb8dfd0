"""Writes IATI 2.03 files of any size: streaming (flat memory), the same bytes for the same seed.

The shares follow a census of real files: activities in several languages, percentages that sum to 100.00, some with
country and sector only on transactions, organisations without ref, and a heavy tail of transactions.
`python -m benchmarks.iati_file N OUT.xml [--changed 0.01]` writes one by hand.
"""

import argparse
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

COUNTRIES = "AF AL BA BF BI BJ CD CF CG CI CM CO DJ DO EC ET GE GH GM GN GT GW HN HT IQ JM JO KE KG KH LA LB LR LY MD ME MK ML MM MR MZ NE NG NI NP PE PG PH PK RS RW SD SL SN SO SS SV SY TD TG TJ TN TZ UA UG VU YE ZM ZW".split()
ORGANISATIONS = [
    ("XM-DAC-41114", "40", {"en": "Development programme", "fr": "Programme de développement"}),
    ("ZZ-GOV-1", "10", {"en": "Northland foreign ministry"}),
    ("ZZ-GOV-2", "10", {"en": "Eastland cooperation agency", "sv": "Östlands biståndsverk"}),
    ("ZZ-NGO-1", "21", {"en": "Clear Ground Trust"}),
    ("ZZ-NGO-2", "21", {"en": "Safer Streets & Homes"}),
    (
        "XM-DAC-41301",
        "40",
        {"en": "Disarmament office", "ru": "Управление по вопросам разоружения", "zh": "裁军事务厅"},
    ),
    ("", "10", {"fr": "Commission nationale sur les armes légères"}),
    ("", "70", {"en": "Supplier of <marking> machines & co"}),
]
ARMS_TITLES = [
    {"en": "Stockpile management of small arms in {c}", "fr": "Gestion des stocks d’armes légères en {c}"},
    {"en": "Marking and tracing of SALW – {c} phase {n}", "es": "Marcaje y localización de APAL – {c} fase {n}"},
    {"en": "Voluntary weapons collection, {c}", "fr": "Collecte volontaire d’armes, {c}"},
    {"en": "Ammunition destruction & armoury works in {c}", "ru": "Уничтожение боеприпасов, {c}"},
]
OTHER_TITLES = [
    {"en": "Rural water supply, {c}", "fr": "Hydraulique rurale, {c}"},
    {"en": "Primary health care {c} – phase {n}", "es": "Atención primaria de salud {c} – fase {n}"},
    {"en": "Justice sector reform in {c}"},
]
WORDS = "the project will strengthen national capacity to control trade manufacture and diversion of weapons in line with programme action instrument training officers community women youth border police armouries records marking machines survey evaluation awareness legislation review".split()


def narratives(tag: str, texts: dict[str, str], attributes: str = "") -> str:
    inner = "".join(
        f"<narrative{'' if lang == 'en' else f' xml:lang={lang!r}'.replace(chr(39), chr(34))}>{escape(text)}</narrative>"
        for lang, text in texts.items()
    )
    return f"<{tag}{attributes}>{inner}</{tag}>"


def percentages(chance: random.Random, count: int) -> list[str]:
    if count == 1:
        return ["100"]
    cuts = sorted(chance.sample(range(1, 10000), count - 1))
    return [f"{(high - low) / 100:.2f}" for low, high in zip([0, *cuts], [*cuts, 10000], strict=True)]


def sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(WORDS) for _ in range(words)).capitalize() + "."


def activity(number: int, seed: int, changed: float) -> str:
    """One activity; `changed` is the chance that it differs from the same one of an unchanged file."""
    chance = random.Random(f"{seed}:{number}")
    is_changed = changed > 0 and random.Random(f"changed:{seed}:{number}").random() < changed
    about_arms = chance.random() < 0.3
    countries = chance.sample(COUNTRIES, 1 if chance.random() < 0.75 else chance.randint(2, 5))
    start = date(2006, 1, 1) + timedelta(days=chance.randrange(6900))
    end = start + timedelta(days=chance.choice([180, 365, 730, 1095, 1826]))
    title = {
        lang: text.format(c=countries[0], n=chance.randint(1, 4))
        for lang, text in chance.choice(ARMS_TITLES if about_arms else OTHER_TITLES).items()
    }
    if is_changed:
        title["en"] += " (revised)"
    parts = [
        f'<iati-activity xml:lang="en" default-currency="{chance.choice(["USD", "USD", "EUR", "GBP"])}" '
        f'last-updated-datetime="{"2026-09-01" if is_changed else "2024-05-01"}T00:00:00Z" hierarchy="1">',
        f"<iati-identifier>ZZ-BENCH-{number:07d}</iati-identifier>",
        narratives("reporting-org", ORGANISATIONS[0][2], f' ref="{ORGANISATIONS[0][0]}" type="40"'),
        narratives("title", title),
        narratives("description", {"en": title["en"] + ". " + sentence(chance, chance.randint(15, 120))}, ' type="1"'),
    ]
    for role in ["1", "2", *["4"] * chance.choice([1, 1, 2, 3])]:
        ref, kind, names = chance.choice(ORGANISATIONS)
        known = f" ref={quoteattr(ref)}" if ref and chance.random() < 0.75 else ""
        parts.append(narratives("participating-org", names, f' role="{role}" type="{kind}"{known}'))
    parts.append(f'<activity-status code="{"5" if is_changed else chance.choice("2234")}"/>')
    parts += [
        f'<activity-date type="{kind}" iso-date="{day}"/>' for kind, day in (("1", start), ("2", start), ("3", end))
    ]
    sectors = (["15240"] if about_arms else []) + chance.sample(["14030", "12220", "15110", "15210", "31120"], 1)
    on_transactions = chance.random() < 0.12
    if not on_transactions:
        parts += [
            f'<recipient-country code="{c}" percentage="{p}"/>'
            for c, p in zip(countries, percentages(chance, len(countries)), strict=True)
        ]
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        parts.append(
            '<location><location-reach code="1"/><name><narrative>Bo &amp; Kenema</narrative></name><point srsName="http://www.opengis.net/def/crs/EPSG/0/4326">'
            f'<pos>{chance.uniform(-35, 50):.5f} {chance.uniform(-90, 145):.5f}</pos></point><exactness code="1"/></location>'
        )
    if not on_transactions:
        shares = zip(sectors, percentages(chance, len(sectors)), strict=True)
        parts += [f'<sector vocabulary="1" code="{code}" percentage="{share}"/>' for code, share in shares]
    parts += [
        f'<policy-marker vocabulary="1" code="{m}" significance="{chance.choice("012")}"/>'
        for m in chance.sample(range(1, 13), chance.choice([0, 1, 3, 8]))
    ]
    total = round(chance.lognormvariate(13.5, 1.2), 2)
    for year in range(start.year, min(end.year, start.year + 5) + 1):
        parts.append(
            f'<budget type="1" status="1"><period-start iso-date="{year}-01-01"/><period-end iso-date="{year}-12-31"/>'
            f'<value value-date="{year}-01-01">{total / 4:.2f}</value></budget>'
        )
    count = max(1, int(min(400, chance.paretovariate(1.1) * 3))) + is_changed
    for index in range(count):
        day = start + timedelta(days=chance.randrange((end - start).days))
        places = (
            f'<sector vocabulary="1" code="{sectors[0]}"/><recipient-country code="{countries[index % len(countries)]}"/>'
            if on_transactions
            else ""
        )
        parts.append(
            f'<transaction ref="T{index}"><transaction-type code="{"2" if index == 0 else chance.choice("3334")}"/><transaction-date iso-date="{day}"/>'
            f'<value value-date="{day}">{total / count:.2f}</value>{narratives("description", {"en": sentence(chance, 8)})}'
            f'<provider-org ref="ZZ-GOV-1" type="10"><narrative>Northland foreign ministry</narrative></provider-org>{places}</transaction>'
        )
    if chance.random() < 0.35:
        for _ in range(chance.choice([1, 1, 2, 4])):
            periods = "".join(
                f'<period><period-start iso-date="{start.year + k}-01-01"/><period-end iso-date="{start.year + k}-12-31"/>'
                f'<target value="{chance.randrange(10, 5000)}"/><actual value="{chance.randrange(5000)}"/></period>'
                for k in range(2)
            )
            parts.append(
                f'<result type="1">{narratives("title", {"en": "Weapons destroyed"})}<indicator measure="1">{narratives("title", {"en": sentence(chance, 6)})}'
                f'<baseline year="{start.year}" value="0"/>{periods}</indicator></result>'
            )
    return "".join(parts) + "</iati-activity>\n"


def lines(count: int, seed: int = 1, changed: float = 0.0) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<iati-activities version="2.03" generated-datetime="2026-09-01T00:00:00Z">\n'
    for number in range(count):
        yield activity(number, seed, changed)
    yield "</iati-activities>\n"


def write(path: Path, count: int, seed: int = 1, changed: float = 0.0) -> None:
    """Write `count` activities to `path`."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(count, seed, changed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changed", type=float, default=0.0, help="share of activities that differ")
    options = parser.parse_args()
    write(options.path, options.count, options.seed, options.changed)
