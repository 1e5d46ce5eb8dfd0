"""The listed parties' names, ready to be compared with any name. Pure but for `current`, which reads the table."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any

import orjson
from rapidfuzz import process
from rapidfuzz.distance import Indel
from sqlalchemy import Table, func, select
from sqlmodel import Session

from registry.matching.models import ListedParty
from registry.matching.screening import comparing, names
from registry.matching.screening.comparing import LEAST_BONES, LEAST_LOOSE, OF_LOW_QUALITY, Likeness, weigher
from registry.matching.screening.names import keys, korean, loose, of_body, of_person, sound

PARTY: Table = ListedParty.__table__  # type: ignore[attr-defined]
COMMON = 60
"""What more parties have finds nobody by itself"""
NEAREST = 3
_SEVERAL = re.compile(r"\s*;\s*|\s+[a-h]\)\s+")
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_ORIGINAL = re.compile(r"^\s*original script:\s*", re.IGNORECASE)
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a listed party. `quality`: main, original, or the list's own good, low, aka, fka."""

    party_id: int
    kind: str
    text: str
    compared: names.Name
    quality: str
    births: tuple[tuple[int, int], ...] = ()
    """Years of birth that the list gives, each from, to"""


@dataclass(frozen=True, slots=True)
class Found:
    """A listed party that a name is like, by the most alike of both sides' names."""

    party_id: int
    name: str
    listed: str
    quality: str
    likeness: Likeness

    @property
    def score(self) -> float:
        """0..1."""
        return self.likeness.score

    def evidence(self) -> dict[str, Any]:
        """As it is kept and shown: names and quality, `words` [[mine, theirs, likeness]], `missing`, `against`."""
        return {
            "name": self.name, "listed": self.listed, "quality": self.quality,
            "words": [list(pair) for pair in self.likeness.pairs], "missing": list(self.likeness.missing),
            "against": [list(pair) for pair in self.likeness.against],
        }  # fmt: skip


class Index:
    """Names of listed parties by what they are found by."""

    def __init__(self, listed: Iterable[Name]) -> None:
        self.names = list(listed)
        uses: defaultdict[str, set[int]] = defaultdict(set)
        self._by_key: defaultdict[str, list[int]] = defaultdict(list)
        parties: defaultdict[str, set[int]] = defaultdict(set)
        for number, name in enumerate(self.names):
            for token in name.compared.words:
                uses[token.text].add(name.party_id)
            for key in set().union(*_keys(name.compared)):
                self._by_key[key].append(number)
                parties[key].add(name.party_id)
        self._weigh = weigher({word: len(whose) for word, whose in uses.items()})
        self._common = {key for key, whose in parties.items() if len(whose) > COMMON}
        self._by_one = {
            number for number, name in enumerate(self.names) if name.kind == "entity" or len(name.compared.words) < 2
        }
        """What one rare word finds: a person of several names is found by two"""
        self._loose = [loose(name.compared.together, name.compared.syllables) for name in self.names]

    def search(
        self, texts: Sequence[str], threshold: float, only: Collection[int] | None = None, born: int | None = None
    ) -> list[Found]:
        """Parties (of `only` these, where named) that one of these names is like, the most alike first."""
        return [item for item in self._compared(texts, only, born) if item.score >= threshold]

    def nearest(self, texts: Sequence[str], count: int = NEAREST, born: int | None = None) -> list[Found]:
        """The parties whose names are nearest to one of these, however little alike."""
        return nlargest(
            count, self._compared(texts, None, born, far=True), key=lambda item: (item.score, -item.party_id)
        )

    def _compared(
        self, texts: Sequence[str], only: Collection[int] | None, born: int | None, *, far: bool = False
    ) -> list[Found]:
        best: dict[int, Found] = {}
        for text in dict.fromkeys(texts):
            body, person = of_body(text), of_person(text)
            for number in sorted(self._candidates(body, person, far=far)):
                name = self.names[number]
                if only is not None and name.party_id not in only:
                    continue
                found = self._compare(person if name.kind == "person" else body, name, born)
                known = best.get(name.party_id)
                if found.score and (known is None or found.score > known.score):
                    best[name.party_id] = Found(name.party_id, text, name.text, name.quality, found)
        return sorted(best.values(), key=lambda item: (-item.score, item.party_id))

    def _candidates(self, body: names.Name, person: names.Name, *, far: bool) -> set[int]:
        """Names that share enough words to be alike; `far`: a rare word is enough, and two that many have."""
        found: set[int] = set()
        for mine in (body, person) if body.tokens != person.tokens else (body,):
            shared: Counter[int] = Counter()
            for of_word in _keys(mine):
                rare: set[int] = set()
                often: set[int] = set()
                for key in of_word & self._by_key.keys():
                    (often if key in self._common else rare).update(self._by_key[key])
                shared.update(rare | often)
                found.update(rare if far else rare & self._by_one)
            few = min(2, len(mine.words)) if len(mine.words) < 3 or not any(len(w.text) < 2 for w in mine.words) else 1
            found.update(number for number, count in shared.items() if count >= few)
            if 0 < len(mine.words) < 3:
                found.update(self._by_key.get(_whole(mine), ()))
            found.update(self._by_key.get(f"#{sound(mine.whole)[:6]}", ()) if len(mine.whole) > 10 else ())
        if body.syllables:
            bones = loose(person.together, True)
            if len(bones) >= LEAST_BONES:
                similarity = Indel.normalized_similarity
                near = process.extract(bones, self._loose, scorer=similarity, score_cutoff=LEAST_LOOSE, limit=40)
                found.update(number for _, _, number in near)
        return found

    def _compare(self, mine: names.Name, name: Name, born: int | None) -> Likeness:
        if name.kind == "person":
            found = comparing.compare_persons(mine, name.compared, self._weigh)
            found = comparing.with_birth(found, born, name.births)
        else:
            found = comparing.compare_bodies(mine, name.compared, self._weigh)
        return replace(found, score=round(found.score * OF_LOW_QUALITY, 4)) if name.quality == "low" else found


