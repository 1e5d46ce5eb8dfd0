"""The listed parties' names, ready to be compared with any name. Pure but for `current`, which reads the table."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Table, func, select
from sqlmodel import Session

from registry.matching.models import ListedParty
from registry.matching.screening.names import Likeness, Words, compare, keys, sound, weigher, words

PARTY: Table = ListedParty.__table__  # type: ignore[attr-defined]
COMMON = 60
"""What more parties have finds nobody by itself"""
NOTHING = Likeness(0.0, ())
OF_LOW_QUALITY = 0.97
"""What a score is multiplied by where the list itself calls the other name a weak one"""


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a listed party. `quality`: main, original, or the list's own good, low, aka, fka."""

    party_id: int
    kind: str
    text: str
    words: Words
    quality: str


@dataclass(frozen=True, slots=True)
class Found:
    """A listed party that a name is like, by the most alike of both sides' names."""

    party_id: int
    score: float
    name: str
    listed: str
    quality: str
    pairs: tuple[tuple[str, str, float], ...]

    def evidence(self) -> dict[str, Any]:
        """As it is kept and shown: {"name", "listed", "quality", "words": [[mine, theirs, likeness]]}."""
        return {
            "name": self.name, "listed": self.listed, "quality": self.quality,
            "words": [list(pair) for pair in self.pairs],
        }  # fmt: skip


class Index:
    """Names of listed parties by what they are found by."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.names = list(names)
        uses: Counter[str] = Counter()
        for party_words in _by_party(self.names).values():
            uses.update(party_words)
        self._weigh: Callable[[str], float] = weigher(uses)
        self._by_key: defaultdict[str, set[int]] = defaultdict(set)
        parties: defaultdict[str, set[int]] = defaultdict(set)
        for number, name in enumerate(self.names):
            for key in set().union(*_keys(name.words)):
                self._by_key[key].add(number)
                parties[key].add(name.party_id)
        self._common = {key for key, whose in parties.items() if len(whose) > COMMON}

    def search(self, texts: Sequence[str], threshold: float, only: Collection[int] | None = None) -> list[Found]:
        """Parties (of `only` these, where named) that one of these names is like, the most alike first."""
        best: dict[int, Found] = {}
        for text in dict.fromkeys(texts):
            mine = words(text)
            for number in sorted(self._candidates(mine)):
                name = self.names[number]
                if only is not None and name.party_id not in only:
                    continue
                found = self._compare(mine, name)
                known = best.get(name.party_id)
                if found.score >= threshold and (known is None or found.score > known.score):
                    best[name.party_id] = Found(name.party_id, found.score, text, name.text, name.quality, found.pairs)
        return sorted(best.values(), key=lambda item: (-item.score, item.party_id))

    def _candidates(self, mine: Words) -> set[int]:
        """Names that share something rare, or two words that many have."""
        found: set[int] = set()
        usual: Counter[int] = Counter()
        for of_word in _keys(mine):
            often: set[int] = set()
            for key in of_word & self._by_key.keys():
                (often if key in self._common else found).update(self._by_key[key])
            usual.update(often)
        return found | {number for number, shared in usual.items() if shared >= min(2, len(mine))}

    def _compare(self, mine: Words, name: Name) -> Likeness:
        found = compare(mine, name.words, self._weigh, contained=name.kind == "entity" and name.quality != "low")
        matched = [theirs for _, theirs, _ in found.pairs]
        if name.kind == "person" and len(name.words) > 1 and len(matched) < 2 and matched[:1] != ["".join(name.words)]:
            return NOTHING  # one name of somebody is nobody's
        if name.quality == "low":
            return Likeness(round(found.score * OF_LOW_QUALITY, 4), found.pairs)
        return found


def names_of(party_id: int, kind: str, document: dict[str, Any]) -> list[Name]:
    """All names of a listed party that can be compared; a weak one of a single word is none."""
    written = [(document["name"], "main"), (document.get("original_name", ""), "original")]
    written += [(alias["name"], alias.get("quality", "aka")) for alias in document.get("aliases", ())]
    found = [Name(party_id, kind, text, words(text), quality) for text, quality in written if text]
    return [name for name in found if len(name.words) > 1 or (name.words and name.quality != "low")]


def current(session: Session) -> Index:
    """The index of the parties in force; kept as long as the table does not change."""
    in_force = PARTY.c.archived_at.is_(None)
    stamp = tuple(
        session.execute(
            select(func.count(), func.max(PARTY.c.updated_at), func.sum(PARTY.c.version)).where(in_force)
        ).one()
    )
    url = str(session.get_bind().engine.url)
    known = _CACHE.get(url)
    if known is None or known[0] != stamp:
        rows = session.execute(select(PARTY.c.id, PARTY.c.kind, PARTY.c.document).where(in_force).order_by(PARTY.c.id))
        names = [name for row in rows for name in names_of(row.id, row.kind, orjson.loads(row.document))]
        known = _CACHE[url] = (stamp, Index(names))
    return known[1]


_CACHE: dict[str, tuple[Any, Index]] = {}
"""Database → (what the table was like, the index): one entry each"""


def _keys(name: Words) -> list[set[str]]:
    """What a name is found by: of each word, and how it begins, whatever its spaces."""
    return [*map(keys, name), {f"={sound(''.join(name))[:5]}"}]


def _by_party(names: Iterable[Name]) -> dict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for name in names:
        found[name.party_id].update(name.words)
    return found
