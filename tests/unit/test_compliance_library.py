"""Standards files: what is refused and how it is said; what changed between editions; which answers still stand."""

from pathlib import Path
from typing import Any

import pytest

from registry.compliance import library
from registry.compliance.carrying import carried_ids
from registry.compliance.differences import compare
from registry.compliance.editions import Edition
from registry.compliance.judging import judge_answers
from registry.errors import InvalidInput
from registry.settings import data_path
from registry.yaml_files.parsing import Unreadable, parse
from registry.yaml_files.reading import MAX_BYTES, BadFile
from tests.support.standards import CLAUSES, SECOND, STANDARD, changed, write


def refused(folder: Path, text: str | bytes) -> list[tuple[int, str, str]]:
    path = folder / "bad.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadFile) as error:
        library.read_file(path)
    return [(problem.line, problem.path, problem.message) for problem in error.value.problems]


def edition(folder: Path, text: str = STANDARD) -> Edition:
    return library.read_file(write(folder, text))


def test_every_standard_of_this_registry_is_in_order_and_small_enough() -> None:
    files = library.standard_files([data_path("standards")])
    editions, _ = library.read_all(files)
    assert {"iti", "poa"} <= {found.slug for found in editions}
    assert all(path.stat().st_size <= MAX_BYTES for path in files)
    assert all(path.stem == found.slug for path, found in zip(files, editions, strict=True))


def test_a_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    small = edition(tmp_path)
    assert list(small.requirements) == CLAUSES
    assert small.document["instrument"]["adopted"] == "2005-12-08"
    assert small.requirements["rec-all"].sections == ("records",)
    assert small.title("fr") == "Petite norme" and small.title("zh") == "Small standard"
    assert (small.band_label("C", "fr"), small.band_label("NC", "fr")) == ("Conforme", "Non-compliant")


def test_the_hash_knows_content_and_not_layout(tmp_path: Path) -> None:
    first = edition(tmp_path).sha256
    assert edition(tmp_path, "# a remark\n" + STANDARD).sha256 == first
    assert edition(tmp_path, changed(("by the tests", "x"), text="# by the tests\n" + STANDARD)).sha256 == first
    assert edition(tmp_path, changed(("Is every weapon", "Is each weapon"))).sha256 != first


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "empty"),
        ("a: 1\nb: 2\na: 3\n", 3, "a second time"),
        ("a: {b: 1, b: 2}", 1, "a second time"),
        ("a: &x [1]\nb: *x\n", 1, "Anchors"),
        ("a: 1\nb: *x\n", 2, "Anchors"),
        ("base: 1\n<<: {a: 1}\n", 2, "plain text"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: !!binary aGVsbG8=\n", 1, "tag"),
        ("? [a]\n: 1\n", 1, "plain text"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: [1,\nb: 2\n", 3, ""),
        ("a: 1\n\tb: 2\n", 2, ""),
        ("a: 1\nb: \x07\n", 1, ""),
        ("[" * 60, 1, "levels deep"),
        ("a: 1e999\n", 1, "too large"),
        ("a: 99999999999999999999\n", 1, "too large"),
    ],
)
def test_yaml_that_is_not_taken_is_named_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        parse(text)
    assert error.value.line == line and reason in error.value.reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31", "2024-01-31"),
        ("no", "no"),
        ("yes", "yes"),
        ("1.0.0", "1.0.0"),
        ("12:30", "12:30"),
        ("010", "010"),
        (".nan", ".nan"),
        ("0x10", "0x10"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("3", 3),
        ("-0.5", -0.5),
        ('"3"', "3"),
        ("|\n  a\n", "a\n"),
    ],
)
def test_plain_values_mean_what_they_mean_in_json(text: str, value: Any) -> None:
    assert parse(f"key: {text}") == ({"key": value}, {(): 1, ("key",): 1})


