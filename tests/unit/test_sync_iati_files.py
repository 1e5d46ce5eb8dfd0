"""Whole files: what is refused before anything is used, how they are split, and that the same content hashes alike."""

import gzip
import resource
from pathlib import Path

import pytest

from registry.json_text import dumps
from registry.sync.adapters.contract import DocumentRefused, Piece, RecordFault
from registry.sync.adapters.iati import scanning, splitting
from registry.sync.rules import content_key
from tests.support.iati import IATI, activity, batches, document, many, no_tick, read_all, write

WHOLE = document(*many(3))
LATIN = WHOLE.replace(b"What it is", "Où".encode("latin-1"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"  \n\t ", "empty"),
        (WHOLE[: len(WHOLE) // 2], "truncated"),
        (WHOLE[:-3], "truncated"),
        (b"<iati-activities><iati-activity>", "truncated"),
        (b"<!DOCTYPE html><html><body>Maintenance</body></html>", "html"),
        (b"\xef\xbb\xbf<!doctype HTML>\n<p>x", "html"),
        (b"<html><br></html>", "html"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "html"),
        (b'{"error": "not found"}', "not_xml"),
        (b"Internal error", "not_xml"),
        (gzip.compress(WHOLE), "compressed"),
        (LATIN, "encoding"),
        (b'<?xml version="1.0" encoding="no-such-code"?><iati-activities/>', "encoding"),
        (b'<!DOCTYPE iati-activities [<!ENTITY a "b">]><iati-activities/>', "doctype"),
        (b'<!DOCTYPE iati-activities SYSTEM "http://127.0.0.1/x.dtd"><iati-activities/>', "doctype"),
        (b"<iati-activities><a></b></iati-activities>", "not_well_formed"),
        (b"<iati-activities>&undefined;</iati-activities>", "not_well_formed"),
        (b"<iati-activities><x:y/></iati-activities>", "not_well_formed"),
        (b"<iati-organisations version='2.03'/>", "not_activities"),
        (b"<project-list><project id='1'/></project-list>", "not_activities"),
        (b"<result><ok>true</ok></result>", "not_activities"),
        (b"<iati-activities>" + b"x" * 9_500_000 + b"</iati-activities>", "oversize"),
    ],
)
def test_what_is_not_a_whole_file_of_activities_is_refused_with_its_reason(
    tmp_path: Path, content: bytes, code: str
) -> None:
    with pytest.raises(DocumentRefused) as caught:
        IATI.verify(write(tmp_path, content), no_tick)
    assert caught.value.code == code and str(caught.value)


def test_the_line_of_the_trouble_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused, match=r"Line 3.*E9 6C"):
        IATI.verify(write(tmp_path, b"<iati-activities>\n\n<a>\xe9lan</a></iati-activities>"), no_tick)
    with pytest.raises(DocumentRefused, match="line 2"):
        IATI.verify(write(tmp_path, b"<iati-activities>\n<a></b>"), no_tick)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("latin-1", "ISO-8859-1"), ("cp1252", "windows-1252"), ("utf-16", "UTF-16"), ("gb18030", "GB18030")],
)
def test_other_encodings_are_read_where_the_file_says_so(tmp_path: Path, encoding: str, declared: str) -> None:
    title = "小武器" if encoding == "gb18030" else "Équipe d'élèves"
    text = document(activity(title=title)).decode().replace('encoding="UTF-8"', f'encoding="{declared}"')
    path = write(tmp_path, text.encode(encoding))
    IATI.verify(path, no_tick)
    ((piece,),) = batches(path)
    assert IATI.read(piece).title == title


