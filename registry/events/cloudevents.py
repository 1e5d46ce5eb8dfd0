"""A sequenced row of the table as CloudEvents 1.0, in JSON. The stored data is taken over as the text that it is."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Row

from registry.events.origin import origin_of

PREFIX = "casa."
"""Before our type in CloudEvents' `type`, so that consumers of several sources tell them apart."""
HIDDEN = "hidden"
"""`need.hidden`: what those are told who may no longer see a record, in place of what happened to it."""
SUBJECTS = {
    "standard": "standards/{standard}", "run": "feeds/runs/{id}", "hold": "feeds/holds/{id}",
    "listed_party": "listed/{id}", "indicator_series": "indicator-series/{id}",
    "national_report": "national-reports/{id}",
    "participation": "participation/{id}",
}  # fmt: skip
"""Kinds whose address is not kind + s and the id: made of the id and the event's data."""
_OPTIONS = orjson.OPT_UTC_Z


def cloud_event(row: Row[Any], source: str) -> dict[str, Any]:
    """One event; `data` is the record's summary with its version and address, `tombstone` where it is gone."""
    event: dict[str, Any] = orjson.loads(to_json([row], source)[1:-1])
    return event


def to_json(rows: Iterable[Row[Any]], source: str) -> bytes:
    """A batch: a JSON array. Rows are as feed.read_changes gives them; `source` is this registry's public address."""
    address = orjson.dumps(f"{source}/api/v1/")[:-1]
    return orjson.dumps([_event(row, source, address) for row in rows], option=_OPTIONS)


def _event(row: Row[Any], source: str, address: bytes) -> dict[str, Any]:
    kind, type_, summary, gone = row.kind, row.type, row.data, False
    if kind in SUBJECTS:
        subject = SUBJECTS[kind].format_map({**orjson.loads(summary), "id": row.record_id})
    else:
        subject = f"{kind}s/{row.record_id}"
    if not row.shown:
        type_, summary, gone = f"{kind}.{HIDDEN}", "{}", True
    elif type_.endswith(".archived"):
        gone = True
    # Spliced into the text of the summary, which outbox.emit keeps free of these names.
    origin = origin_of(row)
    ending = b'"version":%d,"href":%b%b%b%b}' % (
        row.record_version, address, orjson.dumps(subject)[1:], b',"tombstone":true' if gone else b"",
        b',"origin":' + orjson.dumps(origin.as_json()) if origin else b"",
    )  # fmt: skip
    data = b"{" + ending if summary == "{}" else summary[:-1].encode() + b"," + ending
    return {
        "specversion": "1.0",
        "id": row.uid,
        "source": source,
        "type": PREFIX + type_,
        "time": row.at,
        "subject": subject,
        "datacontenttype": "application/json",
        "sequence": f"{row.position:020d}",
        "data": orjson.Fragment(data),
    }
