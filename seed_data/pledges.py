"""The demonstration's needs and offers, in the form of the API; days are counted from the day of loading."""

import random
from collections.abc import Iterator
from typing import Any

from seed_data.bodies import AGENCIES, BODIES, DONORS, identifier
from seed_data.places import PLACES, REGIONS, STATES
from seed_data.wording import BESIDE, MARKS, THEMES, said, words

NEEDS, OFFERS = 120, 60
PUBLIC_SHARE = 0.6
TYPES = ("funding", "expertise", "equipment", "training")
CLAUSES = {
    "marking": "iti mark-state", "record_keeping": "iti rec-all", "tracing": "iti trace-reply", "stockpile_mgmt": "poa ii-17",
    "physical_security": "poa ii-17", "destruction": "poa ii-19", "surplus_disposal": "poa ii-18", "legislation": "poa ii-2",
    "brokering": "poa ii-14", "transfer_controls": "poa ii-11", "end_user": "poa ii-12", "ddr": "poa ii-21", "awareness": "poa ii-20",
    "national_commission": "poa ii-4", "law_enforcement": "poa ii-6",
}  # fmt: skip
"""Theme id → the clause that a need of this theme would close."""
PAPER = set("legislation brokering transfer_controls end_user national_commission data_research".split())
"""Themes of law and administration: nothing to be done province by province, no machines."""
AGAIN = {
    "en": (": northern provinces", ": eastern provinces", ": the capital and its surroundings", ": second phase"),
    "fr": (" : provinces du nord", " : provinces de l’est", " : capitale et environs", " : deuxième phase"),
    "es": (": norte del país", ": oriente del país", ": la capital y sus alrededores", ": segunda fase"),
    "ar": (": المحافظات الشمالية", ": المحافظات الشرقية", ": المرحلة الثانية"),
    "ru": (": северные области", ": восточные области", ": второй этап"),
}
AGAIN_ON_PAPER = {
    "en": (": first year", ": second phase", ": preparation"),
    "fr": (" : première année", " : deuxième phase", " : préparation"),
    "es": (": primer año", ": segunda fase", ": preparación"),
    "ar": (": السنة الأولى", ": المرحلة الثانية"),
    "ru": (": первый год", ": второй этап"),
}
"""What sets needs of the same kind apart."""
LINES = {
    "en": {"funding": ["Running costs and transport for two years", "Costs that the budget of the State does not cover", "Grants for community projects"], "expertise": ["Two advisers for <3-12> months", "One adviser in the ministry for a year", "Review by practitioners of two other States"], "equipment": ["Equipment as listed in the annex, with spare parts", "Machines with tools, spare parts and a manual", "Computers, printers and a backup store"], "training": ["Courses with case work for <20-120> officers", "Training of trainers and a first course led by them", "On-the-job training over <3-9> months"]},
    "fr": {"funding": ["Fonctionnement et transport pour deux ans", "Dépenses que le budget de l’État ne couvre pas"], "expertise": ["Deux conseillers pendant <3-12> mois", "Un conseiller au ministère pendant un an"], "equipment": ["Matériel selon la liste annexée, avec pièces de rechange", "Ordinateurs, imprimantes et sauvegarde"], "training": ["Stages avec études de cas pour <20-120> agents", "Formation de formateurs"]},
    "es": {"funding": ["Gastos de funcionamiento y transporte por dos años", "Gastos que el presupuesto del Estado no cubre"], "expertise": ["Dos asesores durante <3-12> meses"], "equipment": ["Equipo según la lista anexa, con repuestos"], "training": ["Cursos con estudio de casos para <20-120> funcionarios", "Formación de formadores"]},
    "ar": {"funding": ["نفقات التشغيل والنقل لمدة سنتين"], "expertise": ["مستشاران لمدة ستة أشهر"], "equipment": ["معدات حسب القائمة المرفقة مع قطع الغيار"], "training": ["دورات تدريبية بدراسة حالات لفائدة <20-90> موظفا"]},
    "ru": {"funding": ["Текущие расходы и перевозки на два года"], "expertise": ["Два советника на полгода"], "equipment": ["Оборудование по прилагаемому перечню с запасными частями"], "training": ["Курсы с разбором дел для <20-90> сотрудников"]},
}  # fmt: skip
AUTHORITY = {
    "en": [
        "Ministry of the Interior",
        "National commission on small arms",
        "Ministry of Defence",
        "Office of the President",
    ],
    "fr": ["Ministère de l’intérieur", "Commission nationale sur les armes légères", "Ministère de la défense"],
    "es": ["Ministerio de Gobernación", "Comisión nacional de armas pequeñas", "Ministerio de Defensa"],
    "ar": ["وزارة الداخلية", "اللجنة الوطنية المعنية بالأسلحة الصغيرة"],
    "ru": ["Министерство внутренних дел", "Национальная комиссия по стрелковому оружию"],
}
PARTNER = [
    "A partner with trainers who speak French",
    "A partner who has worked in the region before",
    "A neighbouring State that has done the same",
]
TITLES = {
    "funding": [
        "Small grants for {w}",
        "Multi-year support to {w}",
        "Quick-response funds for {w}",
        "Seed money for {w}",
    ],
    "expertise": ["Expert missions on {w}", "Advisers on {w}"],
    "training": ["Training partnership on {w}", "Courses and study visits on {w}"],
    "equipment": ["Equipment for {w}"],
}
TERMS = [
    "Proposals should name a target, a cost and a date. Decisions are taken every quarter.",
    "Open to national authorities and to bodies that they name. A first idea on two pages is enough; an answer comes within six weeks.",
    "Costs of staff of the State are not covered. Equipment stays with the State when the work ends.",
    "Figures by sex and age are expected from the first report on. Where they are not known, please say so.",
    "Preference for work that a neighbouring State joins, and for plans that the State pays a part of.",
    "Trainers come for two to six weeks; the State provides a room, participants and a person to follow up.",
]