def test_a_doctype_is_refused_in_every_encoding(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="GB18030"?><!DOCTYPE a [<!ENTITY b "c">]><iati-activities/>'
    with pytest.raises(DocumentRefused) as caught:
        IATI.verify(write(tmp_path, text.encode("gb18030")), no_tick)
    assert caught.value.code == "doctype"


def test_every_activity_is_counted_wherever_it_stands(tmp_path: Path) -> None:
    nested = activity("A", extra=activity("B"))
    content = (
        b"<wrapper><iati-activities>" + nested.encode() + b"</iati-activities><page><other/>"
        + activity("C").encode() + b"</page>" + b"<!-- <iati-activity/> -->" + b"</wrapper>"
    )  # fmt: skip
    for rows in (1, 2, 100):
        found = [piece.remote_id for batch in batches(write(tmp_path, content), rows) for piece in batch]
        assert sorted(found) == ["A", "B", "C"]


def test_batches_hold_so_many_and_none_is_lost_between_blocks(tmp_path: Path) -> None:
    path = write(tmp_path, document(*many(1001)))
    sizes, titles = [], set()
    for batch in batches(path, 100):
        sizes.append(len(batch))
        titles |= {IATI.read(piece).title for piece in batch}
    assert sizes == [100] * 10 + [1] and len(titles) == 1001


def test_a_second_record_of_one_identifier_is_at_fault_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, document(activity("A"), activity("B"), activity("A"), activity(" A ")))
    pieces = [piece for batch in batches(path, 2) for piece in batch]
    assert [piece.fault and piece.fault.code for piece in pieces] == [None, None] + ["duplicate_identifier"] * 2
    assert [piece.remote_id for piece in pieces] == ["A", "B", "A [no. 2]", "A [no. 3]"]
    assert [piece.line for piece in pieces] == [3, 4, 5, 6]


def test_lines_are_right_far_down_in_a_file(tmp_path: Path) -> None:
    ((piece,),) = batches(
        write(tmp_path, b"<iati-activities>" + b"\n" * 90_000 + activity().encode() + b"</iati-activities>")
    )
    assert piece.line == 90_001


def fault_of(piece: Piece) -> str | None:
    """Why a record cannot be used: known beforehand, or found by reading it."""
    try:
        if piece.fault:
            raise piece.fault
        IATI.read(piece)
    except RecordFault as fault:
        return fault.code
    return None


@pytest.mark.parametrize(
    "extra",
    [
        "<description><narrative>" + "x" * 4_100_000 + "</narrative></description>",
        '<tag code="1"/>' * 300_000,
        "<result/>" * 20_500,
        "<a>" * 41 + "</a>" * 41,
        "<a>" * 300 + "</a>" * 300,
    ],
    ids=["bytes in one text", "bytes in many elements", "elements", "depth", "depth beyond the parser"],
)
def test_a_monstrous_record_is_at_fault_and_its_neighbours_are_not(tmp_path: Path, extra: str) -> None:
    content = document(activity("A"), activity("HUGE", extra=extra), activity("C"))
    path = write(tmp_path, content)
    IATI.verify(path, no_tick)
    pieces = [piece for batch in batches(path) for piece in batch]
    assert [(piece.remote_id, fault_of(piece)) for piece in pieces] == [
        ("A", None), ("HUGE", "oversize"), ("C", None),
    ]  # fmt: skip


