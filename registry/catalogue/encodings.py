"""Which encoding a text file is in, found from its bytes by two independent judgements, or asked of a person.

Ours: how likely the letters of each word follow one another in the languages that an encoding is made for (letter pairs
counted in the locale data of Babel). The other: charset-normalizer's measure of disorder. Its choice between code pages
of one family rests on a guess of the language and is wrong for Turkish and Spanish, so only the disorder is asked.
A file is taken without asking where ours is clear and the other finds no text in better order.
"""

import codecs
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel import Locale
from charset_normalizer import from_bytes

BLOCK = 1 << 20
SAMPLE = 16_000
"""Bytes of different words and signs that are judged from each third of a file"""
CLEAR = 6.0
"""By how much (natural logarithm of likelihood) the best reading must exceed the next that reads differently"""
FEW, CLEAR_OF_FEW = 3, 16.0
"""Of fewer bytes beyond ASCII more is asked."""
PLAUSIBLE = -4.5
"""What one byte of the best reading must reach on average, so that a language not looked for is asked about"""
SHOWN = 5
"""Readings that a person is offered"""

WESTERN = ("fr", "es", "pt", "de", "it", "nl", "sv", "da", "fi")
CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "sl", "de")
CYRILLIC = ("ru", "uk", "bg", "sr")
LANGUAGES_OF: Mapping[str, tuple[str, ...]] = {
    "cp1252": WESTERN, "iso8859-15": WESTERN, "mac-roman": WESTERN, "cp850": WESTERN,
    "cp1250": CENTRAL, "iso8859-2": CENTRAL, "cp852": CENTRAL, "mac-latin2": CENTRAL,
    "cp1254": ("tr",), "iso8859-9": ("tr",), "cp857": ("tr",),
    "cp1251": CYRILLIC, "koi8-u": CYRILLIC, "koi8-r": CYRILLIC, "iso8859-5": CYRILLIC, "cp866": CYRILLIC,
    "mac-cyrillic": CYRILLIC,
    "cp1256": ("ar", "fa"), "iso8859-6": ("ar",),
    "gb18030": ("zh",), "big5hkscs": ("zh",),
}  # fmt: skip
"""Encodings that are found → the languages that they are made for; any other that Python knows can be declared."""
_WORD = re.compile(rb"[@-~\x80-\xff]+")
"""Letters, and the ASCII characters that may be the second byte of a Chinese one"""
_LETTERS = re.compile(r"[^\W\d_]+")
_CHINESE_WORD = re.compile(r"[A-Za-z\x80-\U0010ffff]+")
_OPENING = frozenset("«“„‘’‚¿¡–—\u00a0（《")
_SIGNS = _OPENING | frozenset("»”…•·°№§€£©®™ªº،؛؟ـ、。，：；）》！？￥\u3000")
_UNUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_KANA = re.compile("[\u3041-\u30ff]")
_COMMON_BYTE, _RARE_BYTE, _LATIN_BYTE = -3.6, -7.0, -3.0
"""Likelihood of a byte of a Chinese character that is common, of one that is not, and of a Latin letter beside one"""
_SELDOM = {"iso": 2.0, "cp8": 8.0, "mac": 8.0}
"""What encodings of other systems must make up for: tables are mostly saved in Windows' own"""


@dataclass(frozen=True, slots=True)
class Reading:
    """An encoding in which the whole file can be read, and how likely its text is."""

    encoding: str
    score: float


@dataclass(frozen=True, slots=True)
class Detection:
    """`encoding` is None where a person must say; `readings`: what they may choose from, the likeliest first."""

    encoding: str | None
    readings: tuple[Reading, ...] = ()


