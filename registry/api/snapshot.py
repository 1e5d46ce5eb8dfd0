"""The snapshot: everything the caller may see now, streamed, with the cursor of the change feed to go on from.

Where a follower begins, and begins again after a 410. The form of its lines stands in docs/events.md.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.api import following
from registry.api.openapi import Blueprint
from registry.api.rooms import send_file
from registry.catalogue import identity
from registry.catalogue import snapshot as catalogue
from registry.compliance import snapshot as compliance
from registry.db import utcnow
from registry.errors import N_
from registry.events import feed
from registry.events.sequencer import catch_up
from registry.events.snapshot import Kind, Record, snapshot_lines
from registry.http import RegistryFlask, actor, registry_app
from registry.matching import snapshot as matching
from registry.schemas import LARGEST_ID

LINES_TYPE = "application/x-ndjson"
MOST_IDS = 200
"""Asked for by number at once"""
GZIP_LEVEL = 3
"""Programme documents shrink to an eighth with it; higher levels cost three times as much for a tenth."""

ReadFor = Callable[[Session, Actor, int, int], Sequence[tuple[int, Record]]]
KINDS: dict[str, tuple[str, ReadFor, int]] = {
    "organisation": ("organisations", catalogue.read_organisations, 500),
    "programme": ("programmes", catalogue.read_programmes, 200),
    "need": ("needs", matching.read_needs, 200),
    "offer": ("offers", matching.read_offers, 200),
    "standard": ("standards", compliance.read_standards, 500),
    "assessment": ("assessments", compliance.read_assessments, 20),
    "indicator_series": ("indicator-series", compliance.read_series, 50),
    "participation": ("participation", compliance.read_participation, 500),
}
"""Kind → where its addresses begin, how its pages are read, records per page; what refers stands behind what it names.
"""

blp = Blueprint("snapshot", __name__, description="Everything there is now, to begin following from.")


class SnapshotArgs(Schema):
    """Which kinds of records."""

    kind = fields.List(
        fields.String(validate=validate.OneOf(tuple(KINDS), error=N_("Choose one of: {choices}."))),
        load_default=list,
        metadata={"description": "kinds wanted; none: all"},
    )


@blp.route("")
class Snapshot(MethodView):
    @blp.arguments(SnapshotArgs, location="query")
    @blp.response(200, {"type": "string"}, content_type=LINES_TYPE)
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self, args: dict[str, Any]) -> Response:
        """Read everything you may see, one JSON object per line, with the cursor to follow from.

        The last line is `{"end": …}` with the counts: without it the snapshot is not whole.
        """
        return _send(kinds_for(actor(), args["kind"]))


class ForPeersArgs(Schema):
    """Which programmes."""

    id = fields.List(
        fields.Integer(validate=validate.Range(1, LARGEST_ID)),
        load_default=list,
        validate=validate.Length(max=MOST_IDS, error=N_("At most {max}.")),
        metadata={"description": "numbers of the programmes wanted; none: all"},
    )


@blp.route("/for-peers")
class ForPeers(MethodView):
    @blp.arguments(ForPeersArgs, location="query")
    @blp.response(200, {"type": "string"}, content_type=LINES_TYPE)
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self, args: dict[str, Any]) -> Response:
        """Read the public programmes as one registry hands them to another.

        Lines as in the snapshot. `data.document` is what the record's origin says, `data.origin` which version of it;
        without `data.origin` the record is this registry's own, in the version of its line.
        """
        read = partial(_for_peers, args["id"] or None)
        return _send({"programme": Kind("programmes", read, KINDS["programme"][2])})


def _for_peers(ids: Sequence[int] | None, session: Session, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    return catalogue.read_for_peers(session, ids, after, limit)


def _send(kinds: Mapping[str, Kind]) -> Response:
    who = actor()
    zipped = request.accept_encodings.quality("gzip") > 0

    def begin() -> Iterable[bytes]:
        lines = _begin(registry_app(), who, kinds)
        return gzipped(lines) if zipped else lines

    response = send_file(begin, LINES_TYPE)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "no-store"
    return response


def _begin(app: RegistryFlask, who: Actor, kinds: Mapping[str, Kind]) -> Iterator[bytes]:
    catch_up(app.database)
    with app.database.reading() as reading:
        epoch, registry = identity.epoch(reading), identity.registry_id(reading)
        generation = identity.generation(reading)
        cursor = feed.current_cursor(reading, following.reader_for(who), epoch)
    source = app.settings.public_url
    return snapshot_lines(
        app.database, kinds, epoch=epoch, cursor=cursor, source=source, now=utcnow(), registry=registry,
        generation=generation,
    )  # fmt: skip


def kinds_for(who: Actor, wanted: Iterable[str] = ()) -> dict[str, Kind]:
    """The kinds wanted (none named: all) as this actor sees them, in the order of KINDS."""
    names = set(wanted) or set(KINDS)
    return {
        name: Kind(subject, partial(_as, who, read), page)
        for name, (subject, read, page) in KINDS.items()
        if name in names
    }


def _as(who: Actor, read: ReadFor, session: Session, after: int, limit: int) -> Sequence[tuple[int, Record]]:
    return read(session, who, after, limit)


def gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as one gzip member, sent while it is made."""
    packer = zlib.compressobj(GZIP_LEVEL, wbits=31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
