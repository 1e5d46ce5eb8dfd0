"""Words of a text that name arms, ammunition or military goods as what is supplied, in the six languages. Pure.

A programme of arms control names arms all the time: as what is collected, marked, stored or destroyed. Only what reads
like a supply counts (standards/arms-words.yaml says by which words). What is found is a question to a person, no proof.
A text is looked at once: what was found in it is remembered by its hash.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from registry.catalogue.folding import fold, is_han, runs
from registry.errors import ConfigurationError
from registry.settings import data_path

FILE = "arms-words.yaml"
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
KINDS = ("specific", "general", "supply", "control")
NEAR = 8
"""So many words (of Chinese: characters) to either side are near"""
BESIDE = 5
"""So many words may stand between a supply and what is supplied"""
MOST = 5
"""Words kept of one text: enough to say why"""
REMEMBERED = 50_000
"""Words and texts whose findings are kept in memory"""
MAX_TEXT = 20_000
"""Characters of a text that are looked at: the longest description there is"""
_SENTENCE = re.compile(r"[.!?;:\u061f\u061b]+(?=\s|$)|[\u3002\uff01\uff1f\uff1b\uff1a\n]+")
_ARABIC = re.compile("[\u0620-\u064a]")
_ARABIC_PREFIX = re.compile("^(?:[\u0648\u0641]?[\u0628\u0643\u0644]?\u0627\u0644|[\u0648\u0641]?\u0644\u0644)")
"""And, then; by, like, for; the article"""
_ARABIC_LETTER = re.compile("^[\u0648\u0641\u0628\u0643\u0644]")
_LEAST_ARABIC = 3
Token = tuple[str, ...]
"""The forms in which a word may stand in the list; the word itself first"""


_WORDS = fields.List(fields.String(validate=validate.Length(1, 60)), required=True, validate=validate.Length(1, 400))
_LISTS = Schema.from_dict(dict.fromkeys(LANGUAGES, _WORDS))
_FORM = Schema.from_dict(
    {
        "schema": fields.Integer(required=True, validate=validate.Equal(1)),
        "version": fields.String(required=True, validate=validate.Regexp(r"^[1-9][0-9]{0,8}\Z")),
        "dated": fields.Raw(required=True),
        **{kind: fields.Nested(_LISTS, required=True) for kind in KINDS},
    }
)


class Phrases:
    """Words and word groups to be found in a row of tokens; `*` at a word's end stands for any ending."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._whole: dict[str, list[tuple[str, ...]]] = {}
        self._stems: dict[str, list[tuple[str, ...]]] = {}
        for phrase in phrases:
            words = tuple(_words_of(phrase))
            kept = self._stems if words[0].endswith("*") else self._whole
            kept.setdefault(words[0].rstrip("*"), []).append(words)
        self._lengths = sorted({len(stem) for stem in self._stems})
        self._known: dict[str, tuple[tuple[str, ...], ...]] = {}

    def at(self, tokens: Sequence[Token], place: int) -> int:
        """How many words of the longest phrase that begins here; 0: none."""
        size = 0
        for form in tokens[place]:
            for words in self._beginning(form):
                if len(words) > size and (len(words) == 1 or _follows(words, tokens, place)):
                    size = len(words)
        return size

    def _beginning(self, form: str) -> tuple[tuple[str, ...], ...]:
        """The phrases whose first word this is; remembered, since texts of a field use the same words."""
        found = self._known.get(form)
        if found is None:
            stems = (self._stems.get(form[:length], ()) for length in self._lengths if length <= len(form))
            found = (*self._whole.get(form, ()), *(words for one in stems for words in one))
            if len(self._known) < REMEMBERED:
                self._known[form] = found
        return found


def _follows(words: tuple[str, ...], tokens: Sequence[Token], place: int) -> bool:
    """Whether the words after the first one follow here."""
    if place + len(words) > len(tokens):
        return False
    return all(
        any(form.startswith(word[:-1]) if word.endswith("*") else form == word for form in tokens[place + number])
        for number, word in enumerate(words[1:], start=1)
    )


