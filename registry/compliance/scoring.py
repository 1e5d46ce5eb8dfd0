"""How far a State is on a standard: pure rules over exact fractions, so that order and grouping never matter.

A missing answer never flatters: fulfilment is an interval [low, high], where `low` counts every open clause as not in
place and `high` as fully in place. Nothing here reads a database, a clock or a file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Condition = Mapping[str, Any]
"""`{"fact": name}`, `{"not": condition}`, `{"all": [condition …]}` or `{"any": [condition …]}`."""

Facts = Mapping[str, bool | None]
"""fact → yes, no or unknown (None; a missing fact is unknown too)"""

Answers = Mapping[str, str]
"""clause id → code of the scale"""

INSUFFICIENT = "II"
"""Band where fewer than half of the applicable `shall` clauses are answered: no verdict on so little."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What scoring needs to know of one requirement. `scored` is False for clauses answered by number, date or text."""

    id: str
    level: str
    scored: bool = True
    critical: bool = False
    applies_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it."""

    id: str
    parts: "tuple[Part, ...]"


Part = Clause | Section


@dataclass(frozen=True, slots=True)
class Band:
    """An indicative verdict and what it asks of the `shall` clauses."""

    code: str
    min_shall: Fraction
    no_zero_shall: bool = False
    no_zero_critical: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """One edition's way of counting. `scale`: code → fulfilment 0..1, None = not applicable. Bands: best first."""

    scale: Mapping[str, Fraction | None]
    weights: Mapping[str, Fraction]
    parts: tuple[Part, ...]
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over some clauses. They add up: a section is the sum of its clauses, the whole that of its sections."""

    weight: Fraction = Fraction(0)
    """of the applicable clauses"""
    weight_answered: Fraction = Fraction(0)
    fulfilled: Fraction = Fraction(0)
    """weight × fulfilment, answered clauses"""
    applicable: int = 0
    answered: int = 0
    not_applicable: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """The result over some clauses. Shares are 0..1; None where nothing with weight (or nothing at all) applies."""

    tally: Tally
    low: Fraction | None
    high: Fraction | None
    of_answered: Fraction | None
    """Never to be shown alone: a few good answers make it 1."""
    answered_share: Fraction | None
    shall_low: Fraction | None
    band: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """An answered clause that is not fully in place. `weight` is what the score would gain if it were."""

    clause: str
    level: str
    critical: bool
    fulfilment: Fraction
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it was entered."""

    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Assessed:
    """One assessment for comparison: the edition's scheme, its answers that count, the facts of that time."""

    scheme: Scheme
    answers: Answers
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trend:
    """Change of fulfilment on the clauses answered at both dates, -1..1; what else changed is scope or coverage."""

    change: Fraction
    panel: tuple[str, ...]


def holds(condition: Condition | None, facts: Facts) -> bool | None:
    """Three-valued truth of a condition: None where an unknown fact decides."""
    if not condition:
        return True
    if "fact" in condition:
        return facts.get(condition["fact"])
    if "not" in condition:
        inner = holds(condition["not"], facts)
        return None if inner is None else not inner
    results = [holds(each, facts) for each in condition.get("all") or condition["any"]]
    decisive = "all" not in condition
    if decisive in results:
        return decisive
    return None if None in results else not decisive


def applies(clause: Clause, facts: Facts) -> bool:
    """Whether the clause binds a State with these facts; where a fact is unknown it does."""
    return holds(clause.applies_if, facts) is not False


def clauses(parts: Iterable[Part]) -> Iterator[Clause]:
    """All clauses under these parts, in their order."""
    for part in parts:
        if isinstance(part, Section):
            yield from clauses(part.parts)
        else:
            yield part


def countable(scheme: Scheme, given: Mapping[str, Given], reviewed: bool) -> dict[str, str]:
    """The answers that scoring may count.

    *Not applicable* can only raise a score, so it counts with a reason and after another person's review; until then
    the clause is as good as unanswered.
    """
    return {
        clause: answer.value
        for clause, answer in given.items()
        if answer.value in scheme.scale
        and (scheme.scale[answer.value] is not None or (reviewed and answer.reason.strip()))
    }


def tally_clause(scheme: Scheme, clause: Clause, answers: Answers, facts: Facts) -> Tally:
    """The sums of one clause."""
    if not clause.scored or not applies(clause, facts):
        return Tally()
    return _tally(scheme, clause.level, answers.get(clause.id), 1)


