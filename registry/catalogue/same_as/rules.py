"""What judgements amount to: groups of records that count once, which record leads a group, what contradicts. Pure.

Nothing here depends on the order in which judgements were made or records came in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Pair = tuple[int, int]

PERSON, OWN_FEED, OTHER_FEED = 100, 60, 40
"""Standing of what a person of the reporting organisation entered, of its own feed, of any other source or person."""
HIGHEST_SET = 99
LEVELS = {"public": 0, "members": 1, "private": 2}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Records that judgements of `same` connect although two of them were judged different."""

    records: tuple[int, ...]
    different: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """`members`: groups of two and more, each in order. Who stands in none stands alone."""

    members: tuple[tuple[int, ...], ...]
    contradictions: tuple[Contradiction, ...]


def groups(by_person: Iterable[Pair], by_rule: Iterable[Pair], different: Iterable[Pair]) -> Groups:
    """Connected records, people's judgements first.

    Where judgements connect two records that were judged different, the judgements of that connection contradict each
    other and none of them counts until a person mends one; a rule's never undo what people joined.
    """
    apart = sorted({ordered(*pair) for pair in different})
    joined = _Forest()
    contradictions = []
    for component, torn in _components(by_person, apart):
        if torn:
            contradictions.append(Contradiction(component, torn))
        else:
            joined.join_all(component)
    rule_edges = [(joined.root(a), joined.root(b)) for a, b in by_rule]
    named = joined.members()
    split = [(joined.root(a), joined.root(b)) for a, b in apart]
    for component, torn in _components(rule_edges, split):
        if torn:
            whole = tuple(sorted(record for root in component for record in named.get(root, (root,))))
            inside = set(whole)
            contradictions.append(Contradiction(whole, tuple(p for p in apart if p[0] in inside and p[1] in inside)))
        else:
            joined.join_all(component)
    found = sorted(tuple(sorted(group)) for group in joined.members().values() if len(group) > 1)
    return Groups(tuple(found), tuple(sorted(contradictions, key=lambda item: item.records)))


def ordered(a: int, b: int) -> Pair:
    """The pair with the smaller id first."""
    return (a, b) if a <= b else (b, a)


class _Forest:
    """Disjoint sets; the smallest member is the root."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def root(self, record: int) -> int:
        while (above := self._above.get(record, record)) != record:
            self._above[record] = self._above.get(above, above)
            record = above
        return record

    def join_all(self, records: Iterable[int]) -> None:
        roots = sorted({self.root(record) for record in records})
        for record in roots:
            self._above[record] = roots[0]

    def members(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for record in self._above:
            found.setdefault(self.root(record), []).append(record)
        return found


def _components(edges: Iterable[Pair], apart: Sequence[Pair]) -> Iterator[tuple[tuple[int, ...], tuple[Pair, ...]]]:
    """(records connected by the edges, the pairs among them that were judged different)."""
    forest = _Forest()
    for a, b in edges:
        forest.join_all((a, b))
    torn: dict[int, list[Pair]] = {}
    for a, b in apart:
        if forest.root(a) == forest.root(b):
            torn.setdefault(forest.root(a), []).append((a, b))
    for root, records in sorted(forest.members().items()):
        if len(records) > 1:
            yield tuple(sorted(records)), tuple(torn.get(root, ()))


@dataclass(frozen=True, slots=True)
class Member:
    """A record of a group, as the choice of the leading one sees it."""

    id: int
    in_force: bool
    standing: int
    visibility: str = "public"
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its group, the record that stands for it in lists, for how many it stands itself."""

    cluster: int | None = None
    lead: int | None = None
    sources: int = 1


ALONE = Place()


def standing(
    source: str, owner: int | None, set_for: Mapping[str, tuple[int | None, int | None]], by_reporter: bool
) -> int:
    """How much the source of a record of this owner counts. `set_for`: source → (organisation, priority set).

    `by_reporter`: a person of the reporting organisation, or who reports for it, entered the record.
    """
    if source == "person":
        return PERSON if by_reporter else OTHER_FEED
    organisation, priority = set_for.get(source, (None, None))
    if priority is not None:
        return priority
    return OWN_FEED if owner is not None and organisation == owner else OTHER_FEED


def places(group: Sequence[Member]) -> dict[int, Place]:
    """Record → its place. The record open to most leads, among these the one of the highest standing, then the oldest.

    A record steps behind the leading one only where everybody who may see it may see that one too; what is not in force
    stands for nobody and behind nobody.
    """
    cluster = min(member.id for member in group)
    listed = [member for member in group if member.in_force]
    found = {member.id: Place(cluster) for member in group}
    if not listed:
        return found
    lead = min(listed, key=lambda m: (LEVELS[m.visibility], -m.standing, m.id))
    behind = [m for m in listed if m is not lead and (lead.visibility != "private" or m.owner == lead.owner)]
    for member in behind:
        found[member.id] = Place(cluster, lead.id)
    # Only what is as open as the leading record is counted, so that the number gives no hidden record away.
    found[lead.id] = Place(cluster, None, 1 + sum(m.visibility == lead.visibility for m in behind))
    return found
