"""Is a programme about small-arms control, and about which themes? By sector code and by words in six languages.

Words and rule stand in standards/themes.yaml: a strong term is enough; a weak one needs a fitting sector, a second one
or its context (reintegration) beside it; a term inside a phrase such as "nuclear weapons" does not count. The reason is
kept, so that a person can overrule.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from registry.settings import data_path
from registry.sync.phrases import PhraseBook, Text

READER = "1"
"""Grows when the code below would judge the same words otherwise."""
MAX_TEXT = 40_000
STRONG, WEAK, CONTEXT, AGAINST = "strong", "weak", "context", "against"
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Classified:
    """A judgement with its reason (`code 15240 + text "armes légères"`), and the themes that the words suggest."""

    relevant: bool
    reason: str
    themes: list[str]


class Classifier:
    """The words and sectors of one themes file."""

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        data = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (safe, in C)
        self.version = hashlib.sha256(READER.encode() + content).hexdigest()[:16]
        """What was judged under another version is judged anew."""
        relevance = data["relevance"]
        self.sectors = frozenset(str(code) for code in relevance["sectors"])
        # `against` first: where the same words stand in two lists, they do not count.
        self.terms = PhraseBook(
            (term, kind)
            for kind in (AGAINST, STRONG, WEAK, CONTEXT)
            for terms in relevance[kind].values()
            for term in terms
        )
        self.order = [theme["id"] for theme in data["themes"]]
        keywords: dict[str, list[str]] = {}
        for theme in data["themes"]:
            for words in (theme.get("keywords") or {}).values():
                for word in words:
                    keywords.setdefault(word, []).append(theme["id"])
        self.keywords = PhraseBook((word, tuple(themes)) for word, themes in keywords.items())

    def classify(self, document: Document) -> Classified:
        """Judge a programme document (docs/programme-document.md)."""
        text = Text("\n".join(dict.fromkeys(_texts(document)))[:MAX_TEXT])
        strong: dict[str, None] = {}
        weak: dict[str, str] = {}
        context: dict[str, None] = {}
        for phrase in self.terms.find(text):
            if phrase.meaning == STRONG:
                strong[phrase.text] = None
            elif phrase.meaning == WEAK:
                weak.setdefault(_stem(phrase.words[0]), phrase.text)
            elif phrase.meaning == CONTEXT:
                context[phrase.text] = None
        codes = sorted(self.sectors & set(_sectors(document)))
        relevant = bool(strong) or (bool(weak) and (bool(codes) or bool(context) or len(weak) > 1))
        themes = self._themes(text) if strong or weak else []
        return Classified(relevant, _reason(relevant, list(strong) or [*weak.values(), *context], codes), themes)

    def _themes(self, text: Text) -> list[str]:
        found = {theme for phrase in self.keywords.find(text) for theme in phrase.meaning}
        return [theme for theme in self.order if theme in found]


@cache
def classifier() -> Classifier:
    """The one that this registry ships with."""
    return Classifier(data_path("standards") / "themes.yaml")


def _stem(word: str) -> str:
    """Inflected forms of one word are one term: `weapon` and `weapons`, `оружие` and `оружия`."""
    return word[:5].rstrip("s")


def _reason(relevant: bool, terms: list[str], codes: list[str]) -> str:
    words = "text " + ", ".join(f'"{term}"' for term in terms[:3]) if terms else ""
    # The SALW code first: it is the one that says most.
    listed = sorted(codes, key=lambda code: (code != "15240", code))[:3]
    parts = ([f"code {', '.join(listed)}"] if listed else []) + ([words] if words else [])
    said = " + ".join(parts)
    if relevant:
        return said
    return f"only {said}" if said else "no term of small-arms control"


def _texts(document: Document) -> Iterator[str]:
    """What the programme says of itself. Not the names of its sectors: that of code 15240 holds the acronym SALW."""
    yield from _narratives(document.get("title"))
    for item in document.get("descriptions") or ():
        yield from _narratives(item.get("narratives"))
    for result in document.get("results") or ():
        yield from _narratives(result.get("title"))
        yield from _narratives(result.get("description"))
        for indicator in result.get("indicators") or ():
            yield from _narratives(indicator.get("title"))
    for transaction in document.get("transactions") or ():
        yield from _narratives(transaction.get("description"))


def _narratives(narratives: Any) -> Iterator[str]:
    for narrative in narratives or ():
        yield narrative["text"]


def _sectors(document: Document) -> Iterator[str]:
    for holder in (document, *(document.get("transactions") or ())):
        for sector in holder.get("sectors") or ():
            if sector.get("vocabulary", "1") in ("1", "2") and "code" in sector:
                yield sector["code"]