def names_of(party_id: int, kind: str, document: dict[str, Any]) -> list[Name]:
    """All names of a listed party that can be compared; a weak one of a single word is none.

    The list writes several names in one field (“A; B”, “b) C”), and other letters or an acronym in brackets.
    """
    written = [(document["name"], "main"), (document.get("original_name", ""), "original")]
    written += [(alias["name"], alias.get("quality", "aka")) for alias in document.get("aliases", ())]
    births = tuple(dict.fromkeys(_births(document)))
    read = of_person if kind == "person" else of_body
    found: dict[str, Name] = {}
    for field, quality in written:
        for text in _apart(field, kind):
            compared = read(text)
            if len(compared.tokens) > 1 or (compared.tokens and quality != "low"):
                found.setdefault(text, Name(party_id, kind, text, compared, quality, births))
    return list(found.values())


def _apart(field: str, kind: str) -> list[str]:
    """The names that one field of the list holds."""
    found = []
    for text in filter(None, _SEVERAL.split(field)):
        inside = [_ORIGINAL.sub("", part).strip() for part in _BRACKETS.findall(text)]
        outside = " ".join(_BRACKETS.sub(" ", text).split())
        if kind == "person":
            found += [outside or text, *(part for part in inside if not part.isascii() and outside)]
        else:
            found += [text, *([outside] if any(len(part.split()) > 2 for part in inside) else [])]
            found += [*(part for part in inside if part.isupper() and " " not in part and len(part) > 3)]
    return [text for text in found if text]


def _births(document: dict[str, Any]) -> Iterable[tuple[int, int]]:
    for birth in document.get("births", ()):
        years = [
            int(year) for key in ("date", "year", "from_year", "to_year") for year in _YEAR.findall(birth.get(key, ""))
        ]
        if years:
            wide = 2 if birth.get("type", "").startswith("approx") else 0
            yield min(years) - wide, max(years) + wide


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
        listed = [name for row in rows for name in names_of(row.id, row.kind, orjson.loads(row.document))]
        known = _CACHE[url] = (stamp, Index(listed))
    return known[1]


_CACHE: dict[str, tuple[Any, Index]] = {}
"""Database → (what the table was like, the index): one entry each"""


def _keys(name: names.Name) -> list[set[str]]:
    """What a name is found by: of each word, and how it begins, whatever its spaces; symbols only where all are."""
    words = name.words
    found = [keys(token.text) | ({f"^{spelt}"} if (spelt := korean(token.text)) else set()) for token in words]
    if not words:
        kinds = sorted(token.symbol for token in name.tokens if not token.symbol.startswith("form:"))
        return [{f"§{' '.join(kinds)}"}, {f"#{sound(name.whole)[:6]}"}]
    return [*found, {_whole(name)}, {f"#{sound(name.whole)[:6]}"}]


def _whole(name: names.Name) -> str:
    return f"={sound(name.together)[:5]}"
