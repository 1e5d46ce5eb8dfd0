"""`make evaluate`: labels made up for the demonstration world by the rule below, and the rankings measured on them.

The rule is an invention that stands in for donors until there are real ones: nobody may take its figures for facts. It
shares no weight with the score, which is not tuned on it (docs/evaluation.md says the rule in words).
"""

import csv
import math
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import true

from registry import migrate
from registry.accounts.actor import ANONYMOUS, system
from registry.catalogue.tabular import read_rows
from registry.cli import world
from registry.cli.evaluating import table
from registry.compliance import library
from registry.db import Database
from registry.matching import gather, weights
from registry.matching.eligibility import is_eligible
from registry.matching.evaluation.evaluating import evaluate, past_programmes
from registry.matching.evaluation.labels import read_labels
from registry.matching.facts import NeedFacts, OfferFacts, reach
from registry.settings import data_path

SEED = 2026
CLI = system("cli")
FORCE = 2.0
UNFUNDED, BY_CHANCE = 0.15, 0.10
"""Shares of needs that nobody funds, and that somebody funds who was drawn at random"""


def pull(need: NeedFacts, offer: OfferFacts, past: dict[tuple[int, str], int]) -> float:
    """How much a made-up donor is drawn to a need: four habits of equal force, each between 0 and 1."""
    familiar = 1 - 0.5 ** past.get((offer.organisation_id, need.state), 0)
    subject = len(need.themes & offer.themes) / len(need.themes) if need.themes else 0.0
    aimed = {"list": 1.0, "region": 0.5, "world": 0.0, None: 0.0}[reach(need, offer)]
    asked, largest = need.asked(offer.types).whole, offer.largest_grant
    matters = min(1.0, largest / asked) if asked and largest else 0.0
    return FORCE * (familiar + subject + aimed + matters)


def labels(
    needs: list[NeedFacts],
    offers: list[OfferFacts],
    possible: dict[int, list[OfferFacts]],
    past: dict[tuple[int, str], int],
    seed: int = SEED,
) -> list[tuple[int, int]]:
    """(need, offer that funds it); an offer gives until its budget is gone, each time up to its largest grant."""
    chance = random.Random(seed)  # noqa: S311  (made-up labels)
    left = {offer.id: offer.budget for offer in offers}
    found = []
    for need in sorted(needs, key=lambda need: need.id):
        drawn = chance.random()
        able = [offer for offer in possible[need.id] if (money := left[offer.id]) is None or money > 0]
        if drawn < UNFUNDED or not able:
            continue
        if drawn < UNFUNDED + BY_CHANCE:
            giver = chance.choice(able)
        else:
            giver = chance.choices(able, [math.exp(pull(need, offer, past)) for offer in able])[0]
        found.append((need.id, giver.id))
        money = left[giver.id]
        if money is not None:
            left[giver.id] = money - min(money, need.asked(giver.types).whole or money, giver.largest_grant or money)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="casa-evaluate-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'casa.db'}")
        migrate.upgrade(database)
        with database.transaction() as session:
            library.load(session, CLI, library.standard_files([data_path("standards")]))
        with database.transaction() as session:
            world.load(session, CLI, "http://127.0.0.1:8001")
        path = Path(folder) / "labels.csv"
        now = datetime.now(UTC)
        with database.reading() as session:
            needs = list(gather.need_facts(session, ANONYMOUS, gather.NEED_OPEN).values())
            offers = list(gather.offer_facts(session, ANONYMOUS, true()).values())
            context, least = gather.context(session, now, offers), weights.current().min_overlap_months
            possible = {need.id: [o for o in offers if is_eligible(need, o, context, least)] for need in needs}
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["need", "offer"])
                writer.writerows(labels(needs, offers, possible, past_programmes(session)))
            read = read_labels(session, read_rows(path, "csv"))
            print("Labels MADE UP by the rule in docs/evaluation.md, on the demonstration world: not facts.\n")
            print(table(evaluate(session, CLI, read.funded, now=now)))
        database.dispose()


if __name__ == "__main__":
    main()
