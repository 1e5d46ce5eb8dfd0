"""Workbooks that would cost more than a table may: refused at once, in little time and memory."""

import io
import os
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from registry.catalogue import workbooks
from registry.catalogue.cells import Number, Unreadable
from tests.support.adapters.of_tables import as_xlsx

SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def rebuilt(
    path: Path,
    parts: dict[str, bytes],
    sheet: bytes | None = None,
    drop: str = "?",
    rename: tuple[bytes, bytes] = (b"", b""),
) -> Path:
    """A workbook with other parts beside its own, or another sheet, or with names changed in what lists its parts."""
    file = path / "book.xlsx"
    with (
        zipfile.ZipFile(io.BytesIO(as_xlsx(("id", "title"), ("1", "x")))) as whole,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in whole.namelist():
            content = sheet if sheet and "sheet1.xml" in name else whole.read(name)
            if not name.endswith(drop):
                packed.writestr(name, content.replace(*rename) if name.endswith((".rels", "Types].xml")) else content)
        for name, content in parts.items():
            packed.writestr(name, content)
    return file


BOMBS: dict[str, tuple[dict[str, bytes], bytes | None]] = {
    "too large when unpacked": ({"xl/media/image.bin": bytes(30_000_000)}, None),
    "too many parts": ({f"x{n}": b"" for n in range(2_100)}, None),
    "too many cells": ({}, SHEET % (b"<row>" + b"<c/>" * 20_000 + b"</row>")),
    "too many rows": ({}, SHEET % b'<row r="999999999"><c/></row>'),
    "more than 16,000,000 bytes": ({}, SHEET % (b'<row r="1"><c t="inlineStr"><is><t>' + b"x " * 8_500_000)),
    "nested more than": ({}, SHEET % (b"<row>" + b"<a>" * 30 + b"</a>" * 30 + b"</row>")),
    "declares a DOCTYPE": (
        {}, b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + SHEET % b"&b;",
    ),
    "part xl/worksheets/styles.xml is too large": (
        {"xl/worksheets/styles.xml": b"<a>" + b"x" * 21_000_000 + b"</a>", "pad.bin": os.urandom(200_000)}, None,
    ),
    "is broken": ({}, SHEET[:-20] % b"<row>"),
}  # fmt: skip


@pytest.mark.parametrize("words", BOMBS)
def test_bombs_are_refused_before_anything_is_built(tmp_path: Path, words: str) -> None:
    path = rebuilt(tmp_path, *BOMBS[words])
    started = time.monotonic()
    tracemalloc.start()
    with pytest.raises(Unreadable, match=words):
        workbooks.check(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000 and time.monotonic() - started < 5


def test_a_size_that_is_understated_does_not_help(tmp_path: Path) -> None:
    path = rebuilt(tmp_path, {}, SHEET % (b"<row><c/></row>" * 10_000))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        true_size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    at = content.rindex(true_size.to_bytes(4, "little"))
    content[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises(Unreadable):
        workbooks.check(path)


def test_a_sheet_under_another_name_is_looked_through_or_not_read(tmp_path: Path) -> None:
    hidden = {"xl/worksheets/sheet1.dat": SHEET % (b"<row>" + b"<c/>" * 20_000 + b"</row>")}
    path = rebuilt(tmp_path, hidden, drop="sheet1.xml", rename=(b"sheet1.xml", b"sheet1.dat"))
    with pytest.raises(Unreadable, match="too many cells"):
        workbooks.check(path)
    harmless = {"xl/worksheets/sheet1.dat": SHEET % b"<row><c/></row>"}
    path = rebuilt(tmp_path, harmless, drop="sheet1.xml", rename=(b"sheet1.xml", b"sheet1.dat"))
    workbooks.check(path)
    with pytest.raises(Unreadable, match="unusual place"):
        list(workbooks.lines(path))


@pytest.mark.parametrize("at", [60, 400, -400])
def test_an_archive_with_broken_bytes_is_no_workbook(tmp_path: Path, at: int) -> None:
    content = bytearray(rebuilt(tmp_path, {"pad.xml": b"<a>" + b"b" * 5000 + b"</a>"}).read_bytes())
    content[at : at + 40] = b"\xff\x00" * 20
    path = tmp_path / "broken.xlsx"
    path.write_bytes(bytes(content))
    with pytest.raises(Unreadable):
        workbooks.check(path)


def test_what_the_library_prints_of_broken_styles_stays_out_of_the_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(rebuilt(tmp_path, {})) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b'xfId="0"', b'xfId="99"')
    path = tmp_path / "styles.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    workbooks.check(path)
    with pytest.raises(Unreadable):
        list(workbooks.lines(path))
    assert capsys.readouterr().out == ""


def test_numbers_are_told_from_texts_and_formulas_are_their_text(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(as_xlsx((1500.5, "1.500", True, "=1+1", 3)))
    (line,) = workbooks.lines(path)
    assert line.cells == ["1500.5", "1.500", "true", "=1+1", "3"]
    assert [isinstance(cell, Number) for cell in line.cells] == [True, False, False, False, True]
