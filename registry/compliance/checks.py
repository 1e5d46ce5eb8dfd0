"""What a standards file must satisfy beyond being YAML: the JSON Schema, and what no schema can say. No database."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

import orjson
from jsonschema import Draft202012Validator

from registry.catalogue import reference
from registry.compliance import scoring
from registry.compliance.editions import Edition, version_key
from registry.settings import data_path
from registry.yaml_files.parsing import Lines
from registry.yaml_files.reading import Problem, judged

Path = tuple[str | int, ...]
STAYS = frozenset({"reworded", "tightened", "loosened"})
"""Kinds of change after which the clause keeps its id."""


@cache
def validator() -> Draft202012Validator:
    """The JSON Schema of standards files, from standards/standard.schema.json."""
    schema = orjson.loads((data_path("standards") / "standard.schema.json").read_bytes())
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def problems(document: Any, lines: Lines) -> list[Problem]:
    """Everything wrong with one document, in the order of its lines; empty where it is fine."""
    return judged(validator(), document, lines, _semantic)


def _semantic(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    yield from _tree(document)
    yield from _verdicts(document)
    yield from _references(document)
    yield from _migrations(document)


def nodes(document: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every node of the tree with its path in the document, parents first."""

    def below(children: Sequence[Mapping[str, Any]], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        for number, node in enumerate(children):
            yield (*path, number), node
            yield from below(node.get("children", []), (*path, number, "children"))

    return below(document["requirements"], ("requirements",))


def _tree(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for path, node in nodes(document):
        if node["id"] in seen:
            yield (*path, "id"), f"The id {node['id']} is used twice."
        seen.add(node["id"])
        if len(node["id"]) > 60:
            yield (*path, "id"), "An id has at most 60 characters."
    if not any("level" in node and node["answer"] == "scale" for _, node in nodes(document)):
        yield ("requirements",), "No clause is answered by the scale: nothing could be scored."


def _verdicts(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    values = [step["value"] for step in document["scale"].values()]
    if 0 not in values or 1 not in values:
        yield ("scale",), "The scale needs an answer worth 0 and one worth 1."
    bands = document.get("bands", [])
    codes = [band["code"] for band in bands]
    for number, code in enumerate(codes):
        if code in codes[:number]:
            yield ("bands", number, "code"), f"The band {code} stands twice."
        if code == scoring.INSUFFICIENT:
            yield ("bands", number, "code"), f"{code} is given by itself where too little is answered."
    floors = [band["min_shall"] for band in bands]
    if floors != sorted(floors, reverse=True):
        yield ("bands",), "Bands stand best first: min_shall must not rise."
    if bands and (floors[-1] != 0 or bands[-1].get("no_zero_shall") or bands[-1].get("no_zero_critical")):
        yield ("bands", len(bands) - 1), "The last band takes everything else: min_shall 0 and no other condition."


def facts_in(condition: Mapping[str, Any]) -> set[str]:
    """The facts a condition asks for."""
    if "fact" in condition:
        return {condition["fact"]}
    if "not" in condition:
        return facts_in(condition["not"])
    return set().union(*(facts_in(each) for each in condition.get("all") or condition["any"]))


def _references(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    known_themes, known_facts = reference.themes(), document.get("facts", {})
    url = document["instrument"]["source"].get("url", "https://")
    if not url.startswith(("https://", "http://")):
        yield ("instrument", "source", "url"), "Write an address that begins with https:// or http://."
    for path, node in nodes(document):
        for fact in sorted(facts_in(node["applies_if"]) - set(known_facts)) if "applies_if" in node else ():
            yield (*path, "applies_if"), f"The fact {fact} is not declared under facts."
        for number, theme in enumerate(node.get("themes", [])):
            if theme not in known_themes:
                yield (*path, "themes", number), f"There is no theme {theme}."
        for number, help_ in enumerate(node.get("assist", [])):
            if help_["theme"] not in known_themes:
                yield (*path, "assist", number, "theme"), f"There is no theme {help_['theme']}."
        for number, link in enumerate(node.get("maps", [])):
            if link["to"] == f"{document['id']}#{node['id']}":
                yield (*path, "maps", number, "to"), "A clause is not mapped to itself."
    clauses = {node["id"] for _, node in nodes(document) if "children" not in node}
    indicators: set[str] = set()
    for number, indicator in enumerate(document.get("indicators", [])):
        if indicator["id"] in indicators:
            yield ("indicators", number, "id"), f"The indicator {indicator['id']} stands twice."
        indicators.add(indicator["id"])
        for place, clause in enumerate(indicator.get("requirements", [])):
            if clause not in clauses:
                yield ("indicators", number, "requirements", place), f"There is no clause {clause} in this file."


def _migrations(document: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    present = {node["id"] for _, node in nodes(document)}
    for at, step in enumerate(document.get("migrations", [])):
        path: Path = ("migrations", at)
        parts = step["from"].split(".")
        if len(parts) != 3 or not all(part.isdigit() for part in parts):
            yield (*path, "from"), "This is no version."
        elif version_key(step["from"]) >= version_key(document["version"]):
            yield (*path, "from"), f"This file is version {document['version']}; it can only follow an older one."
        for number, change in enumerate(step["changes"]):
            where: Path = (*path, "changes", number)
            stays = change["kind"] in STAYS
            for clause in change["new"]:
                if clause not in present:
                    yield (*where, "new"), f"There is no clause {clause} in this file."
            for clause in change["old"]:
                if clause in present and not stays and clause not in change["new"]:
                    yield (*where, "old"), f"{clause} is {change['kind']} but still there: an id is never reused."
            if change["kind"] == "renamed" and (len(change["old"]), len(change["new"])) != (1, 1):
                yield where, "A renamed clause has one old and one new id."
            if change["kind"] == "removed" and change["new"]:
                yield (*where, "new"), "A removed clause has no new id."


def mapping_problems(editions: Mapping[str, Edition]) -> tuple[list[tuple[str, str]], list[str]]:
    """What is wrong with the crosswalk of these standards together.

    Returns ((slug#clause, message) for each target that a present standard does not have and for each ring of
    narrower-than relations; targets in standards that are not here, which is no fault).
    """
    wrong: list[tuple[str, str]] = []
    outside: set[str] = set()
    broader: dict[str, set[str]] = {}
    for edition in editions.values():
        for clause in edition.requirements.values():
            here = f"{edition.slug}#{clause.id}"
            for link in clause.node.get("maps", []):
                slug, _, target = link["to"].partition("#")
                if slug not in editions:
                    outside.add(link["to"])
                elif target not in editions[slug].requirements:
                    wrong.append((here, f"{slug} {editions[slug].version} has no clause {target}."))
                if link["rel"] == "subset_of":
                    broader.setdefault(here, set()).add(link["to"])
                elif link["rel"] == "superset_of":
                    broader.setdefault(link["to"], set()).add(here)
    try:
        TopologicalSorter(broader).prepare()
    except CycleError as error:
        ring = list(reversed(error.args[1]))
        wrong.append((ring[0], f"These cannot each be narrower than the next: {' < '.join(ring)}."))
    return wrong, sorted(outside)
