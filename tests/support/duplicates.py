"""A labelled world of duplicates: programmes that donors and implementers both report, with noise and hard negatives.

Everything here is invented. `build(count, seed)` gives the records of two feeds and the pairs that are truly the same.
"""

import random
from dataclasses import dataclass, field
from typing import Any

THEMES = (
    ("marking", "marking and record-keeping of small arms", "weapons marking and registration",
     "marquage et enregistrement des armes légères"),
    ("stockpile_mgmt", "stockpile management and physical security", "safe storage of arms and ammunition",
     "gestion et sécurité physique des stocks"),
    ("destruction", "destruction of surplus weapons", "disposal of obsolete arms",
     "destruction des armes excédentaires"),
    ("legislation", "firearms legislation reform", "revision of the arms law", "réforme de la loi sur les armes à feu"),
    ("collection", "community disarmament and weapons collection", "voluntary surrender of weapons",
     "collecte d'armes et désarmement communautaire"),
    ("borders", "border control and anti-trafficking", "combating arms trafficking at borders",
     "contrôle des frontières et lutte contre le trafic"),
    ("ammunition", "safety of ammunition depots", "ammunition depot rehabilitation",
     "sécurité des dépôts de munitions"),
    ("coordination", "support to the national commission", "capacity of the national focal point",
     "appui à la commission nationale"),
)  # fmt: skip
COUNTRIES = [
    "AFG",
    "AGO",
    "BDI",
    "BFA",
    "CAF",
    "CIV",
    "CMR",
    "COD",
    "COG",
    "COL",
    "ETH",
    "GHA",
    "GIN",
    "GTM",
    "HND",
    "HTI",
    "IRQ",
    "JAM",
    "KEN",
    "KHM",
    "LBN",
    "LBR",
    "LBY",
    "LKA",
    "MDG",
    "MLI",
    "MOZ",
    "MRT",
    "NER",
    "NGA",
    "NPL",
    "PER",
    "PHL",
    "PNG",
    "RWA",
    "SEN",
    "SLE",
    "SLV",
    "SOM",
    "SSD",
    "TCD",
    "TGO",
    "TLS",
    "TZA",
    "UGA",
    "UKR",
    "YEM",
    "ZWE",
]  # noqa: E501
SHAPES = ("Support to {what} in {where}", "{where}: {what}", "{what} ({where})", "{where} - programme on {what}")
PHASES = (" - Phase {n}", " phase {roman}", " ({roman})")


@dataclass
class World:
    """Records as (row, document) of two feeds, in one list; `truth` are pairs of positions in it."""

    records: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    truth: set[tuple[int, int]] = field(default_factory=set)
    shared_identifier: set[tuple[int, int]] = field(default_factory=set)
    """Those of the truth that an identifier gives away"""


@dataclass(frozen=True)
class _Work:
    number: int
    theme: int
    country: str
    donor: int
    implementer: int
    year: int
    month: int
    months: int
    cents: int
    phase: int


def build(count: int, seed: int = 1) -> World:
    """Some `count` pieces of work, 45 % of them reported twice; phases and sister projects look much like them."""
    dice = random.Random(seed)  # noqa: S311  (a made-up world, the same one for the same seed)
    works = [_work(dice, number) for number in range(count)]
    for work in list(works):
        works += _lookalikes(dice, work, len(works))
    world = World()
    for work in works:
        kind = dice.random()
        positions = []
        if kind < 0.725:
            positions.append(_add(world, *_report(dice, work, 0, None)))
        if kind < 0.45 or kind >= 0.725:
            linked = f"DN-{work.number}" if positions and dice.random() < 0.3 else None
            positions.append(_add(world, *_report(dice, work, 1, linked)))
            if linked:
                world.shared_identifier.add((positions[0], positions[1]))
        if len(positions) == 2:
            world.truth.add((positions[0], positions[1]))
    return world


def _add(world: World, row: dict[str, Any], document: dict[str, Any]) -> int:
    world.records.append((row, document))
    return len(world.records) - 1


def _work(dice: random.Random, number: int) -> _Work:
    return _Work(
        number, dice.randrange(len(THEMES)), dice.choice(COUNTRIES), dice.randrange(40), dice.randrange(60),
        dice.randint(2006, 2025), dice.randint(1, 12), dice.randint(6, 48), int(dice.lognormvariate(17, 1)),
        1 if dice.random() < 0.25 else 0,
    )  # fmt: skip


def _lookalikes(dice: random.Random, work: _Work, number: int) -> list[_Work]:
    """What is easily taken for the same: the next phase, the sister project next door, another theme of one partner."""
    kind = dice.random()
    same = work.__dict__ | {"number": number}
    if work.phase and kind < 0.7:
        return [_Work(**same | {"phase": 2, "year": work.year + 2, "cents": int(work.cents * dice.uniform(0.8, 1.3))})]
    if kind < 0.12:
        return [_Work(**same | {"country": dice.choice(COUNTRIES)})]
    if kind < 0.2:
        return [_Work(**same | {"theme": (work.theme + 3) % 8, "cents": int(work.cents * dice.uniform(0.4, 3))})]
    return []


def _report(dice: random.Random, work: _Work, side: int, linked: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """One source's words. `side` 0: the donor's, 1: the implementer's, with the noise that comes with it."""
    style = 1 if side == 0 else dice.choices((1, 2, 3), (5, 3, 2))[0]
    country = work.country if side == 0 or dice.random() > 0.02 else dice.choice(COUNTRIES)
    theme = THEMES[work.theme]
    title = dice.choice(SHAPES).format(what=theme[style], where=country)
    if work.phase:
        title += dice.choice(PHASES).format(n=work.phase, roman="I" * work.phase)
    if dice.random() < 0.12:
        title = title[:60]
    shift = 0 if side == 0 else round(dice.gauss(0, 2))
    month = work.year * 12 + work.month - 1 + shift
    start = f"{month // 12}-{month % 12 + 1:02d}-{dice.choice((1, 1, 1, 15))}"
    start = f"{start[:8]}{int(start[8:]):02d}"
    ending = month + work.months
    cents = work.cents // 10_000_00 * 10_000_00 if side == 0 else int(work.cents * dice.uniform(0.92, 1.04))
    donor = {"role": "1", "ref": f"DN-{work.donor}", "narratives": [{"text": f"Donor number {work.donor}"}]}
    doer = {"role": "4", "ref": f"IM-{work.implementer}", "narratives": [{"text": f"Agency number {work.implementer}"}]}
    if side == 0 and dice.random() < 0.3:
        doer.pop("ref")
    parties = [p for p, keep in ((donor, side == 0 or dice.random() < 0.75), (doer, side == 1 or dice.random() < 0.8))
               if keep]  # fmt: skip
    document = {
        "iati_identifier": f"{('DN', 'IM')[side]}-{work.number}",
        "title": [{"text": title}],
        "reporting_org": {**(donor, doer)[side]},
        "participating_orgs": parties,
        "sectors": [{"vocabulary": "1", "code": "15240"}],
    }
    if linked:
        document["other_identifiers"] = [{"ref": linked, "type": "A9"}]
    row = {
        "iati_identifier": document["iati_identifier"], "derived_identifier": False, "title": title,
        "source": f"feed:{side + 1}", "countries": country, "themes": theme[0] if dice.random() > 0.1 else "borders",
        "start_date": start, "end_date": f"{ending // 12}-{ending % 12 + 1:02d}-28" if dice.random() < 0.8 else None,
        "reporting_organisation_id": None, "budget_usd": cents or None, "commitment_usd": None,
    }  # fmt: skip
    return row, document
