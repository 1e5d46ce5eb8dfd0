"""A name as it is compared: its words in Latin letters, whatever script and spelling; kinds of body as symbols. Pure.

Two words are alike when their letters nearly are, when they are spellings of one sound, or when their consonants agree:
vowels, doubled letters and the ways to write one foreign sound differ from text to text.
"""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache

from anyascii import anyascii
from rapidfuzz.distance import OSA

from registry.matching.screening.forms import ARTICLES, MOST_WORDS, OF_PERSONS, pieces, plain, table

Words = tuple[str, ...]
SPELT, BY_SOUND, SHORT_BY_SOUND = 0.97, 0.92, 0.87
"""What two words count that are spellings of one; whose consonants agree; whose two or fewer consonants do"""
AN_EDIT = 0.55
"""What each letter that differs takes, by the letters of the longer word"""
MAX_WORDS = 30
LEAST_MISSPELT = 6
_GREEK = (("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("τζ", "j"), ("τσ", "ch"), ("ου", "u"), ("χ", "h"))
_PINYIN = (("zh", "z"), ("q", "ch"), ("x", "sh"), ("er$", "r"))
_HAN, _HANGUL = re.compile("[\u3400-\u9fff]"), re.compile("[\uac00-\ud7af]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_BRACKETS = re.compile(r"[(\[（]([^)\]）]*)[)\]）]")
_VOWEL = re.compile("[aeiou]")
_TWICE = re.compile(r"(.)\1+")
_SOUNDS = [(re.compile(p), s) for p, s in (
    ("tch|dzh|dj", "j"), ("ph", "f"), ("[kg]h", "k"), ("[csz]h", "s"), ("th", "t"), ("dh", "d"), ("[cqg]", "k"),
    ("[zj]", "s"), ("x", "ks"), ("p", "b"), ("v", "f"), ("[aeiouywh]", ""),
)]  # fmt: skip
_SPELLINGS = [(re.compile(p), s) for p, s in (
    ("tch", "ch"), ("dzh|dj", "j"), ("ph", "f"), ("kh", "h"), ("gh", "g"), ("dh", "d"), ("th", "t"), ("sch|sh|ch", "s"),
    ("[ck]", "k"), ("q", "k"), ("x", "ks"), ("z", "s"), ("(?<=[aeiou])y(?=[aeiou])", "i"), ("ou|oo|o|w|v", "u"),
    ("ei|ey|ay|ai|ae|ee|ie|[iye]", "i"), ("h$", ""),
)]  # fmt: skip
_LOOSE = [(re.compile(p), s) for p, s in (
    ("tch|dzh|dj|[csz]h|ts|tz|[zjs]", "s"), ("ng", "n"), ("kh", "h"), ("gh", "g"), ("th", "t"), ("dh", "d"),
    ("ph", "f"), ("[cqgk]", "k"), ("p", "b"), ("d", "t"), ("[vw]", "f"),
    ("m", "n"), ("r", "l"), ("x", "ks"), ("[aeiouyh]", ""),
)]  # fmt: skip
_ABD = re.compile("abd(?:oul|ul|el|al|ol|il|u(?=r|s|n)r?|e(?=r)r|a(?=r)r)?")
_ABD_JOINED = re.compile(r"^abd(?:oul|ul|el|al|ol|il|ur(?=r)|er(?=r)|ar(?=r)|us(?=s)|as(?=s)|es(?=s))(?=..)")
_DIN = re.compile("(?:u|e|a|i|al|ul|el)?d?din[e]?|(?:u|al|ad)?d?deen")
_DIN_JOINED = re.compile("(?<=..)(?:u|e|a|i|al|ul|el)?d?d(?:in[e]?|een)$")
_PARTICLES = frozenset({"al", "el", "bin", "ben", "ibn", "bint", "del"})
_GOD = frozenset({"allah", "ullah", "ollah", "llah", "llh"})
_ULLAH = re.compile("(?<=[^aeiou])(?<!abd)[uoa]?l+ah$")
_KOREAN_WORD = re.compile("(?:ss|ch|sh|kk|[kgntdrlmpbsjhy])?[aeiouyw]{1,3}(?:ng|ck|rk|h|[kgntlmpbrs])?")
_KOREAN = [(re.compile(p), s) for p, s in (
    ("^(lee|li|ri|rhee|yi|rim|lim)$", lambda m: "im" if m[0].endswith("m") else "i"), ("^(park|pak|bak|pack)$", "bak"),
    ("^choi$", "choe"), ("^ch", "j"), ("^k", "g"), ("^t", "d"), ("^p", "b"), ("^[rl]", "l"), ("^sh", "s"),
    ("yeo|you|yu", "yo"), ("eo|oo|eu|u|ou", "o"), ("ae|oe", "e"), ("ck$|g$", "k"), ("b$", "p"), ("[rl]$", "l"),
    ("(?<=[aeiou])h$", ""),
    ("^(gyo|gyu)", "gyo"),
)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is compared and as it is shown. `symbol`: the normal form of a kind of body, number or State."""

    text: str
    shown: str
    symbol: str = ""
    bare: bool = False
    """Of a script that leaves vowels out"""


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is compared. `syllables`: of a script that writes syllables, whose words cannot be told apart."""

    tokens: tuple[Token, ...]
    syllables: bool = False
    words: tuple[Token, ...] = field(init=False, compare=False)
    """What tells this name from others: no symbols"""
    together: str = field(init=False, compare=False)
    """The words without spaces between them"""
    whole: str = field(init=False, compare=False)
    """The same with kinds of body and States as they are written, but for legal forms"""

    def __post_init__(self) -> None:
        words = tuple(token for token in self.tokens if not token.symbol)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "together", "".join(token.text for token in words))
        written = (anyascii(t.shown) if t.symbol else t.text for t in self.tokens if not t.symbol.startswith("form:"))
        object.__setattr__(self, "whole", "".join(written).replace(" ", "").lower())


@lru_cache(maxsize=50_000)
def of_body(text: str) -> Name:
    """The name of a body: kinds of body, numbers and States as symbols; without an acronym in brackets."""
    text = _BRACKETS.sub(lambda found: " " if _is_acronym(found[1]) else f" {found[1]} ", text)
    known, words = table(), [word for word in pieces(plain(text)) if word not in ARTICLES][: 3 * MAX_WORDS]
    tokens: list[Token] = []
    rest: list[str] = []
    place = 0
    while place < len(words):
        for length in range(min(MOST_WORDS, len(words) - place), 0, -1):
            phrase = tuple(words[place : place + length])
            symbol = known.phrases.get(phrase) or _in_latin(phrase) or (misspelt(phrase[0]) if length == 1 else None)
            said = phrase in known.said_of_it
            if symbol or said:
                tokens += _latin(rest)
                rest = []
                if symbol:
                    tokens.append(Token(symbol, " ".join(phrase), symbol))
                place += length
                break
        else:
            word = words[place]
            if word.isdecimal():
                tokens += [*_latin(rest), Token(f"number:{int(word)}", word, f"number:{int(word)}")]
                rest = []
            else:
                rest.append(word)
            place += 1
    tokens += _latin(rest)
    return Name(tuple(tokens[:MAX_WORDS]), _syllables(text))


@lru_cache(maxsize=50_000)
def of_person(text: str) -> Name:
    """The name of a person: titles are left out."""
    known, text = table(), _BRACKETS.sub(r" \1 ", text).replace(".", " ")
    last, comma, first = text.partition(",")
    text = f"{first} {last}" if comma and "," not in first else text
    words = [word for word in pieces(plain(text)) if word not in OF_PERSONS][: 3 * MAX_WORDS]
    kept: list[str] = []
    place = 0
    while place < len(words):
        for length in (3, 2, 1):
            phrase = tuple(words[place : place + length])
            if len(phrase) == length and (phrase in known.titles or phrase in known.said_of_it):
                place += length
                break
        else:
            kept.append(words[place])
            place += 1
    return Name(tuple(_latin(kept or words)[:MAX_WORDS]), _syllables(text))


def _is_acronym(text: str) -> bool:
    text = text.strip()
    return len(text) < 9 and text.upper() == text and len(text.split()) < 2


def _syllables(text: str) -> bool:
    return bool(_HAN.search(text) or _HANGUL.search(text))


def _in_latin(phrase: Words) -> str | None:
    """The symbol of a word of another script whose Latin letters the table has."""
    if len(phrase) > 1 or phrase[0].isascii():
        return None
    return table().phrases.get((anyascii(phrase[0]).lower(),))


@lru_cache(maxsize=20_000)
def misspelt(word: str) -> str | None:
    """The symbol of a long word of the table that is written with one letter wrong, missing, doubled or swapped."""
    if len(word) < LEAST_MISSPELT or not word.isascii():
        return None
    near = {
        symbol
        for other, symbol in _long_words()
        if abs(len(other) - len(word)) < 2 and OSA.distance(word, other, score_cutoff=1) <= 1
    }
    return near.pop() if len(near) == 1 else None


@cache
def _long_words() -> list[tuple[str, str]]:
    return [
        (phrase[0], symbol) for phrase, symbol in table().phrases.items()
        if len(phrase) == 1 and len(phrase[0]) >= LEAST_MISSPELT and phrase[0].isascii() and symbol.startswith("word:")
    ]  # fmt: skip


def _latin(words: list[str]) -> list[Token]:
    """Words of any script in Latin letters; Abd al-Qadir, Abdulqadir and Abdelkader alike as one word."""
    found: list[Token] = []
    joined = ""
    shown = ""
    for word in words:
        for text in _letters(word):
            if text in _PARTICLES and not word.isascii():
                continue
            if text in ("abd", "abu", "abou", "abi", "bd", "bw", "by") or _ABD.fullmatch(text):
                joined, shown = "abd" if "bd" in text else "abu", f"{shown} {word}".strip()
            elif found and not joined and (_DIN.fullmatch(text) or text in _GOD):
                last, end = found.pop(), "ulah" if text in _GOD else "din"
                found.append(Token(f"{last.text}{end}", f"{last.shown} {word}", bare=last.bare))
            else:
                text = _ULLAH.sub("ulah", _DIN_JOINED.sub("din", _ABD_JOINED.sub("abd", joined + text)))
                found.append(Token(text, f"{shown} {word}".strip(), bare=bool(_ARABIC.search(word))))
                joined = shown = ""
    return [*found, *([Token(joined, shown)] if joined else [])]


def _letters(word: str) -> list[str]:
    if _ARABIC.search(word):
        for start in ("وال", "بال", "لل", "ال"):
            if word.startswith(start) and len(word) > len(start) + 1 and word != "الله":
                word = word[len(start) :]
                break
        word = re.sub("^عبدال(?=..)", "عبد", word).replace("ظ", "ز")
        word = re.sub("(?<=[سصدضتطكزذ])[هح]", "", word)  # else taken for sh, dh, th …
        word = "abd" if word == "عبد" else "abu" if word in ("ابو", "ابي", "ابا") else word
    elif re.search("[\u0370-\u03ff]", word):
        for written, letter in _GREEK:
            word = word.replace(written, letter)
    word = word.replace("х", "h")  # as often a plain h
    split = "[\u3400-\u9fff\uac00-\ud7af]|[^\u3400-\u9fff\uac00-\ud7af]+"
    found = re.findall(split, word) if _syllables(word) else [word]
    texts = [re.sub("[^a-z0-9]", "", anyascii(part).lower()) for part in found]
    return [text for text in texts if text]


@lru_cache(maxsize=100_000)
def sound(word: str) -> str:
    """The consonants of a word, each as one of those it may be written for; "" for a word of digits or vowels."""
    if word.isdecimal():
        return ""
    if _VOWEL.search(word):  # a script without vowels does not write doubled letters either
        word = _TWICE.sub(r"\1", word)
    for pattern, stands_for in _SOUNDS:
        word = pattern.sub(stands_for, word)
    return word


@lru_cache(maxsize=100_000)
def spelling(word: str) -> str:
    """One spelling for all those of one sound, vowels included."""
    for pattern, stands_for in _SPELLINGS:
        word = pattern.sub(stands_for, word)
    return _TWICE.sub(r"\1", word)


@lru_cache(maxsize=50_000)
def loose(together: str, pinyin: bool = False) -> str:
    """The consonants of a whole name in few classes, as a script of syllables leaves them."""
    for written, letters in _PINYIN if pinyin else ():
        together = re.sub(written, letters, together)
    for pattern, stands_for in _LOOSE:
        together = pattern.sub(stands_for, together)
    return _TWICE.sub(r"\1", together)


@lru_cache(maxsize=20_000)
def korean(word: str) -> str:
    """One spelling for the romanisations of a Korean syllable; "" for what is none."""
    if len(word) > 7 or not _KOREAN_WORD.fullmatch(word):
        return ""
    for pattern, stands_for in _KOREAN:
        word = pattern.sub(stands_for, word)
    return word


def keys(word: str) -> set[str]:
    """By what a word is found: two alike words share one of these, but for a few that differ in several letters."""
    bones, spelt = sound(word), spelling(word)
    found = {f"~{spelt}"}
    if len(word) > 4:
        found |= {f"~{spelt[:i]}{spelt[i + 1 :]}" for i in range(len(spelt))}
    if len(bones) < 2:
        return found | {word}
    return found | {bones} | ({bones[:i] + bones[i + 1 :] for i in range(len(bones))} if len(bones) > 3 else set())


@lru_cache(maxsize=200_000)
def alike(one: str, other: str) -> float:
    """How alike two words are: 1 the same, 0 different. Words of four letters or fewer: only by another spelling."""
    if one == other:
        return 1.0
    if one.isdecimal() or other.isdecimal() or min(len(one), len(other)) < 2:
        return 0.0
    mine, theirs = spelling(one), spelling(other)
    if mine == theirs and len(mine) > 2:
        return SPELT
    best = 0.0
    for first, second in ((one, other), (mine, theirs)):
        longest = max(len(first), len(second))
        if min(len(one), len(other)) > 4 and (edits := OSA.distance(first, second)) <= longest // 4:
            best = max(best, 1 - AN_EDIT * edits / longest)
    bones = sound(one)
    if bones and bones == sound(other) and abs(len(one) - len(other)) <= max(3, len(bones)):
        short, long = sorted((one, other), key=len)
        bare = not _VOWEL.search(short)  # a word of a script without vowels has no letters to compare
        if len(bones) > 2 and (bare or len(short) > 4):
            best = max(best, BY_SOUND)
        elif (
            bare
            and len(short) > 1
            and (len(bones) == 2 or len(long) < 6)
            or len(bones) == 2
            and min(len(one), len(other)) > 4
            and one[0] == other[0]
        ):
            best = max(best, SHORT_BY_SOUND)
    return best
