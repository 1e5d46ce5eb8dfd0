"""How alike two names are, whatever their script, order, accents and transliteration, with what speaks for it. Pure.

A name is its words in Latin letters. Two words are alike when their letters nearly are, or when their consonants are:
vowels, doubled letters and the ways to write one foreign sound differ from text to text. A word that many listed
parties share says little and weighs little. Of 1: equal words; `score` is the shared weight by the weight of both.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from anyascii import anyascii
from rapidfuzz.distance import OSA, JaroWinkler

from registry.catalogue.folding import fold

Words = tuple[str, ...]
LEAST_ALIKE = 0.86
"""Two words below this are different words"""
BY_SOUND = 0.93
"""What consonants that agree count, where the letters do not"""
LEAST_LETTERS = 0.75
"""How alike the letters of words with two consonants must be, beside these"""
RUN_TOGETHER = 0.95
"""What the whole name without its spaces counts, where it is more alike than its words"""
CONTAINED = 0.94
"""What it counts where a name holds all of the other and words besides"""
LEAST_TOGETHER = 8
"""Letters that such a name must have"""
LEAST_CONTAINED = 1.6
"""Weight that a contained name must have: about two words that few share"""
MAX_WORDS = 30
_WORD = re.compile("[a-z0-9]+")
_SOUNDS = [(re.compile(p), s) for p, s in (
    ("ph", "f"), ("(kh|gh|ch|sh|th|dh|zh)", lambda m: {"k": "k", "g": "k", "c": "s", "s": "s", "t": "t", "d": "d",
                                                       "z": "s"}[m[0][0]]),
    ("[cqg]", "k"), ("[zj]", "s"), ("x", "ks"), ("p", "b"), ("v", "f"), ("[aeiouyw]|h$", ""),
)]  # fmt: skip
_VOWEL = re.compile("[aeiou]")
_TWICE = re.compile(r"(.)\1+")
_ARTICLES = frozenset(
    ("al", "el", "ul", "ad", "ar", "as", "at", "az", "an", "the", "of", "and", "de", "la", "le", "du")
)
_ARABIC = re.compile("^ال(?=..)")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Score 0..1, and the words that were taken for one another: (word, word, likeness)."""

    score: float
    pairs: tuple[tuple[str, str, float], ...]


@lru_cache(maxsize=50_000)
def words(name: str) -> Words:
    """A name's words in Latin letters, folded, without articles; all of them where nothing else is left."""
    pieces = [_ARABIC.sub("", piece) for piece in re.split(r"[\s\-–_/.,;:()]+", name)]
    found = _WORD.findall(fold(anyascii(" ".join(pieces)).replace("'", "").replace("`", "")))[:MAX_WORDS]
    return tuple(word for word in found if word not in _ARTICLES) or tuple(found)


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """The consonants of a word, each as one of those it may be written for; "" for a word of digits or vowels."""
    if word.isdecimal():
        return ""
    for pattern, stands_for in _SOUNDS:
        word = pattern.sub(stands_for, word)
    return _TWICE.sub(r"\1", word)


def keys(word: str) -> set[str]:
    """By what a word is found: two alike words share one of these, but for a few that differ in several consonants."""
    bones = sound(word)
    if len(bones) < 2:
        return {word}
    return {bones} | ({bones[:i] + bones[i + 1 :] for i in range(len(bones))} if len(bones) > 3 else set())


@lru_cache(maxsize=200_000)
def alike(one: str, other: str) -> float:
    """How alike two words are: 1 the same, 0 different."""
    if one == other:
        return 1.0
    if one.isdecimal() or other.isdecimal():
        return 0.0
    letters = float(JaroWinkler.similarity(one, other))
    bones = sound(one)
    if len(bones) > 1 and bones == sound(other) and abs(len(one) - len(other)) <= max(3, len(bones)):
        # Two consonants alone are soon the same: the letters must speak for it, too.
        if len(bones) > 2:
            return max(letters, BY_SOUND)
        short, long = sorted((one, other), key=len)
        # A word of a script without vowels has no letters to compare.
        if letters > LEAST_LETTERS or (len(short) > 2 and len(long) > 4 and not _VOWEL.search(short)):
            return max(letters, LEAST_ALIKE)
        return 0.0
    return letters if letters >= LEAST_ALIKE and min(len(one), len(other)) > 3 else 0.0


def weigher(uses: Mapping[str, int]) -> Callable[[str], float]:
    """What a word weighs, by how many listed parties use it: 1 for one that one or none does, ever less for more."""
    return lambda word: 1 / (1 + log(max(1, uses.get(word, 1))))


def compare(mine: Words, theirs: Words, weigh: Callable[[str], float], *, contained: bool) -> Likeness:
    """How alike two names are. With `contained`, a name that holds all of the listed one is like it, too."""
    pairs = _paired(mine, theirs)
    together = _run_together("".join(mine), "".join(theirs))
    if not pairs:
        return together
    shared = sum(value * (weigh(mine[i]) + weigh(theirs[j])) for value, i, j in pairs)
    whole_mine, whole_theirs = sum(map(weigh, mine)), sum(map(weigh, theirs))
    score = shared / (whole_mine + whole_theirs)
    if contained and len(pairs) == len(theirs) and len(theirs) > 1 and whole_theirs >= LEAST_CONTAINED:
        score = max(score, CONTAINED * sum(value * weigh(theirs[j]) for value, _, j in pairs) / whole_theirs)
    if together.score > score:
        return together
    return Likeness(round(score, 4), tuple((mine[i], theirs[j], round(value, 3)) for value, i, j in pairs))


def _run_together(mine: str, theirs: str) -> Likeness:
    """Letters missing, doubled or swapped in the whole name; a space in another place is no difference."""
    if min(len(mine), len(theirs)) < LEAST_TOGETHER:
        return Likeness(0.0, ())
    value = float(OSA.normalized_similarity(mine, theirs, score_cutoff=LEAST_ALIKE))
    return Likeness(round(RUN_TOGETHER * value, 4), ((mine, theirs, round(value, 3)),) if value else ())


def _paired(mine: Words, theirs: Words) -> Sequence[tuple[float, int, int]]:
    """Each word with one of the other name at most, the most alike first."""
    found = [(alike(a, b), i, j) for i, a in enumerate(mine) for j, b in enumerate(theirs)]
    found = sorted((item for item in found if item[0]), key=lambda item: (-item[0], item[1], item[2]))
    taken_mine: set[int] = set()
    taken_theirs: set[int] = set()
    pairs = []
    for item in found:
        if item[1] not in taken_mine and item[2] not in taken_theirs:
            taken_mine.add(item[1])
            taken_theirs.add(item[2])
            pairs.append(item)
    return pairs
