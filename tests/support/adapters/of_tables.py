"""CSV files and workbooks of the same rows."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl

from tests.support.adapters.kinds import RECORDS, Samples

HEADER = ("id", "title", "country", "start date", "budget usd", "note")
Cells = Sequence[object]


def rows(count: int) -> list[list[object]]:
    return [
        [f"P-{n}", f"Small arms {n}", "Kenya", "2024-01-01", "1500.50", "not asked for"] for n in range(1, count + 1)
    ]


def as_csv(*lines: Cells) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def as_xlsx(*lines: Cells) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Programmes")
    for line in lines:
        sheet.append(list(line))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _third(column: int, value: object) -> list[list[object]]:
    listed = rows(RECORDS)
    listed[2][column] = value
    return listed


def _reordered(lines: Iterable[Cells]) -> list[list[object]]:
    return [[*reversed(line)] for line in lines]


_BAD = {
    "amount": _third(4, "many"),
    "date": _third(3, "2024-13-45"),
    "identifier": _third(0, "X" * 900),
    "oversize": _third(5, "x" * 1_200_000),
    "row": [*rows(2), [*rows(3)[2], "beyond"], *rows(RECORDS)[3:]],
}
_LAID_OUT = _reordered([HEADER, *rows(RECORDS)])
CSV = Samples(
    good=lambda count: as_csv(HEADER, *rows(count)),
    reordered=as_csv(*_LAID_OUT).replace(b",", b" ;").replace(b"\r\n", b"\n\n").decode().encode("utf-16"),
    changed=as_csv(HEADER, *_third(1, "Changed")),
    broken_off=(
        as_csv(HEADER, *rows(3))[:-20],
        as_csv(HEADER, *rows(3)) + b'P-4,"Small arms',
    ),
    bad_third={code: as_csv(HEADER, *lines) for code, lines in _BAD.items()}
    | {"no_text": as_csv(HEADER, *_third(1, "")).replace(b"P-3,,Kenya", b"P-3,,")},
    duplicate=as_csv(HEADER, *rows(RECORDS - 1), rows(1)[0]),
    hostile=lambda text: as_csv(("id", "title"), (text, text)),
    controls={
        b"id,title\na\x00b,x\n": "not_table",
        b"id,title\n" + b"\n" * 70_000 + b"a\x00\x08b,x\x7f\x1f\x00\n": None,
        b"id,title\na\xed\xa0\x80b,x\n": "encoding",
    },
    empty=as_csv(HEADER),
    refused={
        b"PK\x03\x04": "compressed",
        b"\x00\x01\x02": "not_table",
        b'{"a": 1}': "not_table",
        b"a,b\n1,2\n": "columns",
        b"id,title\n\x81\x8d\xff\n": "encoding",
    },
)


def _patched(old: bytes, new: bytes) -> bytes:
    """A workbook of one record titled x, with other bytes in its sheet."""
    whole, packed = io.BytesIO(as_xlsx(("id", "title"), ("P-1", "x"))), io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content.replace(old, new) if "sheet1" in name or "shared" in name else content)
    return packed.getvalue()


_WHOLE = as_xlsx(HEADER, *rows(3))
XLSX = Samples(
    good=lambda count: as_xlsx(HEADER, *rows(count)),
    reordered=as_xlsx((), ("Our programmes",), (), *_LAID_OUT),
    changed=as_xlsx(HEADER, *_third(1, "Changed")),
    broken_off=(_WHOLE[:-30], _WHOLE[:2000]),
    bad_third={code: as_xlsx(HEADER, *lines) for code, lines in _BAD.items() if code != "oversize"},
    duplicate=as_xlsx(HEADER, *rows(RECORDS - 1), rows(1)[0]),
    hostile=lambda text: as_xlsx(("id", "title"), (text, text)),
    controls={_patched(b">x<", b">x&#0;<"): "not_table", _patched(b">x<", b">x_x0000_y<"): None},
    empty=as_xlsx(HEADER),
    refused={b"PK\x05\x06" + b"\0" * 18: "not_table", b"id,title\n1,x\n": "not_table"},
)
