"""An edition of a standard as the rest of compliance reads it: clauses in order, sections, texts, the scoring scheme.

Editions never change once stored, so each is parsed once per process and kept by its hash.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from registry.compliance import scoring
from registry.compliance.models import Standard
from registry.errors import N_, ConfigurationError, NotFound
from registry.json_text import dumps

Text = str | Mapping[str, str]
"""Text in a standards file: English, or language → text."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause: `node` is its content in the file's terms, `sections` the ids of the headings above it."""

    id: str
    position: int
    sections: tuple[str, ...]
    node: Mapping[str, Any] = field(hash=False)

    @property
    def ref(self) -> str:
        """The paragraph as printed in the instrument."""
        return str(self.node["ref"])

    @property
    def level(self) -> str:
        return str(self.node["level"])

    @property
    def answer(self) -> str:
        """How it is answered: `scale` (scored), `number`, `date` or `text`."""
        return str(self.node["answer"])

    @property
    def critical(self) -> bool:
        return bool(self.node.get("critical"))

    @property
    def checked(self) -> bool:
        """Whether a person has compared this clause with the instrument; if not, it is shown as unverified."""
        return bool(self.node.get("checked"))

    @property
    def themes(self) -> list[str]:
        return list(self.node.get("themes", []))

    @property
    def assist(self) -> list[dict[str, Any]]:
        """The kinds of assistance that would help here: `{theme, types}`."""
        return list(self.node.get("assist", []))

    def question(self, language: str = "en") -> str:
        return text_in(self.node["question"], language)


@dataclass(frozen=True, slots=True)
class Heading:
    """One section of the tree; `sections` are the ids of the headings above it."""

    id: str
    position: int
    sections: tuple[str, ...]
    title: Text = field(hash=False)
    clause_ids: tuple[str, ...] = ()
    """all clauses under it, at any depth"""


@dataclass(frozen=True)
class Edition:
    """One version of one standard, identified for ever by (slug, version, sha256)."""

    slug: str
    version: str
    sha256: str
    document: Mapping[str, Any] = field(hash=False, repr=False)

    @property
    def status(self) -> str:
        return str(self.document["status"])

    @property
    def facts(self) -> Mapping[str, Text]:
        """fact → what it means"""
        return self.document.get("facts", {})

    @property
    def checked_clauses(self) -> int:
        """How many clauses a person has compared with the instrument itself."""
        return sum(clause.checked for clause in self.requirements.values())

    def title(self, language: str = "en") -> str:
        return text_in(self.document["instrument"]["title"], language)

    def band_label(self, code: str | None, language: str = "en") -> str | None:
        """The words for a band; None where no band was given."""
        if code == scoring.INSUFFICIENT:
            return N_("Insufficient information")
        for band in self.document.get("bands", []):
            if band["code"] == code:
                return text_in(band.get("label", code), language)
        return None

    @cached_property
    def requirements(self) -> dict[str, Requirement]:
        """clause id → clause, in the order of the file"""
        found: dict[str, Requirement] = {}
        for node, above in walk(self.document["requirements"]):
            if "children" not in node:
                found[node["id"]] = Requirement(node["id"], len(found), above, node)
        return found

    @cached_property
    def headings(self) -> dict[str, Heading]:
        """section id → section, in the order of the file"""
        found: dict[str, Heading] = {}
        for node, above in walk(self.document["requirements"]):
            if "children" in node:
                under = tuple(c.id for c in self.requirements.values() if node["id"] in c.sections)
                found[node["id"]] = Heading(node["id"], len(found), above, node["title"], under)
        return found

    @cached_property
    def scheme(self) -> scoring.Scheme:
        """How this edition is scored."""
        return scoring.Scheme(
            scale={code: exact(step["value"]) for code, step in self.document["scale"].items()},
            weights={level: exact(weight) or Fraction(0) for level, weight in self.document["weights"].items()},
            parts=tuple(_part(node) for node in self.document["requirements"]),
            bands=tuple(
                scoring.Band(
                    band["code"],
                    exact(band["min_shall"]) or Fraction(0),
                    bool(band.get("no_zero_shall")),
                    bool(band.get("no_zero_critical")),
                )
                for band in self.document.get("bands", [])
            ),
        )


