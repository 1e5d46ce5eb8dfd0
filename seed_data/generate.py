"""Writes the demonstration world: `python -m seed_data.generate`. The same seed gives the same files, byte for byte.

Days are counted from the day the world is loaded (`window_start_days: 30`), so that the demonstration never goes stale.
The files' forms are those of the API; README.md says what is in which.
"""

import csv
import random
from pathlib import Path
from typing import Any

import yaml

from seed_data import feeds
from seed_data.phrases import OFFERS, ORGANISATIONS, STATES, THEMES

FOLDER = Path(__file__).parent
MARK = "[Demonstration record: not a statement of any State or organisation.]"
TYPES = ("funding", "expertise", "equipment", "training")
REGIONS = ("011", "014", "017", "018", "202", "029", "013", "005", "419", "034", "035", "142", "054", "150")
PUBLIC_SHARE = 0.6


def identifier(number: int) -> str:
    return f"ZZ-DEMO-{number + 1:02d}"


def theme_words(theme: str) -> str:
    return theme.replace("_mgmt", " management").replace("_", " ")


def organisations() -> list[dict[str, Any]]:
    return [
        {
            "name": name, "kind": kind, "state": state, "identifiers": [identifier(number)], "role": role,
            "description": f"{MARK} An invented body that {'funds' if role == 'donor' else 'carries out'} small-arms control in this demonstration.",
        }
        for number, (name, kind, role, state) in enumerate(ORGANISATIONS)
    ]  # fmt: skip


def needs(chance: random.Random) -> list[dict[str, Any]]:
    found = []
    for number in range(120):
        state = STATES[number % len(STATES)]
        themes = chance.sample(list(THEMES), chance.choice([1, 1, 2, 2, 3]))
        words = THEMES[themes[0]]
        start = chance.randrange(-60, 240)
        lines: list[dict[str, Any]] = []
        for kind in chance.sample(TYPES, chance.choice([1, 1, 2])):
            line: dict[str, Any] = {
                "type": kind,
                "description": f"{kind.capitalize()} for {theme_words(chance.choice(themes))}",
            }
            if chance.random() < 0.85:  # unknown amounts are a legal state
                line["money"] = {
                    "amount": {"written": str(round(chance.lognormvariate(11.9, 0.8) / 1000) * 1000 or 1000)},
                    "currency": chance.choice(["USD", "USD", "USD", "EUR", "XOF"]),
                }
                if line["money"]["currency"] == "XOF":
                    line["money"]["amount"] = {"written": str(int(line["money"]["amount"]["written"]) * 600)}
            if kind in ("equipment", "training"):
                line.update(quantity=chance.randrange(2, 60), unit="pieces" if kind == "equipment" else "officers")
            lines.append(line)
        status = chance.choices(["open", "draft", "withdrawn"], [0.85, 0.11, 0.04])[0]
        found.append(
            {
                "reference": f"DEMO-N{number + 1:03d}", "state": state, "title": str(chance.choice(words["need"])),
                "description": f"{MARK}\n\n{str(words['why']).format(n=chance.randrange(3, 900))}\n\n{words['do']}",
                "language": "en", "themes": sorted(themes), "lines": lines,
                "priority": chance.choices(["low", "medium", "high", "urgent"], [0.15, 0.45, 0.28, 0.12])[0],
                "window_start_days": start, "window_end_days": start + chance.randrange(330, 900),
                "min_viable_share": chance.choice([None, None, 0.3, 0.5]),
                "endorsing_authority": chance.choice([None, "Ministry of the Interior", "National commission on small arms"]),
                "visibility": "public" if chance.random() < PUBLIC_SHARE else "members",
                "status": status, "entered_days": -chance.randrange(1, 700),
            }
        )  # fmt: skip
    return found