class Words:
    """The list, ready to look at texts."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        lists = {kind: [word for words in document[kind].values() for word in words] for kind in KINDS}
        self.version: str = document["version"]
        self._goods, self._specific = Phrases(lists["specific"] + lists["general"]), Phrases(lists["specific"])
        self._supply, self._control = Phrases(lists["supply"]), Phrases(lists["control"])
        self._found: dict[bytes, frozenset[str]] = {}

    def supplied(self, title: str, description: str, lines: Sequence[str] = ()) -> frozenset[str]:
        """Words of a need or offer that name arms or military goods as something supplied; at most MOST."""
        key = blake2b("\0".join((title, description, *lines)).encode(), digest_size=16).digest()
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            texts = ((title, "title"), (description, "description"), *((line, "line") for line in lines))
            words = {word for text, kind in texts for word in self.named(text, kind)}
            found = self._found[key] = frozenset(sorted(words)[:MOST])
        return found

    def named(self, text: str, kind: str) -> Iterator[str]:
        """The words of one text: a `title`, a `description` or a `line`."""
        for sentence in _SENTENCE.split(text[:MAX_TEXT]):
            tokens = tokens_of(sentence)
            place = 0
            while place < len(tokens):
                size = self._goods.at(tokens, place)
                if size and self._counts(tokens, place, size, kind):
                    forms = [token[0] for token in tokens[place : place + size]]
                    yield ("" if is_han(forms[0]) else " ").join(forms)
                place += size or 1

    def _counts(self, tokens: list[Token], place: int, size: int, kind: str) -> bool:
        if _any(self._control, tokens, place, size, NEAR):
            return False
        if kind == "line" or (kind == "title" and self._specific.at(tokens, place)):
            return True
        if kind == "title" and any(token[0].isdecimal() for token in tokens[max(0, place - 2) : place]):
            return True
        return _any(self._supply, tokens, place, size, BESIDE)


def _any(phrases: Phrases, tokens: list[Token], place: int, size: int, reach: int) -> bool:
    """Whether one of the phrases stands at most `reach` words before or after these `size` words."""
    after = place + size
    around = (*range(max(0, place - reach), place), *range(after, min(len(tokens), after + reach)))
    return any(phrases.at(tokens, at) for at in around)


def tokens_of(text: str) -> list[Token]:
    """The words of a text with the forms in which each may be listed; a Chinese character is a word of its own."""
    found: list[Token] = []
    for run in runs(text):
        if is_han(run):
            found += [(character,) for character in run]
        else:
            found.append((run,) if run.isascii() else _forms(run))
    return found


@lru_cache(maxsize=REMEMBERED)
def _forms(word: str) -> Token:
    if not _ARABIC.search(word):
        return (word,)
    forms = [word]
    for prefix in (_ARABIC_PREFIX, _ARABIC_LETTER):
        bare = prefix.sub("", word, count=1)
        if bare != word and len(bare) >= _LEAST_ARABIC:
            forms.append(bare)
    return tuple(forms)


def _words_of(phrase: str) -> list[str]:
    """The words of a phrase of the list, folded, each with its `*` where it has one."""
    words: list[str] = []
    for part in phrase.split():
        folded = runs(part) or [fold(part)]
        words += [character for run in folded for character in (run if is_han(run) else [run])]
        if part.endswith("*"):
            words[-1] += "*"
    return words


def read(path: Path) -> Words:
    """The list of a file. Raises ConfigurationError where its form does not fit."""
    try:
        return Words(_FORM().load(yaml.safe_load(path.read_text(encoding="utf-8"))))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path.name} does not fit: {error}") from None


@cache
def current() -> Words:
    """The registry's own list. Raises ConfigurationError."""
    return read(data_path("standards") / FILE)
