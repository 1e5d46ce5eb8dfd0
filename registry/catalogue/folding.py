"""Folding and splitting text of any of the six languages, so that a search finds what a person means. Pure.

Both engines index exactly what `tokens` gives, so they find the same records. See docs/search.md.
"""

import re
import unicodedata
from functools import lru_cache

# One Arabic letter, several ways to write it: people type either.
_VARIANTS = str.maketrans(
    {
        "ـ": None,  # tatweel: only stretches a line
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ء": None,  # often left out in writing; its seats (أ إ آ ؤ ئ) lose it by decomposition
        # Marks that casefold and decomposition leave alone.
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "’": "'",
        "‘": "'",
    }
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_ASCII_WORD = re.compile("[a-z0-9]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
MAX_TOKEN = 80
"""Longer runs (addresses, keys) are cut: nobody types them, and an index entry has a limit."""


def fold(text: str) -> str:
    """The text as it is compared: width, case and spaces unified, accents, harakat and tatweel gone, ё as е."""
    return " ".join([piece.lower() if piece.isascii() else _fold_piece(piece) for piece in text.split()])


@lru_cache(maxsize=50_000)  # texts of one field use the same words over and over
def _fold_piece(piece: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", piece).casefold())
    bare = "".join([c for c in decomposed if not unicodedata.combining(c)])
    return unicodedata.normalize("NFC", bare).translate(_VARIANTS)


def is_han(token: str) -> bool:
    """Whether the token is of a script written without spaces, that is indexed by pairs of characters."""
    return _IS_HAN.match(token) is not None


def runs(text: str) -> list[str]:
    """The text's words, folded, in order; a run of Han characters is one word. Punctuation separates."""
    return [run[:MAX_TOKEN] if not is_han(run) else run for run in _TOKEN.findall(fold(text))]


def tokens(text: str) -> list[str]:
    """What is indexed for a text, in order: words; for a Han run its overlapping pairs and its last character.

    Every Han character thus begins some token, so a search for one character is a search for a beginning.
    """
    found: list[str] = []
    for line in text.splitlines():
        if line.isascii():
            found += [word[:MAX_TOKEN] for word in _ASCII_WORD.findall(line.lower())]
        else:
            for piece in line.split():
                found += _piece_tokens(piece)
    return found


@lru_cache(maxsize=50_000)
def _piece_tokens(piece: str) -> list[str]:
    found: list[str] = []
    for run in _TOKEN.findall(fold(piece)):
        if run.isascii() or not is_han(run):
            found.append(run[:MAX_TOKEN])
        else:
            found += [*pairs(run), run[-1]]
    return found


def pairs(run: str) -> list[str]:
    """Overlapping pairs of a Han run: `小武器` → `小武`, `武器`; none for a single character."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


def plain_key(text: str) -> str:
    """Words of a text joined by one space: equal for names that differ only in case, accents or punctuation."""
    return " ".join(runs(text))
