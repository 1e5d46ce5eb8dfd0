"""Chance agreement counted in this registry's own records, and the model that follows from it."""

import random
from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Table, delete, func, insert, select
from sqlmodel import Session

from registry.catalogue.same_as.comparison import COMPARISONS
from registry.catalogue.same_as.model import Estimate, Model, current
from registry.catalogue.same_as.models import SameAsEstimate
from registry.catalogue.same_as.reading import PROFILE, stored_profiles
from registry.json_text import dumps

ESTIMATE: Table = SameAsEstimate.__table__  # type: ignore[attr-defined]
MOST_RECORDS, MOST_PAIRS = 3_000, 30_000
FEWEST_RECORDS = 50
"""Below this nothing is estimated: the file's figures are better than so few."""


def model_in_force(session: Session, kind: str) -> tuple[Model, str]:
    """(the model with what was counted here, its label): the version, and the day of the count where there was one."""
    model = current()[kind]
    row = session.execute(select(ESTIMATE).where(ESTIMATE.c.kind == kind)).first()
    if row is None:
        return model, model.version
    estimate = Estimate(row.records, orjson.loads(row.levels))
    return model.with_estimate(estimate), f"{model.version}+{row.at:%Y-%m-%d}"


def estimate(session: Session, kind: str, now: datetime) -> Estimate | None:
    """Count how often levels agree in pairs picked at random among the stored profiles, and keep it. None: too few.

    The same records give the same counts. Pairs stored before keep their scores until they are found anew.
    """
    total = session.execute(select(func.count()).select_from(PROFILE).where(PROFILE.c.kind == kind)).scalar_one()
    if total < FEWEST_RECORDS:
        return None
    ids = list(session.execute(select(PROFILE.c.record_id).where(PROFILE.c.kind == kind)).scalars())
    found = count_levels(kind, *_sample(session, kind, sorted(ids)))
    row = {"kind": kind, "records": total, "pairs": found[1], "levels": dumps(found[0]), "at": now}
    session.execute(delete(ESTIMATE).where(ESTIMATE.c.kind == kind))
    session.execute(insert(ESTIMATE), [row])
    return Estimate(total, found[0])


def _sample(session: Session, kind: str, ids: Sequence[int]) -> tuple[list[dict[str, object]], random.Random]:
    dice = random.Random(len(ids))  # noqa: S311  (a sample, not a secret; the same one for the same records)
    chosen = sorted(dice.sample(ids, MOST_RECORDS)) if len(ids) > MOST_RECORDS else list(ids)
    stored = stored_profiles(session, kind, chosen)
    return [orjson.loads(stored[id_].text) for id_ in chosen], dice


def count_levels(
    kind: str, profiles: Sequence[dict[str, object]], dice: random.Random
) -> tuple[dict[str, dict[str, int]], int]:
    """(field → level → how often, number of pairs) over pairs picked at random."""
    levels: dict[str, dict[str, int]] = {name: {} for name in COMPARISONS[kind]}
    pairs = min(MOST_PAIRS, len(profiles) * (len(profiles) - 1) // 2)
    for _ in range(pairs):
        first, second = dice.sample(range(len(profiles)), 2)
        for name, compare in COMPARISONS[kind].items():
            level = compare(profiles[first], profiles[second])
            if level is not None:
                levels[name][level] = levels[name].get(level, 0) + 1
    return levels, pairs
