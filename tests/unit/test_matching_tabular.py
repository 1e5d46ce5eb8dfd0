"""Rows from files as people make them: delimiters, encodings, formulas, broken rows."""

import json
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalogue.cells import neutralise, restore
from registry.catalogue.tabular import ImportReport, Row, read_rows
from registry.errors import InvalidInput

TEXT = "title;state\nRegistre d’armes;Côte d’Ivoire\n"
EXPECTED = [Row(2, {"title": "Registre d’armes", "state": "Côte d’Ivoire"})]


def rows(path: Path, content: bytes | str, format: str = "csv") -> list[Row]:
    file = path / "file"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_rows(file, format))


def refusal(path: Path, content: bytes | str, format: str = "csv") -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as caught:
        rows(path, content, format)
    return caught.value.fields


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_in_any_custom(tmp_path: Path, encoding: str, delimiter: str) -> None:
    assert rows(tmp_path, TEXT.replace(";", delimiter).encode(encoding)) == EXPECTED


def test_a_title_above_the_header_is_skipped_and_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("Needs of Kenya 2027\n\ntitle,state\nx,KEN\n")
    found = read_rows(tmp_path / "file", "csv")
    assert list(found) == [Row(4, {"title": "x", "state": "KEN"})]
    assert found.read_as["skipped"] == "1: Needs of Kenya 2027"


@pytest.mark.parametrize("content", [b"<html><body>Login</body></html>", b"<!doctype html>", b'{"a": 1}', b"<x/>"])
def test_what_is_another_format_is_refused_and_not_an_empty_table(tmp_path: Path, content: bytes) -> None:
    assert list(refusal(tmp_path, content)) == ["file"]


def test_one_column_is_a_table_and_only_usual_characters_delimit(tmp_path: Path) -> None:
    assert rows(tmp_path, "title\nx: y\nz. w\n") == [Row(2, {"title": "x: y"}), Row(3, {"title": "z. w"})]
    assert list(refusal(tmp_path, "sep=:\na:b\n")) == ["file"]


def test_row_numbers_are_those_of_the_spreadsheet(tmp_path: Path) -> None:
    found = rows(tmp_path, '\ufeffTitle, First line \n"two\nlines",x\n\n,\nlast,\n')
    assert [(row.number, row.values) for row in found] == [
        (2, {"title": "two\nlines", "first_line": "x"}),
        (5, {"title": "last"}),
    ]


def test_the_delimiter_that_a_spreadsheet_says_is_used(tmp_path: Path) -> None:
    assert rows(tmp_path, "sep=|\na,b|c;d\n1|2\n") == [Row(3, {"a,b": "1", "c;d": "2"})]


def test_a_row_with_too_many_cells_is_a_problem_of_that_row_only(tmp_path: Path) -> None:
    found = rows(tmp_path, "a,b\n1,2,3\n4,5\n")
    assert found[0].problem and found[1] == Row(3, {"a": "4", "b": "5"})


def test_a_column_named_twice_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "title,Title\nx,y\n") == {"columns": ["The column “title” is there twice."]}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04\x00\x00\x00\x00\n", b'a,b\n"x'])
def test_what_is_no_csv_is_refused_under_file(tmp_path: Path, content: bytes) -> None:
    assert list(refusal(tmp_path, content)) == ["file"]


def test_neutralised_formulas_come_back_as_they_were(tmp_path: Path) -> None:
    assert rows(tmp_path, "a,b\n'=1+1,'quoted'\n")[0].values == {"a": "=1+1", "b": "'quoted'"}


def test_a_formula_behind_characters_of_no_width_or_with_full_width_signs_is_neutralised() -> None:
    for text in ("\u200b=1+1", "\ufeff@SUM(A1)", "＝1+1", "＠x", "\u200b\u2060－1"):
        assert neutralise(text) == f"'{text}" and restore(neutralise(text)) == text
    assert neutralise("\u200fنص") == "\u200fنص"


@given(st.text(alphabet="'=+-@\tab1", max_size=6))
def test_neutralising_is_reversible_and_leaves_no_formula(text: str) -> None:
    safe = neutralise(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert restore(safe) == text


def workbook(path: Path, *cells: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for line in cells:
        book.active.append(line)  # type: ignore[union-attr]
    book.create_sheet("second").append(["not", "read"])
    book.save(path / "book.xlsx")
    return (path / "book.xlsx").read_bytes()


def test_xlsx_gives_what_a_person_sees_and_never_evaluates(tmp_path: Path) -> None:
    from datetime import date, datetime

    content = workbook(
        tmp_path,
        ["Title", "Amount", "Start", "At", "Flag", "Sum", "Share"],
        ["Registry", 150000.0, date(2027, 1, 31), datetime(2027, 1, 31, 12, 30), True, "=A1+B1", 0.25],
        [None, None],
        ["Next", 7],
    )
    assert rows(tmp_path, content, "xlsx") == [
        Row(2, {"title": "Registry", "amount": "150000", "start": "2027-01-31", "at": "2027-01-31T12:30:00",
                "flag": "true", "sum": "=A1+B1", "share": "0.25"}),
        Row(4, {"title": "Next", "amount": "7"}),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"not a workbook", b"PK\x05\x06" + b"\x00" * 18])
def test_what_is_no_workbook_is_refused_under_file(tmp_path: Path, content: bytes) -> None:
    assert list(refusal(tmp_path, content, "xlsx")) == ["file"]


def test_json_lists_and_exports_are_read_and_a_stray_item_is_a_problem(tmp_path: Path) -> None:
    assert rows(tmp_path, json.dumps([{"title": "x"}, 3]), "json")[0] == Row(1, {"title": "x"})
    found = rows(tmp_path, json.dumps({"items": [{"title": "x"}, 3]}), "json")
    assert found[0] == Row(1, {"title": "x"}) and found[1].problem


@pytest.mark.parametrize("content", [b"{", b'{"a": 1}', b'"x"', b"[1,", b"\xff\xfe"])
def test_what_is_no_json_list_is_refused_under_file(tmp_path: Path, content: bytes) -> None:
    assert list(refusal(tmp_path, content, "json")) == ["file"]


def test_an_unknown_format_or_missing_file_is_named(tmp_path: Path) -> None:
    assert list(refusal(tmp_path, b"x", "ods")) == ["format"]
    with pytest.raises(InvalidInput):
        list(read_rows(tmp_path / "none", "csv"))


def test_a_large_file_is_read_without_holding_it(tmp_path: Path) -> None:
    import tracemalloc

    file = tmp_path / "large.csv"
    with file.open("w") as out:
        out.write("title,amount\n")
        out.writelines(f"need number {n},{n}\n" for n in range(50_000))
    tracemalloc.start()
    count = sum(1 for _ in read_rows(file, "csv"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 50_000
    assert peak < 6_000_000


def test_reports_add_up() -> None:
    first, second = ImportReport(created=1), ImportReport()
    second.count("updated")
    second.refuse(7, [("title", "This is needed.")])
    first.add(second)
    assert first.as_dict() == {
        "created": 1, "updated": 1, "unchanged": 0, "quarantined": 1,
        "errors": [{"row": 7, "field": "title", "message": "This is needed."}], "warnings": [], "read_as": {},
    }  # fmt: skip
