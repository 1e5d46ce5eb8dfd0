"""How alike two names are, as evidence for and against. Pure.

Words that agree speak for it, by how few listed parties share them. What is left over on one side only was *omitted*
and takes little; what is left over on both sides is *contradicted* and takes much. A hit needs words that tell
parties apart: no kind of body, State, number or short word makes one by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

from rapidfuzz.distance import OSA, Indel

from registry.matching.screening.names import SHORT_BY_SOUND, SPELT, Name, Token, alike, korean, loose, sound

Weigh = Callable[[str], float]
NOT_ENOUGH = 0.6
"""At most this, where what agrees is too little to be a hit: shown among the nearest names, never asked about"""
INITIAL = 0.9
"""What an initial counts beside a name that begins with it"""
KOREAN = 0.94
OMITTED, CONTRADICTED = 0.035, 0.2
"""What each name of a person takes that one side lacks; that both sides have and differ in"""
OMITTED_WORD, ADDED_WORD, CONTRADICTED_WORD = 0.08, 0.05, 0.22
"""The same for words of a body's name: lacking, additional, different"""
SYMBOLS = {
    "form": (0.0, 0.01),
    "word": (0.02, 0.09),
    "state": (0.05, 0.25),
    "number": (0.12, 0.25),
    "direction": (0.12, 0.25),
}
"""Kind of symbol → what one takes that a side lacks, and that differs"""
LEAST_RARE = 0.5
"""Weight that a word must have to be enough by itself: three listed parties use it at most"""
LEAST_LETTERS, LEAST_TOGETHER, LEAST_BONES, LEAST_SYLLABLES = 4, 8, 5, 6
"""Letters of a single word; of a whole name without spaces; consonants of one; syllables of one in such a script"""
TOGETHER, SYLLABLES = 0.95, 0.95
"""What a whole name without its spaces counts; and one of a script of syllables by its consonants"""
LEAST_ALIKE, LEAST_LOOSE = 0.88, 0.76
OF_LOW_QUALITY = 0.97
"""What a score is multiplied by where the list itself calls the other name a weak one"""
OTHER_BIRTH = 0.8
"""What a score is multiplied by where the years of birth contradict each other"""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Score 0..1; the words taken for one another (word, word, likeness); what is lacking; what contradicts."""

    score: float
    pairs: tuple[tuple[str, str, float], ...] = ()
    missing: tuple[str, ...] = ()
    against: tuple[tuple[str, str], ...] = ()


NOTHING = Likeness(0.0)
Pair = tuple[float, int, int]


def weigher(uses: Mapping[str, int]) -> Weigh:
    """What a word weighs, by how many listed parties use it: 1 for one that one or none does, ever less for more."""
    return lambda word: 1 / (1 + log(max(1, uses.get(word, 1))))


def compare_persons(mine: Name, theirs: Name, weigh: Weigh) -> Likeness:
    """A name with that of a listed person. One name of somebody is nobody's, nor are initials."""
    a, b = mine.words, theirs.words
    if not a or not b:
        return NOTHING
    together = _together(mine, theirs)
    romanised = _korean(a, b)
    pairs = romanised or _paired(a, b, initials=True)
    if not pairs:
        return together
    full = [pair for pair in pairs if len(a[pair[1]].text) > 1 and len(b[pair[2]].text) > 1]
    left_a, left_b = _left(a, [i for _, i, _ in pairs]), _left(b, [j for _, _, j in pairs])
    against = min(len(left_a), len(left_b))
    omitted = max(len(left_a), len(left_b)) - against
    weights = [weigh(a[i].text) + weigh(b[j].text) for _, i, j in pairs]
    base = sum(pair[0] * weight for pair, weight in zip(pairs, weights, strict=True)) / sum(weights)
    score = base - CONTRADICTED * against - OMITTED * omitted * (2 if len(full) < 3 and omitted > 2 else 1)
    rare = max((weigh(b[j].text) for _, _, j in full), default=0.0)
    exact = all(value >= SPELT for value, _, _ in full)
    enough = len(full) > 1 or (
        len(full) == 1 and exact and rare >= LEAST_RARE and len(pairs) > 2 and len(a[full[0][1]].text) > LEAST_LETTERS
    )
    if len(a) == len(b) == 1 and full:
        enough = a[0].text == b[0].text and len(a[0].text) >= LEAST_LETTERS
    elif len(full) == 2 and omitted and not exact and rare < LEAST_RARE:
        enough = False  # two names that many bear, one of them misspelt, and more that is lacking
    elif max(len(a[i].text) for _, i, _ in full or pairs) < 4 and (omitted or against):
        enough = False  # short words alone
    found = Likeness(
        _bounded(score if enough else min(score, NOT_ENOUGH)), _shown(a, b, pairs),
        tuple(token.shown for token in left_b), _opposed(left_a, left_b),
    )  # fmt: skip
    return together if together.score > found.score else found


