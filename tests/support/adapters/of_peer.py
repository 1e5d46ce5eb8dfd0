"""What a registry hands to its peers: a head, programmes line by line, an end."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.adapters.kinds import RECORDS, Samples

THERE = "8a3f0c5e-0000-4000-8000-000000000001"
HEAD = {
    "format": 1, "source": "https://there.test", "epoch": "e1", "cursor": "WyJlMSJd", "registry": THERE,
    "generation": 0, "kinds": ["programme"],
}  # fmt: skip


def line(number: Any = 1, version: Any = 1, title: str | None = None, **changes: Any) -> dict[str, Any]:
    """A programme's line. `changes` are of its data."""
    document = {
        "iati_identifier": f"XM-TEST-{number}",
        "title": [{"text": title or f"Small arms {number}", "lang": "en"}],
        "countries": [{"code": "KE"}],
        "budgets": [{"type": "1", "value": {"amount": 100_00, "currency": "USD"}}],
    }
    data = {"visibility": "public", "document": document} | changes
    return {"kind": "programme", "id": number, "subject": f"programmes/{number}", "version": version, "data": data}


def handed(*lines: Any, head: dict[str, Any] | None = None, records: int | None = None, **layout: Any) -> bytes:
    """The whole of it."""
    end = {"end": {"records": len(lines) if records is None else records}}
    said = [{"snapshot": HEAD if head is None else head}, *lines, end]
    return b"".join((item if isinstance(item, bytes) else json.dumps(item, **layout).encode()) + b"\n" for item in said)


def lines(count: int) -> list[Any]:
    return [line(number) for number in range(1, count + 1)]


def _third(third: Any) -> bytes:
    found = lines(RECORDS)
    found[2] = third
    return handed(*found)


def _documented(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = line(3)["data"]["document"]
    return line(3, document=document | changes)


def events(*said: tuple[int, str, dict[str, Any]]) -> bytes:
    """A page of events: (position, subject, data)."""
    return json.dumps(
        [{"sequence": f"{position:020d}", "subject": subject, "data": data} for position, subject, data in said]
    ).encode()


def _turned(found: dict[str, Any]) -> dict[str, Any]:
    data = {**found["data"], "document": dict(reversed(list(found["data"]["document"].items())))}
    return dict(reversed(list((found | {"data": data}).items())))


def _heads(*changes: dict[str, Any]) -> Sequence[bytes]:
    return [handed(head=HEAD | change) for change in changes]


_WHOLE = handed(*lines(3))
PEER = Samples(
    good=lambda count: handed(*lines(count)),
    reordered=handed(*map(_turned, lines(RECORDS)), separators=(" , ", " : ")),
    changed=_third(line(3, 2, "Changed")),
    broken_off=(_WHOLE[:-1], _WHOLE[:-20], _WHOLE[:700], handed(*lines(3), records=4)),
    bad_third={
        "no_text": _third(_documented(title=[], derived_identifier=True)),
        "identifier": _third(_documented(iati_identifier="X" * 900)),
        "origin": _third(line(3, origin={"registry": THERE, "id": 3, "generation": 2**60, "version": 1})),
        "oversize": _third(_documented(descriptions=[{"type": "1", "narratives": [{"text": "x" * 4_100_000}]}])),
        "unreadable": _third(b'{"no": "JSON'),
    },
    duplicate=handed(*lines(RECORDS - 1), line(1)),
    hostile=lambda text: handed(
        line(1, document={"iati_identifier": text, "title": [{"text": text, "lang": "en"}], "language": "en"})
    ),
    controls={handed(line(1, document={"iati_identifier": "a\x00b", "title": [{"text": "x\x00\x08y"}]})): None},
    empty=handed(),
    refused={
        b"[]\n": "not_registry",
        b'{"snapshot": []}\n': "not_registry",
        **dict.fromkeys(
            _heads({"registry": "../etc"}, {"generation": -1}, {"generation": "7"}, {"cursor": "c" * 501}),
            "not_registry",
        ),
    },
)
