"""The two partners' feeds, flaws included: Meridian writes IATI 2.03, Littoral still 1.05."""

import random
from collections.abc import Iterator
from pathlib import Path

from seed_data.activities import Activity, draw
from seed_data.modern import NAMESPACE, modern, other, without_identifier, without_title, wrong_date
from seed_data.older import irrelevant, older, unreadable

MODERN, OLDER = 70, 40
SHARED = range(10, 16)
"""Activities of Meridian that Littoral pays for and reports too, under its own identifier."""
SAID = 4
"""Of these: so many of which Littoral says which of Meridian's they are; the others are left to the likeness."""
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- Demonstration data, invented; written by seed_data/generate.py -->\n'
)


def write(folder: Path, chance: random.Random) -> None:
    """Write both files."""
    folder.mkdir(exist_ok=True)
    drawn = [
        draw(chance, number, donor=1 if number in SHARED else 0 if number % 3 else None) for number in range(MODERN)
    ]
    _write(
        folder / "meridian-2.03.xml",
        '<iati-activities version="2.03" generated-datetime="2026-11-01T00:00:00Z"' + NAMESPACE,
        _meridian(chance, drawn),
    )
    _write(
        folder / "littoral-1.05.xml",
        '<iati-activities version="1.05" generated-datetime="2026-10-15T00:00:00Z"',
        _littoral(chance, drawn),
    )


def _write(path: Path, opening: str, activities: Iterator[str]) -> None:
    path.write_text(HEAD + opening + ">\n" + "\n".join(activities) + "\n</iati-activities>\n", encoding="utf-8")


def _meridian(chance: random.Random, drawn: list[Activity]) -> Iterator[str]:
    """70 activities on small arms; 8 on other work; 4 that no reader can take as they stand, or only with care."""
    for number, activity in enumerate(drawn):
        yield modern(chance, number, activity)
        if number % 9 == 4:
            yield other(number // 9)
    yield wrong_date()
    yield without_title()
    yield modern(chance, 1, drawn[1])  # an identifier that stood above already
    yield without_identifier()


def _littoral(chance: random.Random, drawn: list[Activity]) -> Iterator[str]:
    """37 on small arms, six of them Meridian's too; 2 on other work; 1 with an amount that is none."""
    yield from (older(number, drawn[shared], shared, number < SAID) for number, shared in enumerate(SHARED))
    for number in range(len(SHARED), OLDER - 3):
        yield older(number, draw(chance, 500 + number, donor=1))
    yield irrelevant(0)
    yield irrelevant(1)
    yield unreadable()