def detect(path: Path) -> Detection:
    """Return the encoding of a file by its byte order mark, as UTF-8, or by its words; None where it is not sure."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        marked = "utf-8-sig"
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        marked = "utf-16"
    elif start[1:4:2] == b"\0\0":  # without a mark: headers begin with ASCII, so every other byte is zero
        marked = "utf-16-le"
    elif start[0:4:2] == b"\0\0":
        marked = "utf-16-be"
    else:
        marked = ""
    if marked:
        return Detection(marked)
    if is_readable(path, "utf-8"):
        return Detection("utf-8")
    return _by_words(path)


def is_readable(path: Path, encoding: str) -> bool:
    """Return whether all of a file is text in an encoding: no byte that it does not know, no control character."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            if _UNUSED.search(decoder.decode(block)) and encoding != "utf-8":
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def broken_utf8(path: Path) -> int | None:
    """Return the first line with a byte that is not UTF-8, where the file otherwise is UTF-8; else None.

    That is: characters of several bytes outnumber the bytes that fit none.
    """
    line, first, whole, stray = 1, None, 0, 0
    with path.open("rb") as file:
        for content in file:
            if not content.isascii():
                text = content.decode("utf-8", "replace")
                bad = text.count("\ufffd")
                stray += bad
                whole += sum(1 for character in text if character > "\x7f") - bad
                first = first or (line if bad else None)
            line += 1
    return first if whole > stray else None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _by_words(path: Path) -> Detection:
    words = _words(path)
    joined = b"\n".join(words)
    by_text: dict[str, Reading] = {}
    for encoding in LANGUAGES_OF:
        text = _decoded(joined, encoding)
        if text is not None:
            reading = Reading(encoding, _score(words, encoding))
            if text not in by_text or reading.score > by_text[text].score:
                by_text[text] = reading
    ranked = sorted(by_text.items(), key=lambda item: -item[1].score)
    possible = list(itertools.islice((item for item in ranked if is_readable(path, item[1].encoding)), SHOWN))
    readings = tuple(reading for _, reading in possible)
    if not possible:
        return Detection(None)
    text, best = possible[0]
    lead = best.score - readings[1].score if len(readings) > 1 else math.inf
    few = sum(1 for byte in joined if byte > 0x7F) < FEW
    is_clear = (
        lead >= (CLEAR_OF_FEW if few else CLEAR)
        and best.score >= PLAUSIBLE * len(joined)
        and not _is_other_east_asian(joined, text)
    )
    is_sure = is_clear and _in_order(joined, text) and broken_utf8(path) is None
    return Detection(best.encoding if is_sure else None, readings)