def _tally(scheme: Scheme, level: str, value: str | None, number: int) -> Tally:
    """The sums of so many applicable clauses of one level with one answer."""
    weight = scheme.weights[level] * number
    if value is None:
        return Tally(weight=weight, applicable=number)
    fulfilment = scheme.scale[value]
    if fulfilment is None:
        return Tally(not_applicable=number)
    return Tally(weight, weight, weight * fulfilment, number, number)


def add_up(tallies: Iterable[Tally]) -> Tally:
    """The sums of several clauses or sections."""
    weight = answered_weight = fulfilled = Fraction(0)
    applicable = answered = not_applicable = 0
    for tally in tallies:
        if tally.weight:  # adding nothing to a fraction is not free
            weight += tally.weight
            answered_weight += tally.weight_answered
            fulfilled += tally.fulfilled
        applicable += tally.applicable
        answered += tally.answered
        not_applicable += tally.not_applicable
    return Tally(weight, answered_weight, fulfilled, applicable, answered, not_applicable)


def score(scheme: Scheme, answers: Answers, facts: Facts, parts: Iterable[Part] | None = None) -> Score:
    """Score the whole standard, or only `parts` of it. `answers` are those that count (see `countable`)."""
    counted: Counter[tuple[str, str | None]] = Counter()
    zeros = []
    for clause in clauses(scheme.parts if parts is None else parts):
        if clause.scored and applies(clause, facts):
            value = answers.get(clause.id)
            counted[clause.level, value] += 1
            # A `shall` without an answer is not shown to be in place, so it counts as zero here too.
            if clause.level == "shall" and (value is None or scheme.scale[value] == 0):
                zeros.append(clause)
    # Fractions are slow to add: clauses of one level with one answer are added up by their number.
    tallies = [(level, _tally(scheme, level, value, number)) for (level, value), number in counted.items()]
    total = add_up(tally for _, tally in tallies)
    duties = add_up(tally for level, tally in tallies if level == "shall")
    shall_low = _share(duties.fulfilled, duties.weight)
    return Score(
        tally=total,
        low=_share(total.fulfilled, total.weight),
        high=_share(total.fulfilled + total.weight - total.weight_answered, total.weight),
        of_answered=_share(total.fulfilled, total.weight_answered),
        answered_share=_share(Fraction(total.answered), Fraction(total.applicable)),
        shall_low=shall_low,
        band=None if shall_low is None else _band(scheme, zeros, duties, shall_low),
    )


def gaps(scheme: Scheme, answers: Answers, facts: Facts) -> list[Gap]:
    """Answered clauses that are not fully in place and carry weight, heaviest first. No answer is no gap."""
    found = []
    for clause in clauses(scheme.parts):
        sums = tally_clause(scheme, clause, answers, facts)
        if sums.fulfilled < sums.weight_answered:
            fulfilment = sums.fulfilled / sums.weight_answered
            missing = sums.weight_answered - sums.fulfilled
            found.append(Gap(clause.id, clause.level, clause.critical, fulfilment, missing))
    return sorted(found, key=lambda gap: -gap.weight)


def trend(old: Assessed, new: Assessed) -> Trend | None:
    """Compare two assessments on the clauses answered at both dates, by the new edition's weights; None without any."""
    before = {clause.id: clause for clause in clauses(old.scheme.parts)}
    change, weight, panel = Fraction(0), Fraction(0), []
    for clause in clauses(new.scheme.parts):
        if clause.id not in before:
            continue
        then = _fulfilment(old, before[clause.id])
        now = _fulfilment(new, clause)
        if then is not None and now is not None:
            weight += new.scheme.weights[clause.level]
            change += new.scheme.weights[clause.level] * (now - then)
            panel.append(clause.id)
    return Trend(change / weight, tuple(panel)) if weight else None


def _fulfilment(assessed: Assessed, clause: Clause) -> Fraction | None:
    if not clause.scored or clause.id not in assessed.answers or not applies(clause, assessed.facts):
        return None
    return assessed.scheme.scale[assessed.answers[clause.id]]


def _share(part: Fraction, whole: Fraction) -> Fraction | None:
    return part / whole if whole else None


def _band(scheme: Scheme, zeros: Sequence[Clause], duties: Tally, shall_low: Fraction) -> str | None:
    if Fraction(duties.answered, duties.applicable) < Fraction(1, 2):
        return INSUFFICIENT
    for band in scheme.bands:
        if shall_low < band.min_shall or (band.no_zero_shall and zeros):
            continue
        if band.no_zero_critical and any(clause.critical for clause in zeros):
            continue
        return band.code
    return scheme.bands[-1].code if scheme.bands else None
