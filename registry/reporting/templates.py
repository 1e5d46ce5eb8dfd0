"""standards/reports/*.yaml → templates, checked with line and reason. A report keeps the one it was begun with."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from registry.catalogue import reference
from registry.compliance import library
from registry.compliance.duties.service import duties
from registry.compliance.editions import text_in
from registry.compliance.indicators import definitions
from registry.errors import N_, ConfigurationError, NotFound
from registry.json_text import dumps
from registry.settings import data_path
from registry.yaml_files.parsing import Lines
from registry.yaml_files.reading import BadFile, Fault, Problem, judged, read_document

FOLDER = "reports"
SAYS = {
    "answers": "clauses", "indicators": "indicators", "participation": "instruments", "contacts": "instruments",
    "table": "columns",
}  # fmt: skip
"""Where an entry draws from → what it must say besides"""
MAY_SAY = {**SAYS, "programmes": "themes", "needs": "themes"}


@dataclass(frozen=True)
class Template:
    """One version of one template; `document` is the file's content."""

    document: Mapping[str, Any] = field(hash=False, repr=False)
    sha256: str

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def version(self) -> str:
        return str(self.document["version"])

    @property
    def entries(self) -> dict[str, Mapping[str, Any]]:
        """Entry id → entry, in the order of the file"""
        return {entry["id"]: entry for section in self.document["sections"] for entry in section["entries"]}

    def title(self, language: str = "en") -> str:
        """The title in a language, else in English."""
        return text_in(self.document["title"], language)


def template_of(document: Mapping[str, Any]) -> Template:
    """The template that a valid document describes."""
    return Template(document, hashlib.sha256(dumps(document).encode()).hexdigest())


def read(path: Path) -> Template:
    """The template of a file. Raises BadFile naming line, place and reason of everything wrong."""
    found = template_of(read_document(path, problems))
    if found.id != path.stem:
        raise BadFile(path.name, [Problem(1, "id", f"The file is named {path.stem}, its template {found.id}.")])
    return found


@cache
def templates() -> dict[str, Template]:
    """Id → template, of all files in standards/reports. Raises ConfigurationError naming what is wrong with one."""
    found = {}
    for path in sorted((data_path("standards") / FOLDER).glob("*.yaml")):
        try:
            found[path.stem] = read(path)
        except BadFile as error:
            first = error.problems[0]
            raise ConfigurationError(f"{path.name}, line {first.line}: {first.path} {first.message}") from None
    return found


def template(name: str) -> Template:
    """The template in force. Raises NotFound."""
    if name not in templates():
        raise NotFound(N_("There is no such report: choose one of %(ids)s."), ids=", ".join(templates()))
    return templates()[name]


def problems(document: Any, lines: Lines) -> list[Problem]:
    """Everything wrong with a file, in the order of its lines; empty where it is fine."""
    return judged(_validator(), document, lines, _semantic)


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(orjson.loads((data_path("standards") / FOLDER / "report.schema.json").read_bytes()))


def _semantic(document: Mapping[str, Any]) -> Iterator[Fault]:
    for number, duty in enumerate(document["duties"]):
        if duty not in duties():
            yield ("duties", number), f"There is no duty {duty} in duties.yaml."
        elif duties()[duty][0].instrument not in document["instruments"]:
            yield ("duties", number), f"The duty {duty} is of another instrument."
    sections: set[str] = set()
    entries: set[str] = set()
    for at, section in enumerate(document["sections"]):
        yield from _once(section["id"], sections, ("sections", at, "id"))
        for number, entry in enumerate(section["entries"]):
            place = ("sections", at, "entries", number)
            yield from _once(entry["id"], entries, (*place, "id"))
            for inner, message in _entry_faults(entry):
                yield (*place, *inner), message


def _once(name: str, seen: set[str], place: tuple[str | int, ...]) -> Iterator[Fault]:
    if name in seen:
        yield place, f"The id {name} is used twice."
    seen.add(name)


def _entry_faults(entry: Mapping[str, Any]) -> Iterator[Fault]:
    source = entry["from"]
    if source in SAYS and SAYS[source] not in entry:
        yield (), f"An entry from {source} says which under {SAYS[source]}."
    for name in ("clauses", "themes", "indicators", "instruments", "columns"):
        if name in entry and MAY_SAY.get(source) != name:
            yield (name,), f"An entry from {source} has no {name}."
    for number, clause in enumerate(entry.get("clauses", ())):
        slug, _, name = clause.partition("#")
        if name not in _clauses(slug):
            yield ("clauses", number), f"The library has no clause {clause}."
    for number, theme in enumerate(entry.get("themes", ())):
        if theme not in reference.themes():
            yield ("themes", number), f"There is no theme {theme}."
    for number, indicator in enumerate(entry.get("indicators", ())):
        if indicator not in definitions.own():
            yield ("indicators", number), f"There is no indicator {indicator} in indicators.yaml."
    columns: set[str] = set()
    for number, column in enumerate(entry.get("columns", ())):
        yield from _once(column["id"], columns, ("columns", number, "id"))


@cache
def _clauses(slug: str) -> frozenset[str]:
    """Ids of a standard's clauses in the library's file; none where there is no such file."""
    path = data_path("standards") / f"{slug}.yaml"
    return frozenset(library.read_file(path).requirements) if path.is_file() else frozenset()
