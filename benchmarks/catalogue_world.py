"""A catalogue of any size for figures: programmes spread over States, themes, donors and years as real feeds spread them."""

import random
import time
from typing import Any

from registry.accounts.actor import system
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.reference import states, themes
from registry.db import Database, utcnow

BATCH = 500
WORDS = (
    "marking",
    "stockpiles",
    "record-keeping",
    "collection",
    "destruction",
    "tracing",
    "border control",
    "training",
)


def document(number: int, chance: random.Random, spread: int = 80) -> dict[str, Any]:
    """A programme in some of `spread` States; the same number and chance give the same."""
    codes = [state.alpha2 for state in states().values()]
    some = chance.sample(codes[:spread], chance.choice((1, 1, 1, 2, 4)))
    year = 2005 + number % 22
    value = {"amount": chance.randrange(1, 500) * 1_000_000, "currency": chance.choice(("USD", "EUR"))}
    on = f"{year}-03-01"
    return {
        "iati_identifier": f"ZZ-{number % 97}-{number}", "language": "en", "status": str(number % 4 + 1),
        "reporting_org": {"ref": f"ZZ-{number % 97}", "type": "40", "narratives": [{"text": f"Reporter {number % 97}"}]},
        "title": [{"text": f"{chance.choice(WORDS).capitalize()} of small arms, {chance.choice(WORDS)} {number}", "lang": "en"}],
        "descriptions": [{"narratives": [{"text": " ".join(chance.choices(WORDS, k=60)), "lang": "en"}]}],
        "participating_orgs": [
            {"role": "1", "ref": f"ZZ-D{chance.randrange(150)}", "narratives": [{"text": f"Donor {number % 150}"}]},
            {"role": "4", "narratives": [{"text": f"Local partner {chance.randrange(400)}"}]},
        ],
        "dates": [{"type": "2", "date": on}, {"type": "4", "date": f"{year + chance.randrange(1, 5)}-12-31"}],
        "countries": [{"code": code, "percentage": 100 / len(some)} for code in some],
        "sectors": [{"vocabulary": "1", "code": "15240", "percentage": 100}],
        "budgets": [{"type": "1", "period_start": on, "period_end": f"{year}-12-31", "value": value | {"value_date": on}}],
        "transactions": [
            {"type": kind, "date": on, "value": value | {"amount": value["amount"] // 3, "value_date": on}}
            for kind in ("2", "3", "3")
        ],
    }  # fmt: skip


def fill(database: Database, count: int, first: int = 0, pause: float = 0, spread: int = 80) -> float:
    """Store so many programmes in batches; returns the seconds that it took. `pause`: seconds after each batch."""
    chance = random.Random(first + 1)
    known = list(themes())
    started = time.monotonic()
    for start in range(first, first + count, BATCH):
        numbers = range(start, min(start + BATCH, first + count))
        incoming = [
            Incoming(
                document(n, chance, spread), None, chance.sample(known, chance.choice((1, 1, 2))), 'text "small arms"'
            )
            for n in numbers
        ]
        with database.transaction() as session:
            store_batch(session, incoming, source="feed:1", run_id=1, actor=system("bench"), now=utcnow())
        time.sleep(pause)
    return time.monotonic() - started