def _part(node: Mapping[str, Any]) -> scoring.Part:
    if "children" in node:
        return scoring.Section(node["id"], tuple(_part(child) for child in node["children"]))
    return scoring.Clause(
        node["id"], node["level"], node["answer"] == "scale", bool(node.get("critical")), node.get("applies_if")
    )


def walk(
    nodes: list[Mapping[str, Any]], above: tuple[str, ...] = ()
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Every node of a tree of requirements, parents first, with the ids of the headings above it."""
    for node in nodes:
        yield node, above
        yield from walk(node.get("children", []), (*above, node["id"]))


def exact(number: float | int | None) -> Fraction | None:
    """The fraction that was written: 0.1 is one tenth, not the nearest double."""
    return None if number is None else Fraction(str(number))


def text_in(text: Text, language: str = "en") -> str:
    """A text in a language; English, else whatever is there, where that language is missing."""
    if isinstance(text, str):
        return text
    return text.get(language) or text.get("en") or next(iter(text.values()))


def texts(text: Text) -> dict[str, str]:
    """The same text as language → text."""
    return {"en": text} if isinstance(text, str) else dict(text)


def version_key(version: str) -> tuple[int, int, int]:
    """A version as numbers, for order."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major, minor, patch


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 of the content as canonical JSON: comments and layout of the file do not count."""
    return hashlib.sha256(dumps(document).encode()).hexdigest()


def edition_of(document: Mapping[str, Any]) -> Edition:
    """The edition a valid document describes."""
    return Edition(document["id"], document["version"], fingerprint(document), document)


_PARSED: dict[str, Edition] = {}


def pinned(session: Session, standard_id: int) -> Edition:
    """The edition an assessment is tied to, exactly as it was loaded. Raises NotFound; see also pinned_all."""
    found = pinned_all(session, [standard_id])
    if standard_id not in found:
        raise NotFound(N_("There is no such standard."))
    return found[standard_id]


def pinned_all(session: Session, standard_ids: Iterable[int]) -> dict[int, Edition]:
    """Stored editions by the id of their row, read once per process.

    Raises ConfigurationError where the stored content is not what its hash says: such a score would mean nothing.
    """
    rows = session.execute(select(Standard.id, Standard.sha256).where(Standard.id.in_(set(standard_ids)))).all()  # type: ignore[call-overload,union-attr]
    missing = [standard_id for standard_id, sha256 in rows if sha256 not in _PARSED]
    stored = select(Standard.sha256, Standard.document).where(Standard.id.in_(missing))  # type: ignore[call-overload,union-attr]
    for sha256, document in session.execute(stored).all() if missing else ():
        edition = edition_of(orjson.loads(document))
        if edition.sha256 != sha256:
            raise ConfigurationError(
                N_("The stored content of %(standard)s %(version)s was changed after loading."),
                standard=edition.slug,
                version=edition.version,
            )
        _PARSED[sha256] = edition
    return {standard_id: _PARSED[sha256] for standard_id, sha256 in rows}


def find(session: Session, slug: str, version: str | None = None) -> Standard:
    """The stored edition of a standard: the current one unless a version is named. Raises NotFound.

    In place of the slug stands also the number of an edition, as events name it.
    """
    query = select(Standard).where(Standard.slug == slug)  # type: ignore[arg-type]
    query = query.where(Standard.version == version) if version else query.where(Standard.current)  # type: ignore[arg-type]
    standard: Standard | None = session.scalar(query)
    if standard is None and slug.isdecimal() and len(slug) < 18 and version is None:
        standard = session.get(Standard, int(slug))
    if standard is None:
        raise NotFound(N_("There is no such standard."))
    return standard
