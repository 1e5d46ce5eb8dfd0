"""Scores of all States on every standard, read from the database, against a bare loop of sums over the same numbers."""

import random
import statistics
import time
from collections.abc import Callable, Mapping

from sqlalchemy import insert

from registry.accounts.actor import system
from registry.catalogue.reference import states
from registry.compliance import editions, library, listing, published
from registry.compliance.models import Answer, Assessment
from registry.db import Database, utcnow
from registry.settings import data_path

ROUNDS = 3
Show = Callable[[str, str, str, float, str], None]
Numbers = list[list[tuple[float, float]]]


def bench_scores(databases: Mapping[str, Database], show: Show) -> None:
    """Rows of each engine: all States (aim 1.5 s), one State (aim 20 ms)."""
    for engine, database in databases.items():
        numbers = _fill(database)
        one = sorted(states())[0]
        with database.reading() as session:
            ours = _median(lambda: published.grid(session))  # noqa: B023
            single = _median(lambda: published.grid(session, [one]))  # noqa: B023
        all_bare = _median(lambda: _bare(numbers))  # noqa: B023
        part = numbers[: len(numbers) // len(states())]
        one_bare = _median(lambda: _bare(part))  # noqa: B023
        name = f"{len(states())} States × {len(part)} standards, {engine}"
        show(name, f"{ours:,.0f} ms", f"{all_bare:,.1f} ms", ours / all_bare, "≤ 1,500 ms")
        show(
            f"one State × {len(part)}, {engine}", f"{single:,.1f} ms", f"{one_bare:,.2f} ms", single / one_bare, "≤ 20"
        )


def _fill(database: Database) -> Numbers:
    """Publish an assessment of each standard for each State, seven clauses in ten answered; their (weight, value)."""
    rng, now = random.Random(11), utcnow()  # noqa: S311
    numbers: Numbers = []
    with database.transaction() as session:
        library.load(session, system("bench"), [data_path("standards")])
        current = listing.current_editions(session)
        stored = {row["standard"]: row for row in listing.list_standards(session)}
        pinned = {slug: editions.find(session, slug).id for slug in stored}
        assessments, answers = [], []
        for state in sorted(states()):
            for edition in current:
                number = len(assessments) + 1
                assessments.append(
                    {
                        "id": number,
                        "state": state,
                        "standard": edition.slug,
                        "standard_id": pinned[edition.slug],
                        "facts": {},
                        "status": "published",
                        "created_at": now,
                        "updated_at": now,
                        "version": 1,
                    }  # fmt: skip
                )
                scale, weights = edition.scheme.scale, edition.scheme.weights
                codes = [code for code, value in scale.items() if value is not None]
                given = []
                for clause in edition.requirements.values():
                    if clause.answer == "scale" and rng.random() < 0.7:
                        code = rng.choice(codes)
                        given.append((float(weights[clause.level]), float(scale[code] or 0)))
                        answers.append(
                            {"assessment_id": number, "clause": clause.id, "value": code, "answered_at": now}
                        )
                numbers.append(given)
        session.execute(insert(Assessment), assessments)
        session.execute(insert(Answer), answers)
    return numbers


def _bare(numbers: Numbers) -> float:
    return sum(sum(weight * value for weight, value in given) for given in numbers)


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000