def compare_bodies(mine: Name, theirs: Name, weigh: Weigh) -> Likeness:
    """A name with that of a listed body. Kinds of body, numbers and States are compared as symbols."""
    a, b = mine.words, theirs.words
    if not mine.tokens or not theirs.tokens:
        return NOTHING
    symbols, lacking, opposed, cost = _symbols(mine, theirs)
    if len(mine.tokens) != len(theirs.tokens) and min(len(mine.whole), len(theirs.whole)) > LEAST_TOGETHER + 2:
        same = float(OSA.normalized_similarity(mine.whole, theirs.whole, score_cutoff=0.95))
        if same:
            return Likeness(_bounded(TOGETHER * same), ((mine.whole, theirs.whole, round(same, 3)),))
    if not a or not b:
        return _kinds_alone(mine, theirs, symbols)
    pairs = _paired(a, b, initials=False)
    together = _together(mine, theirs)
    if not pairs or together.score > max(value for value, _, _ in pairs):
        score = together.score - cost
        return replace(together, score=_bounded(score), missing=tuple(lacking), against=tuple(opposed))
    left_a, left_b = _left(a, [i for _, i, _ in pairs]), _left(b, [j for _, _, j in pairs])
    weights = [weigh(a[i].text) + weigh(b[j].text) for _, i, j in pairs]
    shared = sum(weights) / 2
    base = sum(pair[0] * weight for pair, weight in zip(pairs, weights, strict=True)) / sum(weights)
    against = min(len(left_a), len(left_b))
    few = 1.0 if shared > 1.5 else 1.6
    score = base - few * (
        CONTRADICTED_WORD * against
        + OMITTED_WORD * (len(left_b) - against)
        + ADDED_WORD * (len(left_a) - against)
        + cost
    )
    enough = shared >= 1.2 and len(pairs) > 1
    if len(pairs) == 1:
        value, i, j = pairs[0]
        letters = min(len(a[i].text), len(b[j].text))
        kinds = any(token.symbol.startswith("word:") for token in theirs.tokens) and bool(symbols)
        spelt = letters > LEAST_LETTERS or (kinds and max(len(a[i].text), len(b[j].text)) >= LEAST_LETTERS)
        exact, letters = value >= (SPELT if spelt else 1.0), letters + (spelt and kinds)
        alone = len(mine.tokens) == 1 or len(theirs.tokens) == 1
        enough = (
            letters >= LEAST_LETTERS and exact and not left_b and weigh(b[j].text) >= LEAST_RARE / 2
            and (not alone or (value == 1.0 and _only_form(mine) and _only_form(theirs)))
            and (not left_a or shared > 0.9)
        )  # fmt: skip
        words_too = kinds and len(symbols) >= sum(not t.symbol.startswith("form:") for t in mine.tokens if t.symbol)
        if value == 1.0 and letters >= LEAST_LETTERS - 1 and words_too and not (left_a or left_b or lacking or opposed):
            enough = True  # a short word, and all the rest the same
        if not enough and not left_a and not left_b and letters > 6 and not opposed and symbols:
            enough = True  # a long word misspelt beside equal kinds of body
    elif not enough:
        enough = not left_a and not left_b
    if max((len(a[i].text) for _, i, _ in pairs)) < LEAST_LETTERS and (left_a or left_b or opposed):
        enough = False
    return Likeness(
        _bounded(score if enough else min(score, NOT_ENOUGH)), (*_shown(a, b, pairs), *symbols),
        (*(token.shown for token in left_b), *lacking), (*_opposed(left_a, left_b), *opposed),
    )  # fmt: skip