def needs(chance: random.Random) -> list[dict[str, Any]]:
    """120 needs: six of Kenya, whose focal point people of the demonstration are, the others spread over all States."""
    owners = ["KEN"] * 5 + [STATES[number % len(STATES)] for number in range(NEEDS - 5)]
    themes = _endless(chance, list(THEMES))
    used: dict[str, int] = {}
    return [_need(chance, number, state, next(themes), used) for number, state in enumerate(owners)]


def _endless(chance: random.Random, choices: list[str]) -> Iterator[str]:
    """Each in turn, in an order drawn anew every round: no theme is left out."""
    while True:
        yield from chance.sample(choices, len(choices))


def _need(chance: random.Random, number: int, state: str, theme: str, used: dict[str, int]) -> dict[str, Any]:
    place = PLACES[state]
    language = place.language if "need" in words(place.language)[theme] or place.language == "en" else "en"
    entry = words(language)[theme]
    kinds = entry["needs"] if language == "en" else [entry["need"]]
    title, why, what = min(chance.sample(kinds, len(kinds)), key=lambda kind: used.get(kind[0], 0))
    before = used.get(title, 0)
    used[title] = before + 1
    again = (AGAIN_ON_PAPER if theme in PAPER else AGAIN)[language]
    types = [kind for kind in TYPES if kind != "equipment" or theme not in PAPER]
    start = chance.randrange(-60, 240)
    beside = BESIDE[theme].split()
    themes = sorted({theme, *chance.sample(beside, chance.choice([0, 1, 1, len(beside)]))})
    return {
        "reference": f"DEMO-N{number + 1:03d}", "state": state,
        "title": title + (again[(before - 1) % len(again)] if before else ""),
        "description": f"{MARKS[language]}\n\n{said(chance, why)}\n\n{said(chance, what)}", "language": language, "themes": themes,
        "lines": [_line(chance, kind, language, place.currency) for kind in sorted(chance.sample(types, chance.choice([1, 1, 2, 2, 3])))],
        "priority": chance.choices(["low", "medium", "high", "urgent"], [0.15, 0.45, 0.28, 0.12])[0],
        "window_start_days": start, "window_end_days": start + chance.randrange(330, 900),
        "min_viable_share": chance.choice([None, None, 0.3, 0.5]),
        "endorsing_authority": chance.choice([None, *AUTHORITY[language]]),
        "partner_wished": chance.choice([None, None, None, *PARTNER]) if language == "en" else None,
        "requirements": _clause(theme) if chance.random() < 0.4 else None,
        "visibility": "public" if chance.random() < PUBLIC_SHARE else "members",
        "status": chance.choices(["open", "draft", "withdrawn"], [0.85, 0.11, 0.04])[0], "entered_days": -chance.randrange(1, 700),
    }  # fmt: skip


