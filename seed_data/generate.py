"""Writes the demonstration world: `python -m seed_data.generate`. The same seed gives the same files, byte for byte.

Days are counted from the day the world is loaded (`window_start_days: 30`), so that the demonstration never goes stale.
The files' forms are those of the API; README.md says what is in which.
"""

import csv
import random
from pathlib import Path
from typing import Any

import yaml

from seed_data import activities, compliance, feeds, pledges
from seed_data.bodies import BODIES, identifier
from seed_data.wording import MARKS

FOLDER = Path(__file__).parent
SEED = 2008_258


def organisations() -> list[dict[str, Any]]:
    """The bodies, in the form of the API; `role` is for readers."""
    return [
        {
            "name": body.name, "acronym": body.acronym, "kind": body.kind, "state": body.state,
            "identifiers": [identifier(number)], "role": body.role, "description": f"{MARKS['en']} {body.about}",
        }
        for number, body in enumerate(BODIES)
    ]  # fmt: skip


def write_yaml(path: Path, rows: list[dict[str, Any]]) -> None:
    """A list of records; what is not known is left out."""
    with path.open("w", encoding="utf-8") as file:
        file.write("# Written by seed_data/generate.py: demonstration data, none of it is fact.\n")
        known = [{field: value for field, value in row.items() if value is not None} for row in rows]
        yaml.safe_dump(known, file, allow_unicode=True, sort_keys=False, width=160)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """A table with a heading."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(folder: Path = FOLDER) -> None:
    """Write every file into `folder`; each draws from its own sequence, so that a change in one leaves the others as they are."""

    def chance(name: str) -> random.Random:
        return random.Random(f"{SEED} {name}")

    write_yaml(folder / "organisations.yaml", organisations())
    write_yaml(folder / "needs.yaml", pledges.needs(chance("needs")))
    write_yaml(folder / "offers.yaml", pledges.offers(chance("offers")))
    write_yaml(folder / "assessments.yaml", compliance.assessments(chance("assessments")))
    write_yaml(folder / "users.yaml", compliance.users())
    write_csv(folder / "facts.csv", compliance.facts(chance("facts")))
    write_csv(folder / "participation.csv", compliance.participation(chance("participation")))
    write_yaml(folder / "programmes.yaml", activities.by_hand(chance("programmes")))
    feeds.write(folder / "feeds", chance("feeds"))


if __name__ == "__main__":
    main()
