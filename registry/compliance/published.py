"""What States have published, at once: the grid of States and standards, and regions. Drafts are never read here."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from registry.catalogue.reference import regions, states
from registry.compliance import editions, rollups, scorecard, scoring
from registry.compliance.editions import Edition
from registry.compliance.linking import links_among
from registry.compliance.models import Assessment
from registry.compliance.rollups import Region, Rollup


@dataclass(frozen=True, slots=True)
class Cell:
    """A State's latest published assessment of a standard, by its own edition."""

    assessment_id: int
    edition: Edition
    score: scoring.Score


def grid(session: Session, of_states: Collection[str] | None = None, standard: str = "") -> dict[str, dict[str, Cell]]:
    """State → standard → cell, of all States or of some, of all standards or of one; in few queries."""
    last = select(func.max(col(Assessment.id))).where(col(Assessment.status) == "published")
    if standard:
        last = last.where(col(Assessment.standard) == standard)
    if of_states is not None:
        last = last.where(col(Assessment.state).in_(of_states))
    rows = session.scalars(
        select(Assessment).where(col(Assessment.id).in_(last.group_by(col(Assessment.state), col(Assessment.standard))))
    ).all()
    scores = scorecard.scores(session, rows)
    pinned = editions.pinned_all(session, (each.standard_id for each in rows))
    found: dict[str, dict[str, Cell]] = {}
    for row in rows:
        cell = Cell(row.id or 0, pinned[row.standard_id], scores[row.id or 0])
        found.setdefault(row.state, {})[row.standard] = cell
    return found


def as_dict(cell: Cell, language: str = "en") -> dict[str, Any]:
    """A cell for JSON; the band is indicative."""
    return {
        "assessment_id": cell.assessment_id,
        "version": cell.edition.version,
        **scorecard.headline(cell.edition, cell.score, language),
    }


def of_regions(session: Session, standard: str) -> dict[str, Region]:
    """M49 region with States right under it → what is said of its States on a standard; in no order of merit."""
    intervals: dict[str, list[Any]] = {}
    for state, cells in grid(session, standard=standard).items():
        score = cells[standard].score
        if state in states() and score.low is not None:
            intervals.setdefault(states()[state].region, []).append((score.low, score.high))
    return {code: rollups.of_region(intervals[code]) for code in regions() if code in intervals}


def themes_of(session: Session, assessments: Iterable[Assessment]) -> dict[str, Rollup]:
    """Theme → roll-up over these assessments of one State, one of each standard at most."""
    known = {each.id or 0: each for each in assessments}
    pinned = editions.pinned_all(session, (each.standard_id for each in known.values()))
    asked = {}
    for number, mine in scorecard.assessed(session, known.values()).items():
        edition = pinned[known[number].standard_id]
        themes = {clause.id: clause.themes for clause in edition.requirements.values()}
        asked.update({(edition.slug, each): found for each, found in rollups.asked_of(mine, themes).items()})
    return rollups.by_theme(asked, links_among(pinned[each.standard_id] for each in known.values()))


def rollup_as_dict(found: Rollup) -> dict[str, Any]:
    """A roll-up for JSON."""
    return {
        "low": scorecard.share(found.low),
        "high": scorecard.share(found.high),
        "answered_share": scorecard.share(found.answered_share),
        "asked": found.asked,
        "answered": found.answered,
    }


def regions_as_dicts(found: Mapping[str, Region]) -> list[dict[str, Any]]:
    """Regions for JSON, by name; figures are null where there are too few States."""
    rows = [
        {
            "region": code,
            "name": regions()[code].name(),
            "states": each.states,
            "suppressed": each.suppressed,
            "median_low": scorecard.share(each.median_low),
            "median_high": scorecard.share(each.median_high),
            "least": scorecard.share(each.least),
            "most": scorecard.share(each.most),
        }
        for code, each in found.items()
    ]
    return sorted(rows, key=lambda row: row["name"])
