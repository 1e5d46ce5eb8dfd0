"""Finding many short phrases of six languages in a text at once. Pure.

Words are compared folded (case, accents, Arabic letter forms), and an Arabic word without the article and what is
written together with it. Chinese has no spaces: its phrases are looked for inside the run of characters.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

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


@dataclass(frozen=True, slots=True)
class Phrase(Generic[T]):
    """A phrase to be found: as written, and what it stands for."""

    text: str
    meaning: T
    words: tuple[str, ...] = ()


@dataclass
class PhraseBook(Generic[T]):
    """Phrases by their first word. At each place the longest one is taken; what lies inside it is not looked at."""

    by_word: dict[str, list[Phrase[T]]] = field(default_factory=dict)
    han: list[Phrase[T]] = field(default_factory=list)

    @classmethod
    def of(cls, phrases: Iterable[tuple[str, T]]) -> "PhraseBook[T]":
        """From (text, meaning); the first of two that fold alike counts."""
        book: PhraseBook[T] = cls()
        seen: set[tuple[str, ...]] = set()
        for text, meaning in phrases:
            words = tuple(words_of(folded(text)))
            if not words or words in seen:
                continue
            seen.add(words)
            phrase = Phrase(text, meaning, words)
            if is_han(words[0]):
                book.han.append(Phrase(text, meaning, ("".join(words),)))
            else:
                book.by_word.setdefault(words[0], []).append(phrase)
        for listed in book.by_word.values():
            listed.sort(key=lambda phrase: -len(phrase.words))
        book.han.sort(key=lambda phrase: -len(phrase.words[0]))
        return book

    def find(self, text: "Text") -> Iterator[Phrase[T]]:
        """The phrases of a text, in order, none inside another."""
        words, by_word = text.words, self.by_word
        behind = 0
        for place in [place for place, word in enumerate(words) if word in by_word]:
            if place < behind:
                continue
            for phrase in by_word[words[place]]:
                length = len(phrase.words)
                if length == 1 or tuple(words[place : place + length]) == phrase.words:
                    yield phrase
                    behind = place + length
                    break
        if text.han:
            yield from self._find_han(text.han)

    def _find_han(self, text: str) -> Iterator[Phrase[T]]:
        for phrase in self.han:
            if phrase.words[0] in text:
                yield phrase
                text = text.replace(phrase.words[0], "\n")


class Text:
    """A text made ready to be searched: its folded words, and its runs of Chinese characters."""

    __slots__ = ("han", "words")

    def __init__(self, text: str) -> None:
        text = folded(text)
        self.words = words_of(text)
        self.han = "" if text.isascii() else "\n".join(_HAN_RUN.findall(text))