def test_a_file_too_large_not_utf8_or_missing_is_refused(tmp_path: Path) -> None:
    assert "300 kB" in refused(tmp_path, "# " + "x" * 300_001)[0][2]
    assert refused(tmp_path, b"a: 1\nb: \xff\n") == [(2, "", "This is not UTF-8 text.")]
    with pytest.raises(BadFile):
        library.read_file(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "message"),
    [
        ("version: 1.0.0", "version: '1'", "version:", "version", "does not match"),
        ("weights: {shall: 3", "weights: {shall: 0", "weights:", "weights.shall", "0"),
        ("answer: number", "answer: choice", "rec-years", "requirements.1.children.2.answer", "choice"),
        ("  issuer: The tests\n", "", "instrument:", "instrument", "'issuer' is a required property"),
        ('        ref: "2"\n', "", "id: rec-all", "requirements.1.children.0", "'ref' is a required property"),
        ("id: rec-law", "id: rec-all", "a law say", "requirements.1.children.1.id", "used twice"),
        ("id: rec-law", "id: records", "a law say", "requirements.1.children.1.id", "used twice"),
        ("fact: manufactures", "fact: fly", "fact: fly", "requirements.0.children.0.applies_if", "fly is not declared"),
        ("[record_keeping]", "[gardens]", "gardens", "requirements.1.children.0.themes.0", "no theme gardens"),
        ("theme: legislation", "theme: odes", "odes", "requirements.0.children.0.assist.1.theme", "no theme odes"),
        ("full: {value: 1,", "full: {value: 0.9,", "scale:", "scale", "one worth 1"),
        ('"made up"', '"x", url: "javascript:x"', "source:", "instrument.source.url", "begins with https"),
        ("code: PC", "code: C", "code: C, label: P", "bands.1.code", "stands twice"),
        ("code: PC", "code: II", "code: II", "bands.1.code", "given by itself"),
        ("min_shall: 0}", "min_shall: 0.1}", "code: NC", "bands.2", "takes everything else"),
        ("min_shall: 1}", "min_shall: 0.3}", "bands:", "bands", "best first"),
    ],
)
def test_each_fault_is_named_with_line_and_place(
    tmp_path: Path, old: str, new: str, line: str, path: str, message: str
) -> None:
    text = changed((old, new))
    found = refused(tmp_path, text)
    assert (found[0][1], message in found[0][2]) == (path, True)
    assert line in text.splitlines()[found[0][0] - 1]


def test_migrations_must_fit_the_file(tmp_path: Path) -> None:
    assert edition(tmp_path, SECOND).version == "2.0.0"
    wrong = {
        ("- from: 1.0.0", "- from: 3.0.0"): "can only follow an older one",
        ("old: [rec-law], new: []", "old: [rec-years], new: []"): "never reused",
        ("old: [rec-law], new: []", "old: [rec-law], new: [rec-all]"): "no new id",
        ("new: [mark-imported]", "new: [mark-import]"): "no clause mark-import",
        ("old: [mark-import], new", "old: [mark-import, x], new"): "one old and one new",
    }
    for replacement, message in wrong.items():
        found = refused(tmp_path, changed(replacement, text=SECOND))
        assert any(message in each for _, _, each in found), (replacement, found)


def mapped(slug: str, rel: str, to: str) -> str:
    clause = "question: Are records kept of all weapons?"
    return changed(("id: small", f"id: {slug}"), (clause, f'{clause}\n        maps: [{{to: "{to}", rel: {rel}}}]'))


def test_crosswalk_targets_resolve_inside_the_library_and_are_named_outside(tmp_path: Path) -> None:
    one = write(tmp_path, mapped("one", "intersects", "two#rec-all"), "one.yaml")
    two = write(tmp_path, mapped("two", "subset_of", "elsewhere#7-2"), "two.yaml")
    assert library.read_all([one])[1] == ["two#rec-all"]
    assert library.read_all([one, two])[1] == ["elsewhere#7-2"]
    write(tmp_path, mapped("one", "intersects", "two#gone"), "one.yaml")
    with pytest.raises(InvalidInput) as error:
        library.read_all([one, two])
    assert error.value.fields == {"one.yaml rec-all maps": ["two 1.0.0 has no clause gone."]}


def test_clauses_cannot_each_be_narrower_than_the_other(tmp_path: Path) -> None:
    one = write(tmp_path, mapped("one", "subset_of", "two#rec-all"), "one.yaml")
    two = write(tmp_path, mapped("two", "superset_of", "one#rec-all"), "two.yaml")
    assert library.read_all([one, two])[1] == []  # the same said from both sides
    write(tmp_path, mapped("two", "subset_of", "one#rec-all"), "two.yaml")
    with pytest.raises(InvalidInput) as error:
        library.read_all([one, two])
    assert "narrower" in str(error.value.fields)


def test_the_same_standard_in_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="attention"):
        library.read_all([write(tmp_path), write(tmp_path, name="other.yaml")])


