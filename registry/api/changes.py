"""The change feed: everything that happened, in order, from wherever a follower stopped reading. It is the truth.

A follower keeps the cursor of `Link: <…>; rel="next"` and asks again; a restart loses and repeats nothing. `wait` lets
a request stand until something happens, in a bounded number of this process's threads; one too many does not wait.
"""

import hashlib
import threading
import time

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from sqlalchemy import ColumnElement

from registry.accounts import policy
from registry.api.answers import json_response
from registry.api.etags import not_modified
from registry.api.lists import here_with
from registry.api.openapi import PREFIX, Blueprint
from registry.api.problems import Problem
from registry.catalogue import identity
from registry.db import Database
from registry.errors import N_
from registry.events import feed
from registry.events.models import Event
from registry.events.sequencer import catch_up
from registry.http import actor, registry_app

BATCH_TYPE = "application/cloudevents-batch+json"
MOST, USUAL, LONGEST_WAIT = 1000, 500, 25
POLL_SECONDS = 0.5
WAITING_ROOM = threading.BoundedSemaphore(2)
"""Requests of this process that may stand waiting at once: half of its threads."""
SNAPSHOT = ("organisations", "programmes", "needs", "offers")

blp = Blueprint("changes", __name__, description="Everything that happened, in order (CloudEvents).")


class ChangesArgs(Schema):
    """Where to go on reading, how much, and how long to wait for something new."""

    after = fields.String(
        load_default="",
        validate=validate.Length(max=500, error=N_("At most {max} characters.")),
        metadata={"description": "cursor from the page before; none: from the oldest kept; `now`: only what comes"},
    )
    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": "most events per page"},
    )
    wait = fields.Integer(
        load_default=0,
        validate=validate.Range(0, LONGEST_WAIT, error=N_("This must be a whole number from {min} to {max}.")),
        metadata={"description": "seconds to wait for the next event where there is none yet"},
    )


class CloudEvent(Schema):
    """One event (CloudEvents 1.0). `data` is the record's summary after the change."""

    specversion = fields.String(required=True, validate=validate.Equal("1.0"))
    id = fields.String(required=True)
    source = fields.String(required=True)
    type = fields.String(required=True, metadata={"description": "`casa.need.opened` …, see docs/events.md"})
    time = fields.String(required=True, metadata={"format": "date-time"})
    subject = fields.String(required=True, metadata={"description": "`needs/12`"})
    datacontenttype = fields.String(required=True)
    sequence = fields.String(required=True, metadata={"description": "20 digits; sorts as the events happened"})
    data = fields.Dict(required=True, metadata={"description": "summary with `version`, `href`, `tombstone`"})


@blp.route("")
class Changes(MethodView):
    @blp.arguments(ChangesArgs, location="query")
    @blp.response(200, CloudEvent(many=True), content_type=BATCH_TYPE)
    @blp.alt_response(410, "GONE")
    def get(self, args: dict) -> Response:
        """Read what happened behind a cursor.

        `Link: <…>; rel="next"` leads on even where nothing is new yet; `X-Has-More` says whether to ask at once. 410:
        the cursor leads nowhere any more; read the lists anew and follow from `after=now`, asked for before them.
        """
        app = registry_app()  # its database, and not the request's session: no connection stands idle while this waits
        visible = policy.visible(actor(), Event)
        try:
            changes = _read(app.database, visible, args, app.settings.public_url)
            if not changes.events and args["wait"] and args["after"] != feed.NOW:
                changes = _wait(app.database, visible, args, app.settings.public_url) or changes
        except feed.Expired as error:
            lists = [f"{app.settings.public_url}{PREFIX}/{name}" for name in SNAPSHOT]
            raise Problem("gone", error.message, extra={"lists": lists}) from None
        return _answer(changes)


def _read(database: Database, visible: ColumnElement[bool], args: dict, source: str) -> feed.Changes:
    catch_up(database)
    with database.reading() as reading:
        return feed.read_changes(
            reading, visible, args["after"], args["limit"], epoch=identity.epoch(reading), source=source
        )


def _wait(database: Database, visible: ColumnElement[bool], args: dict, source: str) -> feed.Changes | None:
    """The first changes within the time asked for; None where the waiting room is full."""
    if not WAITING_ROOM.acquire(blocking=False):
        return None
    try:
        end = time.monotonic() + args["wait"]
        while True:
            time.sleep(max(0.0, min(POLL_SECONDS, end - time.monotonic())))
            changes = _read(database, visible, args, source)
            if changes.events or time.monotonic() >= end:
                return changes
    finally:
        WAITING_ROOM.release()


def _answer(changes: feed.Changes) -> Response:
    response = json_response(changes.events, content_type=BATCH_TYPE)
    seen = changes.next.encode() + response.get_data()
    etag = f'"{hashlib.sha256(seen).hexdigest()[:32]}"'
    response = not_modified(etag) or response
    response.headers["ETag"] = etag
    response.headers["Link"] = f'<{here_with(after=changes.next)}>; rel="next"'
    response.headers["X-Has-More"] = "true" if changes.has_more else "false"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Cookie"
    return response
