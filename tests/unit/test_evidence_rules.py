"""What is taken as evidence: no programs by any disguise, no wrong hash, no address that hides something."""

import hashlib
import io
import zipfile
from datetime import date

import pytest

from registry.compliance.evidence.rules import is_expired, judge_file, judge_link, plain_name, size_text
from registry.errors import InvalidInput

PDF = b"%PDF-1.7 invented"


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


def refused(name: str, type_: str, content: bytes, **more: str) -> dict[str, list[str]]:
    with pytest.raises(InvalidInput) as error:
        judge_file(name, type_, content, 1000, **more)
    return error.value.fields


def test_a_document_is_taken_with_its_hash_and_type() -> None:
    file = judge_file(
        "C:\\laws\\Act.pdf", "application/octet-stream", PDF, 1000, hashlib.sha256(PDF).hexdigest().upper()
    )
    assert (file.name, file.media_type, file.sha256) == ("Act.pdf", "application/pdf", hashlib.sha256(PDF).hexdigest())
    assert judge_file("list.docx", "", packed("word/document.xml"), 1000).content


@pytest.mark.parametrize(
    ("name", "type_", "content"),
    [
        ("law.pdf", "application/pdf", b"MZ\x90 a Windows program"),
        ("law.pdf", "application/pdf", b"\x7fELF"),
        ("law.txt", "text/plain", b"#!/bin/sh\n"),
        ("law.PDF.EXE", "application/pdf", PDF),
        ("law", "application/x-msdownload", PDF),
        ("law.html", "text/plain", b"hello"),
        ("law.txt", "text/plain", b"  \n<!DOCTYPE html><script>"),
        ("drawing.svg", "image/svg+xml", b"<?xml version='1.0'?>"),
        ("laws.zip", "application/zip", packed("readme.txt", "setup.exe")),
        ("plan.xlsx", "", packed("xl/workbook.xml", "xl/vbaProject.bin")),
    ],
)
def test_what_a_machine_would_run_is_refused(name: str, type_: str, content: bytes) -> None:
    assert "not taken" in refused(name, type_, content)["file"][0]


def test_empty_large_and_altered_files_are_refused_by_name_of_the_field() -> None:
    assert "empty" in refused("law.pdf", "", b"")["file"][0]
    assert "at most" in refused("law.pdf", "", b"x" * 1001)["file"][0]
    assert list(refused("law.pdf", "", PDF, declared_hash="0" * 64)) == ["sha256"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ('a"b\r\nX: y.pdf', "abX y.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 130 + ".pdf"),
        ("قانون.pdf", "قانون.pdf"),
    ],
)
def test_a_files_name_is_only_a_name(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_links_are_plain_web_addresses() -> None:
    for good in ("https://example.org/law.pdf", "HTTP://example.org:8080/?q=1#a"):
        assert judge_link(good) == good
    for bad in (
        "javascript:alert(1)", "ftp://example.org/", "https://me:secret@example.org/", "https://me@example.org/",
        "https:///law", "//example.org/", "https://exa mple.org/", "https://a\\@127.0.0.1/", "https://[::1", "https://a:b/",
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            judge_link(bad)


def test_evidence_counts_through_its_last_day() -> None:
    day = date(2026, 11, 20)
    assert not is_expired(day, day) and not is_expired(None, day)
    assert is_expired(day, date(2026, 11, 21))


def test_sizes_are_said_in_the_unit_that_fits() -> None:
    assert [size_text(n) for n in (6, 999, 1000, 120_400, 999_499, 999_500, 1_500_000)] == [
        "6 B", "999 B", "1 kB", "120 kB", "999 kB", "1 MB", "1.5 MB",
    ]  # fmt: skip