def test_a_difference_names_what_was_added_removed_and_changed(tmp_path: Path) -> None:
    difference = compare(edition(tmp_path), edition(tmp_path, SECOND))
    assert difference.added == ("mark-imported",)
    assert difference.removed == ("mark-import", "rec-law")
    assert (difference.changed, difference.refusals) == ((), ())


@pytest.mark.parametrize(
    ("replacements", "reason"),
    [
        ([("version: 2.0.0", "version: 1.9.0")], "needs a new major version"),
        ([("      - {kind: removed, old: [rec-law], new: []}\n", "")], "rec-law is gone"),
        ([("version: 2.0.0", "version: 1.0.0"), ("- from: 1.0.0", "- from: 0.9.0")], "must be above 1.0.0"),
        ([("id: small", "id: large")], "different standards"),
    ],
)
def test_an_edition_that_loses_answers_or_hides_its_change_is_refused(
    tmp_path: Path, replacements: list[tuple[str, str]], reason: str
) -> None:
    difference = compare(edition(tmp_path), edition(tmp_path, changed(*replacements, text=SECOND)))
    assert any(reason in each for each in difference.refusals)


@pytest.mark.parametrize(
    ("version", "replacement", "accepted"),
    [
        ("1.0.1", ("Are records kept of all weapons?", "Are all weapons on record?"), True),
        ("1.0.1", ("level: should", "level: shall"), False),
        ("1.1.0", ("level: should", "level: shall"), True),
        ("1.0.1", ("weights: {shall: 3", "weights: {shall: 4"), False),
        ("1.0.1", ("id: rec-body", "id: rec-office"), False),
        ("1.0.1", ("partial: {value: 0.5", "partial: {value: 0.4"), False),
        ("1.0.1", ("label: Partly in place", "label: In part"), True),
    ],
)
def test_a_patch_version_is_for_wording_only(
    tmp_path: Path, version: str, replacement: tuple[str, str], accepted: bool
) -> None:
    text = changed(("version: 1.0.0", f"version: {version}"), replacement)
    assert (not compare(edition(tmp_path), edition(tmp_path, text)).refusals) is accepted


def test_answers_are_carried_where_the_clause_still_asks_the_same(tmp_path: Path) -> None:
    old, new = edition(tmp_path), edition(tmp_path, SECOND)
    assert carried_ids(old, old) == {clause: clause for clause in CLAUSES}
    assert carried_ids(old, new) == {
        "mark-made": "mark-made",
        "mark-import": "mark-imported",
        "rec-years": "rec-years",
        "rec-since": "rec-since",
        "rec-body": "rec-body",
    }


@pytest.mark.parametrize(
    ("clause", "answer", "field"),
    [
        ("rec-all", {"value": "great"}, "answers.rec-all.value"),
        ("rec-all", {"value": "na"}, "answers.rec-all.reason"),
        ("rec-years", {"value": "many"}, "answers.rec-years.value"),
        ("rec-years", {"value": "nan"}, "answers.rec-years.value"),
        ("rec-years", {"value": "1e400"}, "answers.rec-years.value"),
        ("rec-since", {"value": "2024-02-30"}, "answers.rec-since.value"),
        ("rec-since", {"value": "20240201"}, "answers.rec-since.value"),
        ("marking", {"value": "full"}, "answers.marking"),
        ("no.such", {"value": "full"}, "answers.no%2Esuch"),
    ],
)
def test_an_answer_that_does_not_fit_is_named(tmp_path: Path, clause: str, answer: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        judge_answers(edition(tmp_path), {clause: answer, "rec-law": {"value": "full"}})
    assert list(error.value.fields) == [field]


def test_answers_that_fit_are_kept_plain(tmp_path: Path) -> None:
    judged = judge_answers(
        edition(tmp_path),
        {
            "rec-all": {"value": "na", "reason": "no weapons at all"},
            "rec-years": {"value": "2.0e1"},
            "rec-since": {"value": "2024-02-29"},
            "rec-body": {"value": "na"},
            "rec-law": None,
        },
    )
    assert judged["rec-law"] is None
    found = {clause: (each.value, each.not_applicable) for clause, each in judged.items() if each}
    assert found == {
        "rec-all": ("na", True),
        "rec-years": ("20", False),
        "rec-since": ("2024-02-29", False),
        "rec-body": ("na", False),
    }