def _clause(theme: str) -> list[dict[str, str]] | None:
    if theme not in CLAUSES:
        return None
    standard, clause = CLAUSES[theme].split()
    return [{"standard": standard, "clause": clause}]


def _line(chance: random.Random, kind: str, language: str, currency: str) -> dict[str, Any]:
    line: dict[str, Any] = {"type": kind, "description": said(chance, chance.choice(LINES[language][kind]))}
    if chance.random() < 0.85:  # an unknown amount is a legal state
        dollars = max(5_000, round(chance.lognormvariate(11.6 if kind == "expertise" else 12.0, 0.7) / 5_000) * 5_000)
        amount = {"XOF": dollars * 600, "XAF": dollars * 600}.get(currency, dollars)
        line["money"] = {"amount": {"written": str(amount)}, "currency": currency}
    if kind == "equipment":
        line |= {
            "quantity": chance.randrange(2, 60),
            "unit": {"en": "pieces", "fr": "pièces", "es": "unidades"}.get(language),
        }
    elif kind == "training":
        line |= {
            "quantity": chance.randrange(12, 120),
            "unit": {"en": "officers", "fr": "agents", "es": "funcionarios"}.get(language),
        }
    return {name: value for name, value in line.items() if value is not None}


def offers(chance: random.Random) -> list[dict[str, Any]]:
    """60 offers: three of four by donors with a budget, the others by agencies with people and machines."""
    givers = DONORS * 5 + AGENCIES[:: len(AGENCIES) // 10]
    return [_offer(chance, number, givers[number % len(givers)]) for number in range(OFFERS)]


def _offer(chance: random.Random, number: int, giver: int) -> dict[str, Any]:
    focus = BODIES[giver].focus.split() or list(THEMES)
    main = chance.choice(focus)
    themes: list[str] = []  # none: all of them
    if chance.random() < 0.9:
        themes = sorted(
            {main, *chance.sample(focus, min(len(focus), chance.choice([1, 2, 3]))), *BESIDE[main].split()[:1]}
        )
    scope = chance.random()
    if scope < 0.35:
        places: list[str] = []
    elif scope < 0.75:
        places = sorted(chance.sample(REGIONS, chance.choice([1, 1, 2])))
    else:
        places = sorted(chance.sample(STATES, chance.randrange(2, 9)))
    budget = max(50_000, round(chance.lognormvariate(13.2, 0.7) / 10_000) * 10_000)
    agency = not BODIES[giver].gives
    kinds = (
        chance.sample(("expertise", "training", "equipment"), 2)
        if agency
        else {"funding", *chance.sample(TYPES, chance.choice([0, 1, 2]))}
    )
    money = {
        "budget": {"written": str(budget)}, "min_grant": {"written": str(max(1_000, budget // 50 // 1_000 * 1_000))},
        "max_grant": {"written": str(budget // 2)}, "currency": chance.choice(["USD", "USD", "EUR", "SEK", "NOK", "CHF"]),
    }  # fmt: skip
    conditions = [
        {"kind": "participates", "instrument": "att"},
        {"kind": "reported", "instrument": "poa", "within_months": 36},
    ]
    start = chance.randrange(-120, 120)
    named = (
        ", ".join(THEMES[theme] for theme in ([main] + [t for t in themes if t != main])[:2])
        if themes
        else "small-arms control"
    )
    return {
        "reference": f"DEMO-O{number + 1:03d}", "organisation": identifier(giver),
        "title": chance.choice(TITLES[chance.choice(sorted(kinds))]).format(w=named), "description": f"{MARKS['en']}\n\n{BODIES[giver].about}\n\n{chance.choice(TERMS)}",
        "themes": themes, "types": sorted(kinds), "places": places, **({} if agency else money),
        "window_start_days": start, "window_end_days": start + chance.randrange(400, 1200),
        "conditions": [chance.choice(conditions)] if chance.random() < 0.25 else [],
        "visibility": "public" if chance.random() < 0.9 else "members",
        "status": chance.choices(["open", "draft", "withdrawn"], [0.9, 0.06, 0.04])[0], "entered_days": -chance.randrange(1, 300),
    }  # fmt: skip
