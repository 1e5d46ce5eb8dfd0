"""The standards this registry brings: enough of them, each clause usable, each link reasoned; links from either end."""

from pathlib import Path

import pytest

from registry.compliance import checks, library
from registry.compliance.crosswalk import INTERSECTS, Link
from registry.compliance.editions import Edition
from registry.compliance.linking import links_among, related
from registry.settings import data_path
from tests.support.standards import changed, write


@pytest.fixture(scope="module")
def editions() -> list[Edition]:
    found, outside = library.read_all([data_path("standards")])
    assert outside == [], "a link leads to a standard that is not there"
    return found


def test_the_library_covers_the_field(editions: list[Edition]) -> None:
    assert sum(len(edition.requirements) for edition in editions) >= 300
    links = list(links_among(editions))
    assert len(links) >= 120
    assert len([link for link in links if link.relation != INTERSECTS]) >= 25, "too few links let an answer follow"


def test_every_clause_has_themes_and_evidence_and_a_question(editions: list[Edition]) -> None:
    clauses = [(edition.slug, clause) for edition in editions for clause in edition.requirements.values()]
    bare = [
        f"{slug}#{clause.id}"
        for slug, clause in clauses
        if not (clause.themes and clause.node.get("evidence") and clause.question().endswith("?"))
    ]
    assert bare == []


def test_every_link_says_why_and_how_strongly(editions: list[Edition]) -> None:
    bare = [
        f"{edition.slug}#{clause.id} → {link['to']}"
        for edition in editions
        for clause in edition.requirements.values()
        for link in clause.node.get("maps", [])
        if not (link.get("why") and link.get("strength") and len(link.get("note", "")) >= 20)
    ]
    assert bare == []


def test_every_title_is_in_the_six_languages(editions: list[Edition]) -> None:
    for edition in editions:
        assert set(edition.document["instrument"]["title"]) == {"en", "fr", "es", "ar", "ru", "zh"}, edition.slug


def test_each_fact_means_the_same_in_every_standard(editions: list[Edition]) -> None:
    meanings: dict[str, set[str]] = {}
    for edition in editions:
        for fact, meaning in edition.facts.items():
            meanings.setdefault(fact, set()).add(str(meaning))
    assert {fact: found for fact, found in meanings.items() if len(found) > 1} == {}


def test_a_file_is_judged_once_for_the_same_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    problems = checks.problems
    monkeypatch.setattr(checks, "problems", lambda document, lines: judged.append("once") or problems(document, lines))
    path = write(tmp_path, changed(("id: small", "id: read-twice")))
    assert library.read_file(path) is library.read_file(path)
    assert judged == ["once"]
    write(tmp_path, changed(("id: small", "id: read-again")))
    assert library.read_file(path).slug == "read-again" and judged == ["once", "once"]


def mapped(slug: str, rel: str, to: str, note: str) -> str:
    clause = "question: Are records kept of all weapons?"
    link = f'{{to: "{to}", rel: {rel}, strength: 6, note: {note}}}'
    return changed(("id: small", f"id: {slug}"), (clause, f"{clause}\n        maps: [{link}]"))


def test_a_link_is_read_from_either_end_and_stands_once(tmp_path: Path) -> None:
    one = library.read_file(write(tmp_path, mapped("one", "superset_of", "two#rec-all", "wider")))
    two = library.read_file(write(tmp_path, mapped("two", "subset_of", "one#rec-all", "narrower")))
    here, there = ("one", "rec-all"), ("two", "rec-all")
    assert related([one, two], "one") == {"rec-all": [Link(here, there, "superset_of", 6, "wider")]}
    assert related([one, two], "two") == {"rec-all": [Link(there, here, "subset_of", 6, "narrower")]}
    silent = library.read_file(write(tmp_path, changed(("id: small", "id: two"))))
    assert related([one, silent], "two") == {"rec-all": [Link(there, here, "subset_of", 6, "wider")]}
    assert related([one], "one") == {}
