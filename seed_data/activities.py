"""Invented programmes: what each is about is drawn once, then written as IATI or as a programme document."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from seed_data.bodies import AGENCIES, BODIES, DONORS, identifier
from seed_data.places import PLACES, STATES, Place
from seed_data.wording import BESIDE, MARKS, programme_words, words

TODAY = date(2026, 11, 1)
"""The day the feeds were written, as far as their activities know: decides what is planned, under way or closed."""
FIRST, SPAN = date(2017, 1, 1), 3_750
OTHER_LANGUAGES = ("ar", "ru", "zh")


@dataclass(frozen=True, slots=True)
class Period:
    """A payment: IATI transaction type, day, amount in whole units."""

    kind: str
    day: date
    amount: int


@dataclass(frozen=True, slots=True)
class Activity:
    """One programme: texts by language (the first is the activity's own), money in whole units of one currency."""

    places: tuple[Place, ...]
    theme: str
    themes: tuple[str, ...]
    start: date
    end: date
    donor: int
    agency: int
    currency: str
    total: int
    titles: dict[str, str]
    texts: dict[str, str]
    payments: tuple[Period, ...]
    result: str
    target: int
    actual: int
    women: int | None
    """Of `actual`, where the result counts people; null: not counted by sex."""
    gender_marker: str

    @property
    def status(self) -> str:
        """IATI ActivityStatus: pipeline, implementation, finalisation in the first half year after the end, closed."""
        if self.start > TODAY:
            return "1"
        if self.end > TODAY:
            return "2"
        return "3" if self.end + timedelta(days=180) > TODAY else "4"

    @property
    def shares(self) -> list[int]:
        """Whole percentages by place, the first one taking what is left."""
        rest = 100 // len(self.places)
        return [100 - rest * (len(self.places) - 1)] + [rest] * (len(self.places) - 1)


def draw(chance: random.Random, number: int, donor: int | None = None) -> Activity:
    """An activity; States and themes go round, the rest is drawn."""
    first = PLACES[STATES[(number * 5) % len(STATES)]]
    others = (
        chance.sample([PLACES[s] for s in STATES if s != first.alpha3], chance.choice([1, 2]))
        if chance.random() < 0.1
        else []
    )
    themes = list(BESIDE)
    theme = themes[(number * 7 + number // len(themes)) % len(themes)]
    start = FIRST + timedelta(days=chance.randrange(SPAN))
    end = start + timedelta(days=chance.choice([365, 540, 730, 1095, 1460]))
    titles, texts = _written(chance, theme, first)
    total = max(40_000, round(chance.lognormvariate(12.9, 0.8) / 1_000) * 1_000)
    name, low, high, people = words("en")[theme]["result"]
    target = _rounded(chance.randint(low, high))
    passed = min(1.0, max(0.0, (TODAY - start).days / (end - start).days))
    actual = int(target * passed * chance.uniform(0.55, 1.15))
    return Activity(
        places=(first, *others), theme=theme, themes=(theme, *BESIDE[theme].split()[:1]), start=start, end=end,
        donor=_body(chance, DONORS, theme) if donor is None else donor, agency=_body(chance, AGENCIES, theme),
        currency=chance.choices(["USD", "EUR", "SEK", "CHF"], [0.7, 0.2, 0.06, 0.04])[0], total=total, titles=titles, texts=texts,
        payments=tuple(_payments(chance, start, end, total)), result=name, target=target, actual=actual,
        women=int(actual * chance.uniform(0.1, 0.6)) if people and actual and chance.random() < 0.7 else None,
        gender_marker="2" if theme == "gender" else chance.choice("0011"),
    )  # fmt: skip


def _body(chance: random.Random, bodies: list[int], theme: str) -> int:
    """Somebody whose work it is."""
    return chance.choice([number for number in bodies if theme in BODIES[number].focus.split()] or bodies)


def _rounded(number: int) -> int:
    step = 10 ** max(0, len(str(number)) - 2)
    return max(1, number // step * step)


def _written(chance: random.Random, theme: str, place: Place) -> tuple[dict[str, str], dict[str, str]]:
    """Most activities speak English and what else their State speaks; some speak one language only."""
    own = place.language
    languages = ["en"] if own == "en" else [own] if chance.random() < 0.35 else ["en", own]
    if chance.random() < 0.3:
        languages += [
            extra for extra in chance.sample(OTHER_LANGUAGES, chance.choice([1, 2])) if extra not in languages
        ]
    pairs = {language: programme_words(chance, language, theme, place.names[language]) for language in languages}
    return {k: title for k, (title, _) in pairs.items()}, {k: text for k, (_, text) in pairs.items()}


def _payments(chance: random.Random, start: date, end: date, total: int) -> list[Period]:
    """A commitment at the start (or before it), then what was paid until today, never more than the total."""
    found = [Period("2", min(start, TODAY - timedelta(days=30)), total)]
    day, part = start + timedelta(days=chance.randrange(20, 90)), total // chance.randint(4, 8) // 100 * 100
    paid = 0
    while day < min(end, TODAY) and paid + part <= total:
        found.append(Period(chance.choice(["3", "3", "4"]), day, part))
        paid += part
        day += timedelta(days=chance.randrange(120, 260))
    return found


def by_hand(chance: random.Random, count: int = 40) -> list[dict[str, Any]]:
    """Programmes that agencies entered themselves, in the form of docs/programme-document.md, with their themes."""
    return [_document(draw(chance, 900 + number), number) for number in range(count)]


def _document(a: Activity, number: int) -> dict[str, Any]:
    def value(amount: int, day: date) -> dict[str, Any]:
        return {"amount": amount * 100, "currency": a.currency, "value_date": str(day)}

    own = next(iter(a.titles))
    period: dict[str, Any] = {"start": str(a.start), "end": str(a.end), "targets": [{"value": str(a.target)}]}
    if a.start < TODAY:
        period["actuals"] = [{"value": str(a.actual)}]
    return {
        "iati_identifier": f"{identifier(a.agency)}-H{number:03d}",
        "reporting_org": {"ref": identifier(a.agency), "type": BODIES[a.agency].kind, "narratives": [{"text": BODIES[a.agency].name, "lang": "en"}]},
        "title": [{"text": text, "lang": language} for language, text in a.titles.items()],
        "descriptions": [{"type": "1", "narratives": [{"text": f"{MARKS[language]} {text}", "lang": language} for language, text in a.texts.items()]}],
        "participating_orgs": [
            {"ref": identifier(body), "role": role, "type": BODIES[body].kind, "narratives": [{"text": BODIES[body].name, "lang": "en"}]}
            for body, role in ((a.donor, "1"), (a.agency, "4"))
        ],
        "status": a.status,
        "dates": [{"type": "1" if a.start > TODAY else "2", "date": str(a.start)}, {"type": "3", "date": str(a.end)}],
        "countries": [{"code": place.alpha2, "percentage": share} for place, share in zip(a.places, a.shares, strict=True)],
        "locations": [{"name": [{"text": a.places[0].capital}], "lat": a.places[0].latitude, "lon": a.places[0].longitude, "exactness": "2"}],
        "sectors": [{"vocabulary": "1", "code": "15240", "percentage": 100}],
        "policy_markers": [{"vocabulary": "1", "code": "1", "significance": a.gender_marker}],
        "budgets": [{"type": "1", "status": "1", "period_start": str(a.start), "period_end": str(a.end), "value": value(a.total, a.start)}],
        "transactions": [{"type": p.kind, "date": str(p.day), "value": value(p.amount, p.day)} for p in a.payments],
        "results": [{"type": "1", "title": [{"text": a.result, "lang": "en"}], "indicators": [{"measure": "1", "title": [{"text": a.result, "lang": "en"}], "periods": [period]}]}],
        "language": own, "currency": a.currency, "themes": sorted(a.themes),
    }  # fmt: skip