def offers(chance: random.Random) -> list[dict[str, Any]]:
    givers = [n for n, row in enumerate(ORGANISATIONS) if row[2] == "donor"] * 3 + [
        n for n, row in enumerate(ORGANISATIONS) if row[2] == "agency"
    ]
    found = []
    for number in range(60):
        giver = givers[number % len(givers)]
        themes = sorted(chance.sample(list(THEMES), chance.choice([1, 2, 3, 5]))) if chance.random() < 0.85 else []
        scope = chance.random()
        places = (
            []
            if scope < 0.35
            else sorted(chance.sample(REGIONS, chance.choice([1, 1, 2])))
            if scope < 0.75
            else sorted(chance.sample(STATES, chance.randrange(2, 9)))
        )
        budget = round(chance.lognormvariate(13.2, 0.7) / 10_000) * 10_000
        start = chance.randrange(-120, 120)
        conditions: list[dict[str, Any]] = []
        if chance.random() < 0.3:
            conditions = [
                chance.choice(
                    [
                        {"kind": "participates", "instrument": "att"},
                        {"kind": "reported", "instrument": "poa", "within_months": 36},
                    ]
                )
            ]
        agency = ORGANISATIONS[giver][2] == "agency"
        kinds = (
            sorted(chance.sample(("expertise", "training", "equipment"), 2))
            if agency
            else sorted({"funding", *chance.sample(TYPES, chance.choice([0, 1, 2]))})
        )
        words = " and ".join(theme_words(t) for t in themes[:2]) or "small-arms control"
        found.append(
            {
                "reference": f"DEMO-O{number + 1:03d}", "organisation": identifier(giver),
                "title": chance.choice(OFFERS).format(themes=words),
                "description": f"{MARK}\n\nProposals should name a target, a cost and a date. Decisions are taken every quarter.",
                "themes": themes, "types": kinds, "places": places,
                **({} if agency else {"budget": {"written": str(budget)}, "min_grant": {"written": str(budget // 50)}, "max_grant": {"written": str(budget // 2)}, "currency": chance.choice(["USD", "USD", "EUR", "SEK"])}),
                "window_start_days": start, "window_end_days": start + chance.randrange(400, 1200), "conditions": conditions,
                "visibility": "public" if chance.random() < 0.9 else "members",
                "status": chance.choices(["open", "draft", "withdrawn"], [0.9, 0.06, 0.04])[0], "entered_days": -chance.randrange(1, 300),
            }
        )  # fmt: skip
    return found


def assessments(chance: random.Random) -> list[dict[str, Any]]:
    """Answers by clause; the status says how far the State has taken them."""
    clauses = {
        "iti": "mark-made mark-import mark-state mark-found rec-all rec-time rec-closed trace-reply trace-poc trace-interpol".split(),
        "poa": "ii-4 ii-5 ii-33 ii-2 ii-3 ii-6 ii-15 ii-7 ii-8 ii-9 ii-10 ii-11 ii-12 ii-13 ii-14 ii-17 ii-18 ii-16 ii-19 ii-20 ii-21 ii-22 ii-23 iii-9 iii-6".split(),
    }
    found = []
    for standard, count in (("iti", 12), ("poa", 6)):
        for number, state in enumerate(STATES[:count]):
            answered = [c for c in clauses[standard] if chance.random() < (0.95 if number % 3 else 0.6)]
            found.append(
                {
                    "state": state, "standard": standard,
                    "facts": {"manufactures": number % 4 == 0, "imports": True},
                    "answers": {c: {"value": chance.choices(["none", "partial", "full"], [0.25, 0.4, 0.35])[0], "evidence": f"Demonstration file {c}"} for c in answered},
                    "status": ("published", "published", "reviewed", "submitted", "draft")[number % 5],
                }
            )  # fmt: skip
    return found


def users() -> list[dict[str, Any]]:
    return [
        {
            "email": "focal.point@demo.example",
            "name": "Focal point, Kenya (demonstration)",
            "role": "state",
            "state": "KEN",
        },
        {"email": "reviewer@demo.example", "name": "Reviewer, Kenya (demonstration)", "role": "state", "state": "KEN"},
        {
            "email": "donor@demo.example",
            "name": "Desk officer, Meridian Fund",
            "role": "donor",
            "organisation": identifier(0),
        },
        {
            "email": "agency@demo.example",
            "name": "Programme officer, Clear Ground",
            "role": "agency",
            "organisation": identifier(10),
        },
        {"email": "coordinator@demo.example", "name": "Coordinator (demonstration)", "role": "coordinator"},
        {"email": "admin@demo.example", "name": "Administrator (demonstration)", "role": "admin"},
    ]


def write_yaml(name: str, rows: list[dict[str, Any]]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8") as file:
        file.write("# Written by seed_data/generate.py: demonstration data, none of it is fact.\n")
        yaml.safe_dump(
            [{k: v for k, v in row.items() if v is not None} for row in rows],
            file,
            allow_unicode=True,
            sort_keys=False,
            width=160,
        )


def write_csv(name: str, rows: list[dict[str, Any]]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    chance = random.Random(2008_258)
    write_yaml("organisations.yaml", organisations())
    write_yaml("needs.yaml", needs(chance))
    write_yaml("offers.yaml", offers(chance))
    write_yaml("assessments.yaml", assessments(chance))
    write_yaml("users.yaml", users())
    source = "demonstration data, not a fact"
    write_csv(
        "facts.csv",
        [
            {"state": s, "fact": f, "value": int(chance.random() < p), "source": source}
            for s in STATES
            for f, p in (("manufactures", 0.1), ("imports", 0.95), ("exports", 0.15), ("conflict", 0.3))
        ],
    )
    write_csv(
        "participation.csv",
        [
            {"state": s, "instrument": i, "act": a, "days_ago": chance.randrange(200, 2500), "source": source}
            for s in STATES
            for i, a, p in (
                ("att", "ratification", 0.5),
                ("firearms-protocol", "accession", 0.5),
                ("poa", "report", 0.7),
            )
            if chance.random() < p
        ],
    )
    write_yaml("programmes.yaml", feeds.by_hand(chance))
    feeds.write(FOLDER / "feeds", chance)


if __name__ == "__main__":
    main()
