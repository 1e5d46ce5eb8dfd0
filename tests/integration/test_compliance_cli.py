"""`casa standards …` and `casa score`: what they print, and with which exit code they end."""

import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from registry.accounts.actor import system
from registry.cli import Context, main
from registry.db import Database
from registry.matching.needs import create_need
from tests.support.standards import SECOND, STANDARD, answered, changed, load_text, person, published, write

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def casa(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command on the test's database: (exit code, standard output, standard error)."""
    monkeypatch.setenv("CASA_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(Context, "database", database)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["casa", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as done:
            code = done.code
        printed = capsys.readouterr()
        return int(str(code or 0)), printed.out, printed.err

    return run


def test_standards_are_checked_loaded_and_listed(casa: Run, tmp_path: Path) -> None:
    path = write(tmp_path)
    assert casa("standards", "check", path) == (0, "ok  small 1.0.0: 7 clauses, 0 (0%) checked\n", "")
    assert orjson.loads(casa("standards", "load", "--dry-run", "--json", path)[1])["new"] == 1
    assert casa("standards", "list")[2].startswith("No standards are loaded")
    assert casa("standards", "load", path)[1].split() == ["new", "small", "1.0.0"]
    assert orjson.loads(casa("standards", "load", "--json", path)[1])["unchanged"] == 1
    write(tmp_path, SECOND)
    report = orjson.loads(casa("standards", "load", "--json", path)[1])
    assert (report["new_version"], report["standards"][0]["previous"]) == (1, "1.0.0")
    assert report["standards"][0]["changes"]["removed"] == ["mark-import", "rec-law"]
    listed = orjson.loads(casa("standards", "list", "--json")[1])["standards"]
    assert [(item["standard"], item["version"], item["versions"]) for item in listed] == [
        ("small", "2.0.0", ["2.0.0", "1.0.0"])
    ]


def test_this_registrys_own_standards_load(casa: Run) -> None:
    assert casa("standards", "check")[0] == 0
    code, out, _ = casa("standards", "load", "--json")
    assert code == 0 and {item["standard"] for item in orjson.loads(out)["standards"]} >= {"iti", "poa"}


def test_a_bad_file_ends_with_1_and_its_place(casa: Run, tmp_path: Path) -> None:
    path = write(tmp_path, changed(("level: should", "level: perhaps")), "bad.yaml")
    line = (tmp_path / "bad.yaml").read_text().splitlines().index("        level: perhaps") + 1
    for command in ("check", "load"):
        code, _, err = casa("standards", command, path)
        assert code == 1 and f"bad.yaml:{line} requirements.0.children.1.level" in err
    found = orjson.loads(casa("standards", "check", "--json", path)[1])
    assert found["ok"] is False and len(found["problems"]) == 1


def test_a_difference_is_shown_and_refused_where_answers_would_be_lost(casa: Run, tmp_path: Path) -> None:
    old, new = write(tmp_path), write(tmp_path, SECOND, "second.yaml")
    assert casa("standards", "diff", old, new) == (0, "+ mark-imported\n- mark-import\n- rec-law\n", "")
    casa("standards", "load", old)
    silent = changed(("      - {kind: removed, old: [rec-law], new: []}\n", ""), text=SECOND)
    code, _, err = casa("standards", "diff", "small@1.0.0", write(tmp_path, silent, "third.yaml"))
    assert code == 1 and "rec-law is gone" in err
    code, out, _ = casa("standards", "diff", "--json", "small", old)
    assert (code, orjson.loads(out)["changed"]) == (0, [])
    assert casa("standards", "diff", "nothing", old)[0] == 1


def test_the_score_of_the_latest_assessment(casa: Run, database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        load_text(session, tmp_path, STANDARD)
        author, reviewer = person(session), person(session)
        published(session, author, reviewer, {"mark-made": "none", "rec-law": "full"})
        draft = answered(session, author, {"mark-made": "partial", "rec-all": "full"})
        requirement = {"standard": "small", "clause": "mark-made"}
        create_need(session, system("test"), {"state": "KEN", "title": "Machines", "requirements": [requirement]})
    for state in ("KEN", "ke", "404", "Kenya"):
        card = orjson.loads(casa("score", state, "small", "--json")[1])
        assert (card["assessment_id"], card["status"], card["low"]["exact"]) == (draft.id, "draft", "9/20")
    assert card["trend"]["change"]["exact"] == "1/2"
    assert [need["title"] for need in card["gaps"][0]["linked_needs"]] == ["Machines"]
    text = casa("score", "KEN", "small")[1]
    assert f"Kenya, small 1.0.0, assessment {draft.id} (draft)" in text and "fulfilled: 45% to 85%" in text
    assert "gap 1 (a) mark-made, weight 3/2 → need" in text


def test_what_there_is_no_score_of_ends_with_1_and_one_line(casa: Run, tmp_path: Path) -> None:
    casa("standards", "load", write(tmp_path))
    for state, standard, said in (
        ("Atlantis", "small", "There is no State Atlantis."),
        ("KEN", "nothing", "There is no such standard."),
        ("KEN", "small", "KEN has no assessment of small."),
    ):
        assert casa("score", state, standard) == (1, "", f"Error: {said}\n")
    assert casa("score", "KEN")[0] == 2
