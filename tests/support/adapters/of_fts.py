"""Pages of FTS flows, in the shape of its API."""

import json
from pathlib import Path
from typing import Any

from tests.support.adapters.kinds import RECORDS, Samples

Flow = dict[str, Any]


def flow(number: int | str = 1, **changes: Any) -> Flow:
    """A flow from one organisation to another."""
    return {
        "id": str(number), "versionId": 1, "description": f"Small arms {number}", "status": "commitment",
        "amountUSD": 1000, "date": "2024-05-06T00:00:00Z", "updatedAt": "2024-05-07T08:09:10.111Z",
        "sourceObjects": [
            {"type": "Organization", "id": "11", "name": "Norway, Government of", "organizationTypes": ["Government"]},
            {"type": "Location", "id": "12", "name": "Norway"},
        ],
        "destinationObjects": [
            {"type": "Organization", "id": "21", "name": "Test Relief", "organizationTypes": ["NGO"],
             "organizationSubTypes": ["International"]},
            {"type": "Location", "id": "22", "name": "Korea, Republic of"},
            {"type": "UsageYear", "id": "23", "name": "2024"},
            {"type": "UsageYear", "id": "24", "name": "2026"},
            {"type": "GlobalCluster", "id": "25", "name": "Protection"},
            {"type": "Plan", "id": "26", "name": "Test plan 2024"},
        ],
        "boundary": "incoming", "onBoundary": "single", "parentFlowId": None, "childFlowIds": [8, 7], "refCode": "R-1",
    } | changes  # fmt: skip


def page(*flows: Any, following: str | None = None, count: int | None = None) -> bytes:
    """A page of the API."""
    meta: dict[str, Any] = {"language": "en", "count": len(flows) if count is None else count}
    if following:
        meta["nextLink"] = following
    return json.dumps({"status": "ok", "data": {"incoming": {}, "flows": flows}, "meta": meta}).encode()


def flows(count: int) -> list[Flow]:
    return [flow(number) for number in range(1, count + 1)]


def folder_of_pages(folder: Path, count: int) -> Path:
    """A document of several pages as fetching leaves it: 50 flows each."""
    pages = folder / f"pages-{count}"
    pages.mkdir(exist_ok=True)
    listed = flows(count)
    for at in range(0, count, 50):
        (pages / f"{at:06}").write_bytes(page(*listed[at : at + 50], count=count))
    return pages


def _turned(found: Flow) -> Flow:
    """The same flow as another query shows it."""
    objects = {side: list(reversed(found[side])) for side in ("sourceObjects", "destinationObjects")}
    return dict(reversed(list((found | objects | {"onBoundary": "shared", "childFlowIds": [7, 8]}).items())))


def _third(third: Any) -> bytes:
    listed: list[Any] = flows(RECORDS)
    listed[2] = third
    return page(*listed)


def _nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


_WHOLE = page(*flows(3))
FTS = Samples(
    good=lambda count: page(*flows(count)),
    large=folder_of_pages,
    reordered=json.dumps(json.loads(page(*map(_turned, flows(RECORDS)))), indent=3).encode(),
    changed=_third(flow(3, description="Changed", versionId=2)),
    broken_off=(_WHOLE[:-1], _WHOLE[:-60], _WHOLE[:700]),
    bad_third={
        "amount": _third(flow(3, amountUSD="many")),
        "date": _third(flow(3, date="2024-13-45T00:00:00Z")),
        "no_text": _third({"id": "3"}),
        "unreadable": _third("no flow"),
        "identifier": _third(flow("9" * 900)),
        "oversize": _third(flow(3, description="x" * 1_100_000)),
    },
    duplicate=page(*flows(RECORDS - 1), flow(1)),
    hostile=lambda text: page(flow(text, description=text)),
    controls={
        page(flow("a\x00b", description="x\x00\x08y")): None,
        page(flow(1, description="x\ud800y", refCode="\udfff", **{"\ud800": 1})): None,
        page(flow(1)).replace(b"Relief", b"\xff\xfe"): "encoding",
    },
    empty=page(),
    refused={
        b'{"status": "ok", "meta": {}}': "not_flows",
        b'{"status": "ok", "data": {"flows": null}}': "not_flows",
        b'{"code": "BadRequest", "message": "year is missing", "status": "error"}': "not_flows",
        b"[]": "not_flows",
        b'{"data": {"flows": []}, "meta": null}': "not_flows",
        b'{"data": {"flows": [' + b"[" * 100_000: "not_json",
        b'{"data": {"flows": [{"amountUSD": NaN}]}}': "not_json",
        b'{"data": {"flows": [{"amountUSD": 1' + b"0" * 5000 + b"}]}}": "not_json",
    },
)
DEEP = _third(flow(3, keywords=_nested(300)))
"""Seven flows, the third of them nested so deep that it is not to be walked"""