def with_birth(found: Likeness, born: int | None, births: Sequence[tuple[int, int]]) -> Likeness:
    """Less likely where both sides' years of birth are known and no two agree within a year; unknown takes nothing."""
    if born is None or not births or any(low - 1 <= born <= high + 1 for low, high in births):
        return found
    known = ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in births)
    return replace(found, score=_bounded(found.score * OTHER_BIRTH), against=(*found.against, (str(born), known)))


def _bounded(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 4)


def _only_form(name: Name) -> bool:
    """Whether the name is one word, with its legal form at most."""
    return len(name.words) == 1 and all(token.symbol.startswith("form:") for token in name.tokens if token.symbol)


def _kinds_alone(mine: Name, theirs: Name, symbols: tuple[tuple[str, str, float], ...]) -> Likeness:
    """Names of which one has no word of its own: alike only when equal, and long; no ministry of any State."""
    a, b = ([token.symbol for token in name.tokens if not token.symbol.startswith("form:")] for name in (mine, theirs))
    if not symbols:
        return NOTHING
    if mine.words or theirs.words or sorted(a) != sorted(b) or not _tells_apart(a):
        words = len(mine.tokens) + len(theirs.tokens)
        return Likeness(round(NOT_ENOUGH * 2 * len(symbols) / words, 4), symbols)
    return Likeness(1.0, symbols)


def _tells_apart(symbols: list[str]) -> bool:
    """Whether symbols alone can be somebody's name: three kinds; with a State, three words; with a number like 39."""
    kinds = set(symbols) - {"word:ministry", "word:national", "word:general"}
    if "word:ministry" in symbols:
        return len(kinds) > 2
    if any(symbol.startswith("number:") and len(symbol) > len("number:1") for symbol in symbols):
        return len(symbols) > 1
    return len(kinds) > 2 or (len(symbols) > 2 and any(symbol.startswith("state:") for symbol in symbols))


def _symbols(mine: Name, theirs: Name) -> tuple[
    tuple[tuple[str, str, float], ...], list[str], list[tuple[str, str]], float
]:  # fmt: skip
    """(those both sides have, those lacking, those that differ, what the last two take)."""
    a = [token for token in mine.tokens if token.symbol]
    b = [token for token in theirs.tokens if token.symbol]
    both: list[tuple[str, str, float]] = []
    for token in list(a):
        other = next((item for item in b if item.symbol == token.symbol), None)
        if other:
            both.append((token.shown, other.shown, 1.0))
            a.remove(token)
            b.remove(other)
    cost, lacking, opposed = 0.0, [], []
    for kind, (lack, differ) in SYMBOLS.items():
        mine_left = [token for token in a if token.symbol.startswith(f"{kind}:")]
        theirs_left = [token for token in b if token.symbol.startswith(f"{kind}:")]
        if (kind == "word" or kind == "form") and len(a) != len(b):
            mine_left, theirs_left = _repeated(mine_left, mine), _repeated(theirs_left, theirs)
        differing = min(len(mine_left), len(theirs_left))
        cost += differ * min(differing, 2) + lack * (max(len(mine_left), len(theirs_left)) - differing)
        opposed += [(one.shown, other.shown) for one, other in zip(mine_left, theirs_left, strict=False)]
        lacking += [token.shown for token in theirs_left[differing:]]
    return tuple(both), lacking, opposed, cost


def _repeated(left: list[Token], whole: Name) -> list[Token]:
    """Without those whose kind the name has twice: said again, it says nothing new."""
    kept = []
    for token in left:
        if sum(other.symbol == token.symbol for other in whole.tokens) < 2:
            kept.append(token)
    return kept