def test_memory_does_not_grow_with_a_monstrous_record(tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("w") as file:
        file.write("<iati-activities><iati-activity><iati-identifier>H</iati-identifier>")
        for _ in range(600):
            file.write('<transaction><value currency="USD">1</value></transaction>' * 1000)
        file.write("</iati-activity></iati-activities>")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (piece,) = [piece for batch in batches(path) for piece in batch]
    assert piece.remote_id == "H" and piece.fault and piece.fault.code == "oversize"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 25_000, f"{grown} KB more for a record of 35 MB"


def fingerprints(folder: Path, content: str) -> list[str]:
    return [piece.sha256 for batch in batches(write(folder, content.encode())) for piece in batch]


def contents(folder: Path, content: str) -> list[str]:
    return [
        content_key("how", dumps(record.document), record.document.get("last_updated"))
        for record in read_all(write(folder, content.encode()))
    ]


def test_layout_comments_attribute_order_and_the_export_time_do_not_change_the_content(tmp_path: Path) -> None:
    inside = '<title>T U</title><sector code="1" vocabulary="1"/>'
    plain = f'<iati-activities><iati-activity xml:lang="en" hierarchy="2">{inside}</iati-activity></iati-activities>'
    stamped = plain.replace("<iati-activity xml", '<iati-activity last-updated-datetime="2030-01-01" xml')
    for same in (
        stamped,
        plain.replace("><", ">\n   <"),
        plain.replace('xml:lang="en" hierarchy="2"', "hierarchy='2'   xml:lang='en'"),
        plain.replace('code="1" vocabulary="1"', 'vocabulary="1" code="1"'),
        plain.replace("<title>", "<!-- new --><title>"),
        plain.replace("<sector", "\n<sector").replace("/></iati-activity>", "></sector></iati-activity>"),
    ):
        assert contents(tmp_path, same) == contents(tmp_path, plain), same
    for other in (
        plain.replace("T U", "T  U"),
        plain.replace('hierarchy="2"', 'hierarchy="3"'),
        plain.replace("T U", "V"),
    ):
        assert contents(tmp_path, other) != contents(tmp_path, plain), other
    assert fingerprints(tmp_path, stamped) == fingerprints(tmp_path, plain), "the nightly stamp needs no reading"


def test_bytes_tell_one_record_from_another_also_where_only_what_surrounds_it_differs(tmp_path: Path) -> None:
    plain = "<iati-activities><iati-activity><title>T</title></iati-activity></iati-activities>"
    for other in (plain.replace(">T<", ">U<"), plain.replace("<iati-activities", '<iati-activities xml:lang="fr"')):
        assert fingerprints(tmp_path, other) != fingerprints(tmp_path, plain)


def test_what_stands_in_comments_and_quotes_is_no_activity(tmp_path: Path) -> None:
    odd = (
        "<!-- <iati-activity> --><iati-activities note='a > b'><?x <iati-activity>?>"
        '<iati-activity note="/>" other=">"><![CDATA[</iati-activity>]]><!-- <iati-identifier>NO</iati-identifier> -->'
        "<transaction><iati-identifier>NOT THIS</iati-identifier></transaction>"
        "<iati-identifier>X &amp; <![CDATA[<Y>]]></iati-identifier><title>T</title></iati-activity>"
        "<iati-activity/></iati-activities>"
    )
    found = [piece for batch in batches(write(tmp_path, odd.encode())) for piece in batch]
    assert [piece.remote_id for piece in found][0] == "X & <Y>" and len(found) == 2 and found[1].derived


def test_every_cut_between_blocks_gives_the_same_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        tmp_path, document(activity("A"), "<!-- between -->", activity("B", extra="<![CDATA[>]]>"), activity("C"))
    )
    whole = [(p.remote_id, p.sha256, p.line, p.raw.start, p.raw.length) for batch in batches(path) for p in batch]
    assert len(whole) == 3
    for size in (1, 2, 3, 7, 64, 500):
        monkeypatch.setattr(scanning, "BLOCK", size)
        cut = [(p.remote_id, p.sha256, p.line, p.raw.start, p.raw.length) for batch in batches(path) for p in batch]
        assert cut == whole, size


def test_namespaces_with_a_relative_address_are_read_all_the_same(tmp_path: Path) -> None:
    content = (
        '<iati-activities xmlns:x="relative"><iati-activity><x:a/><title>T</title></iati-activity></iati-activities>'
    )
    assert len(contents(tmp_path, content)) == 1


def test_batches_are_smaller_where_records_are_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "BATCH_BYTES", 1500)
    sizes = [len(batch) for batch in batches(write(tmp_path, document(*many(20))))]
    assert sum(sizes) == 20 and max(sizes) < 6