def _words(path: Path) -> list[bytes]:
    """Different words beyond ASCII from the first, middle and last third: the only accent may stand anywhere."""
    size = path.stat().st_size
    thirds: list[dict[bytes, None]] = [{}, {}, {}]
    room = [SAMPLE] * 3
    at, rest = 0, b""
    for block in _blocks(path):
        content = rest + block
        cut = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1 or len(content)
        content, rest = content[:cut], content[cut:]
        third = min(2, 3 * at // size)
        at += len(block)
        if room[third] <= 0 or content.isascii():
            continue
        for word in _WORD.findall(content):
            if not word.isascii() and word not in thirds[third]:
                thirds[third][word] = None
                room[third] -= len(word)
                if room[third] <= 0:
                    break
    for word in _WORD.findall(rest):
        if not word.isascii():
            thirds[2][word] = None
    return list(dict.fromkeys(word for third in thirds for word in third))


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _score(words: list[bytes], encoding: str) -> float:
    """Likelihood (logarithm) of the words in the language of the encoding that fits them best."""
    languages = LANGUAGES_OF[encoding]
    seldom = _SELDOM.get(encoding[:3], 0.0)
    texts = [word.decode(encoding, "replace") for word in words]
    if languages == ("zh",):
        return sum(_chinese(text) for text in texts)
    return max(sum(_word_score(text, language) for text in texts) for language in languages) - seldom


def _in_order(content: bytes, text: str) -> bool:
    """Return whether charset-normalizer finds no reading with less disorder than `text`."""
    matches = from_bytes(content, cp_isolation=list(LANGUAGES_OF), enable_fallback=False)
    ours = next((match.chaos for match in matches if str(match) == text), None)
    return ours is not None and all(ours <= match.chaos for match in matches)


@cache
def _pairs(language: str) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Letter pairs, their first letters and single letters in a language's names of places, languages, currencies."""
    locale = Locale.parse(language)
    tables = (locale.territories, locale.languages, locale.currencies, locale.scripts, locale.variants)
    names = [str(name) for table in tables for name in table.values()]
    names += [*locale.months["format"]["wide"].values(), *locale.days["format"]["wide"].values()]
    pairs: Counter[str] = Counter()
    for word in _LETTERS.findall(" ".join(names).lower()):
        if language == "ro":  # single-byte encodings have the cedilla, not the comma
            word = word.translate({0x219: 0x15F, 0x21B: 0x163})
        pairs.update(a + b for a, b in itertools.pairwise(f" {word} "))
    firsts: Counter[str] = Counter()
    singles: Counter[str] = Counter()
    for pair, times in pairs.items():
        firsts[pair[0]] += times
        singles[pair[1]] += times
    return pairs, firsts, singles


@cache
def _pair_score(language: str, first: str, second: str) -> float:
    pairs, firsts, singles = _pairs(language)
    single = (singles.get(second, 0) + 0.02) / (singles.total() + 2)
    return math.log((pairs.get(first + second, 0) + 4 * single) / (firsts.get(first, 0) + 4))


def _word_score(word: str, language: str) -> float:
    score = 0.0
    spaced = f" {word.lower()} "
    for at, (first, second) in enumerate(itertools.pairwise(spaced)):
        if second > "\x7f" and not second.isalpha():
            score -= _sign_cost(first, second, spaced[at + 2] if at + 2 < len(spaced) else " ")
        elif first.isalpha() and second.isalpha() and _script(first) != _script(second):
            score -= 16
        else:
            score += _pair_score(language, first if first.isalpha() else " ", second if second.isalpha() else " ")
    return score - 5 * sum(1 for first, second in itertools.pairwise(word) if first.islower() and second.isupper())


def _sign_cost(before: str, sign: str, after: str) -> float:
    """A sign between letters, or before a letter where none opens anything, is likely a letter misread."""
    if sign not in _SIGNS:
        return 24 if before.isalpha() and after.isalpha() else 16
    if not after.isalpha():
        return 6
    return 6 if sign == "’" else 20 if before.isalpha() else 6 if sign in _OPENING else 14


def _script(letter: str) -> str:
    if letter < "\u0250" or "\u1e00" <= letter < "\u1f00":
        return "Latin"
    if "\u0400" <= letter < "\u0530":
        return "Cyrillic"
    return "Arabic" if "\u0600" <= letter < "\u0700" else "other"


def _chinese(text: str) -> float:
    """By how many characters are among the common ones of GB 2312 and Big5, and none touches a Latin letter."""
    score = 0.0
    for word in _CHINESE_WORD.findall(text):
        if word.isascii():
            continue
        for character in word:
            if character > "\x7f":
                score += 2 * (_COMMON_BYTE if _is_common(character) else _RARE_BYTE)
            else:
                score += _LATIN_BYTE
        score -= 24 * sum(1 for first, second in itertools.pairwise(word) if first.isascii() != second.isascii())
    return score


def _is_other_east_asian(content: bytes, text: str) -> bool:
    """Return whether the bytes are rather Japanese or Korean, which no encoding looked for can read rightly."""
    if _KANA.search(text):
        return True
    korean = _decoded(content, "euc_kr") or ""
    letters = [letter for letter in korean if letter > "\x7f"]
    return 0.9 * len(letters) <= sum(1 for letter in letters if "\uac00" <= letter <= "\ud7a3") > 0


@cache
def _is_common(character: str) -> bool:
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("gb2312", 0xA1, 0xA3), ("big5", 0xA1, 0xC6)):
        try:
            coded = character.encode(encoding)
        except UnicodeEncodeError:
            continue
        if len(coded) == 2 and first <= coded[0] <= last:
            return True
    return False
