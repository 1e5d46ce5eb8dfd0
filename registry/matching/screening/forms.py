"""The table standards/name-forms.yaml: words that say of what kind a body is, numbers, States, titles. Read once."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from anyascii import anyascii

from registry.catalogue.folding import fold
from registry.catalogue.reference import read_table, states
from registry.settings import data_path

FILE = "name-forms.yaml"
MOST_WORDS = 6
"""Of one phrase of the table"""
_HAN = re.compile("[\u3400-\u9fff\uac00-\ud7af\u3040-\u30ff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]{3,}")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['`’‘ʼʻʿʾ´]")
_DOTTED = re.compile(r"(?<![^\W_])((?:[^\W\d_]\.){2,}[^\W\d_]?)(?![^\W_])")
ARTICLES = frozenset(
    [
        "al",
        "el",
        "ul",
        "ad",
        "ar",
        "as",
        "at",
        "az",
        "an",
        "the",
        "of",
        "and",
        "de",
        "la",
        "le",
        "du",
        "des",
        "les",
        "et",
        "pour",
        "for",
        "in",
        "fi",
        "wa",
        "und",
        "y",
        "li",
        "bin",
        "ibn",
        "ben",
        "bint",
        "von",
        "van",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "و",
        "في",
        "من",
        "بن",
        "ابن",
        "и",
        "в",
        "по",
    ]
)
"""Words that differ from text to text and tell nobody apart"""
OF_PERSONS = ARTICLES - frozenset(["an", "li", "y", "in", "for", "fi", "wa", "et", "pour", "und", "do", "e", "i"])
"""The same in names of persons, where some of them are names"""


@dataclass(frozen=True, slots=True)
class Table:
    """Phrase, as a tuple of folded words → symbol: `form:limited`, `word:bank`,
    `direction:east`, `number:1`, `state:KEN`."""

    phrases: Mapping[tuple[str, ...], str]
    titles: frozenset[tuple[str, ...]]
    said_of_it: frozenset[tuple[str, ...]]
    cut: re.Pattern[str]
    """Phrases of scripts written without spaces: they are cut out of their text"""


def plain(text: str) -> str:
    """The text as the table's phrases are compared: folded, without apostrophes, S.A.R.L. as SARL, & as and."""
    text = _DOTTED.sub(lambda found: found[1].replace(".", "") + " ", _APOSTROPHES.sub("", text))
    return fold(text.replace("&", " and ")).replace("'", "")


def pieces(text: str) -> list[str]:
    """The words of a text that `plain` gave."""
    return _WORD.findall(table().cut.sub(r" \g<0> ", text) if _HAN.search(text) else text)


@cache
def table() -> Table:
    """The table, with the names of all States in the six languages."""
    with (data_path("standards") / FILE).open(encoding="utf-8") as file:
        read: dict[str, Any] = yaml.safe_load(file)
    found: dict[tuple[str, ...], str] = {}
    for state in states().values():
        _add(found, f"state:{state.alpha3}", [*state.names.values(), *(n.split("(")[0] for n in state.names.values())])
    for row in read_table("aliases.csv"):
        _add(found, f"state:{row['alpha3']}", [row["name"]])
    for kind, section in (
        ("state", "states"),
        ("number", "numbers"),
        ("word", "words"),
        ("direction", "directions"),
        ("form", "legal_forms"),
    ):
        for code, phrases in read[section].items():
            _add(found, f"{kind}:{code}", map(str, phrases))
    written = [key[0] for key in found if len(key) == 1 and _HAN.search(key[0])]
    said = dict.fromkeys(_keys(read["said_of_it"]))
    written += [key[0] for key in said if _HAN.search(key[0])]
    long_first = sorted((w for w in written if len(w) > 1), key=len, reverse=True)
    return Table(
        found, frozenset(_keys(read["titles"])), frozenset(said), re.compile("|".join(map(re.escape, long_first))),
    )  # fmt: skip


def _add(found: dict[tuple[str, ...], str], symbol: str, phrases: Iterable[str]) -> None:
    for key in _keys(phrases):
        found[key] = symbol
        if all(_CYRILLIC.fullmatch(word) for word in key):
            latin = tuple(anyascii(word).lower().replace("'", "") for word in key)
            for ending in ("yi", "yy", "y", "iy"):  # й is folded to и
                found.setdefault(tuple(re.sub("[iy]i$", ending, word) for word in latin), symbol)


def _keys(phrases: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for phrase in phrases:
        words = tuple(word for word in _WORD.findall(plain(phrase)) if word not in ARTICLES) or (plain(phrase),)
        if 0 < len(words) <= MOST_WORDS:
            yield words
        if len(words) > 1 and all(len(word) == 1 for word in words):
            yield ("".join(words),)