def _paired(mine: Sequence[Token], theirs: Sequence[Token], *, initials: bool) -> list[Pair]:
    """Each word with one of the other name at most, the most alike first; then initials with what begins so."""
    found = [(alike(a.text, b.text), i, j) for i, a in enumerate(mine) for j, b in enumerate(theirs)]
    if initials:  # of persons
        found = [(max(value, _bare(mine[i], theirs[j])), i, j) for value, i, j in found]
    found = sorted((item for item in found if item[0]), key=lambda item: (-item[0], abs(item[1] - item[2]), item[1]))
    pairs: list[Pair] = []
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    letters = [
        (INITIAL, i, j) for i, a in enumerate(mine) for j, b in enumerate(theirs)
        if initials and (len(a.text) == 1) != (len(b.text) == 1) and a.text[0] == b.text[0]
    ]  # fmt: skip
    for item in [*found, *letters]:
        if item[1] not in taken_a and item[2] not in taken_b:
            taken_a.add(item[1])
            taken_b.add(item[2])
            pairs.append(item)
    return pairs


def _bare(one: Token, other: Token) -> float:
    """What two words count of which one was written without vowels, when their consonants agree."""
    if one.bare == other.bare:
        return 0.0
    return SHORT_BY_SOUND if (bones := sound(one.text)) and bones == sound(other.text) else 0.0


def _korean(mine: Sequence[Token], theirs: Sequence[Token]) -> list[Pair]:
    """Korean names in whatever romanisation: syllable by syllable, in order; the family name may stand last."""
    if len(mine) != len(theirs) or not 2 < len(mine) < 5:
        return []
    a, b = [korean(token.text) for token in mine], [korean(token.text) for token in theirs]
    if not all(a) or not all(b):
        return []
    size = len(a)
    for shift in (0, 1, size - 1):
        if [a[(i + shift) % size] for i in range(size)] == b:
            whole = [(i + shift) % size for i in range(size)]
            return [(1.0 if mine[i].text == theirs[j].text else KOREAN, i, j) for j, i in enumerate(whole)]
    return []


def _together(mine: Name, theirs: Name) -> Likeness:
    """The whole names without their spaces: a space in another place is no difference, nor are syllables."""
    one, other = mine.together, theirs.together
    if one == other and len(one) > LEAST_LETTERS and len(mine.words) != len(theirs.words):
        return Likeness(SPELT, ((one, other, 1.0),))
    if mine.syllables != theirs.syllables:
        a, b = loose(one, mine.syllables), loose(other, theirs.syllables)
        long_enough = len(mine.words if mine.syllables else theirs.words) >= LEAST_SYLLABLES
        if (
            long_enough
            and min(len(a), len(b)) >= LEAST_BONES
            and (ratio := Indel.normalized_similarity(a, b)) >= LEAST_LOOSE
        ):
            return Likeness(_bounded(SYLLABLES - 0.5 * (1 - ratio)), ((one, other, round(ratio, 3)),))
        return NOTHING
    if min(len(one), len(other)) < LEAST_TOGETHER:
        return NOTHING
    moved = len(mine.words) != len(theirs.words)  # else the words are compared one by one
    value = float(OSA.normalized_similarity(one, other, score_cutoff=LEAST_ALIKE)) if moved else 0.0
    bones = sound(one)
    if len(bones) >= LEAST_BONES and bones == sound(other):
        value = max(value, 0.93)
    return Likeness(_bounded(TOGETHER * value), ((one, other, round(value, 3)),)) if value else NOTHING


def _left(tokens: Sequence[Token], taken: Sequence[int]) -> list[Token]:
    return [token for i, token in enumerate(tokens) if i not in taken]


def _opposed(mine: Sequence[Token], theirs: Sequence[Token]) -> tuple[tuple[str, str], ...]:
    return tuple((a.shown, b.shown) for a, b in zip(mine, theirs, strict=False))


def _shown(mine: Sequence[Token], theirs: Sequence[Token], pairs: Sequence[Pair]) -> tuple[tuple[str, str, float], ...]:
    return tuple((mine[i].shown, theirs[j].shown, round(value, 3)) for value, i, j in pairs)
