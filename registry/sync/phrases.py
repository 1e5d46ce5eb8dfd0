"""Finding many short phrases of six languages in a text at once. Pure.

Words are compared folded (case, accents, Arabic letter forms), and an Arabic word without the article and what is
written together with it. Chinese has no spaces: its phrases are looked for inside the run of characters.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from registry.catalogue.folding import fold, is_han

T = TypeVar("T")
_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile("[\u0621-\u064a]")
_ARABIC_PREFIX = re.compile("^[وف]?(?:[بك]?ال|لل)(?=...)")
_HAN_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


class _Folder(dict[int, str]):
    """What each character becomes, worked out once: folding a text is then one pass in C."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = folded = " " if character.isspace() else fold(character)
        return folded


_FOLDER = _Folder()


def folded(text: str) -> str:
    """The text as it is compared."""
    return text.lower() if text.isascii() else text.translate(_FOLDER)


def words_of(text: str) -> list[str]:
    """The words of a folded text."""
    found = _WORD.findall(text)
    if not text.isascii() and _ARABIC.search(text):
        return [_ARABIC_PREFIX.sub("", word) for word in found]
    return found


END = ""
"""No word: marks the end of a phrase in the tree"""


@dataclass(frozen=True, slots=True)
class Phrase(Generic[T]):
    """A phrase to be found: as written, and what it stands for."""

    text: str
    meaning: T
    words: tuple[str, ...] = ()


class PhraseBook(Generic[T]):
    """Phrases as a tree of words. At each place the longest one is taken; what lies inside it is not looked at."""

    def __init__(self, phrases: Iterable[tuple[str, T]]) -> None:
        """From (text, meaning); the first of two that fold alike counts."""
        self.tree: dict[str, Any] = {}
        """word → the same for the words that may follow; under END the phrase that ends here"""
        self.han: list[Phrase[T]] = []
        seen: set[tuple[str, ...]] = set()
        for text, meaning in phrases:
            words = tuple(words_of(folded(text)))
            if not words or words in seen:
                continue
            seen.add(words)
            if is_han(words[0]):
                self.han.append(Phrase(text, meaning, ("".join(words),)))
                continue
            node = self.tree
            for word in words:
                node = node.setdefault(word, {})
            node[END] = Phrase(text, meaning, words)
        self.han.sort(key=lambda phrase: -len(phrase.words[0]))

    def find(self, text: "Text") -> Iterator[Phrase[T]]:
        """The phrases of a text, in order, none inside another."""
        words, tree = text.words, self.tree
        behind, length = 0, len(words)
        for place in [place for place, word in enumerate(words) if word in tree]:
            if place < behind:
                continue
            node, at = tree[words[place]], place + 1
            longest = node.get(END)
            while at < length and (node := node.get(words[at])) is not None:
                at += 1
                longest = node.get(END, longest)
            if longest is not None:
                yield longest
                behind = place + len(longest.words)
        if text.han:
            yield from self._find_han(text.han)

    def _find_han(self, text: str) -> Iterator[Phrase[T]]:
        for phrase in self.han:
            if phrase.words[0] in text:
                yield phrase
                text = text.replace(phrase.words[0], "\n")


class _Pieces(dict[str, tuple[list[str], list[str]]]):
    """What stands between two spaces → its folded words, its runs of Chinese characters.

    Texts are made of the same pieces again and again: each is folded once, which takes a sixth of the time.
    """

    def __missing__(self, piece: str) -> tuple[list[str], list[str]]:
        text = folded(piece)
        found = words_of(text), [] if text.isascii() else _HAN_RUN.findall(text)
        if len(piece) <= LONGEST_PIECE:
            if len(self) >= MOST_PIECES:
                self.clear()
            self[piece] = found
        return found


LONGEST_PIECE = 40
MOST_PIECES = 50_000
"""Kept at a time: some 15 MB"""
_PIECES = _Pieces()


class Text:
    """A text made ready to be searched: its folded words, and its runs of Chinese characters."""

    __slots__ = ("han", "words")

    def __init__(self, text: str) -> None:
        pieces = [_PIECES[piece] for piece in text.split()]
        self.words = [word for words, _ in pieces for word in words]
        self.han = "" if text.isascii() else "\n".join(run for _, runs in pieces for run in runs)
