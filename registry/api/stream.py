"""The change feed as a stream (server-sent events): a hint that something happened, as it happens.

The feed is the truth and the stream reads it: the id of each event is the feed's cursor behind it, so that a follower
whose connection broke goes on with `Last-Event-ID` and misses nothing. A stream holds one of a bounded number of
places, ends after some minutes by itself, and ends as soon as its caller may see other records than at its beginning.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from sqlalchemy import Row

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.api import following
from registry.api.changes import expired_as_problem
from registry.api.openapi import PREFIX, Blueprint
from registry.api.problems import Problem
from registry.api.rooms import hold
from registry.errors import N_, NotAuthenticated
from registry.events import cloudevents, feed
from registry.http import RegistryFlask, actor, asker, registry_app

STREAM_TYPE = "text/event-stream"
PAGE = 100
BEAT_SECONDS = 15
"""Between two signs of life, which keep proxies from closing the connection and find out that nobody listens."""
CHECK_SECONDS = 5
"""A revoked token ends its stream within so long."""
LIFE_SECONDS = 600
"""Then the stream ends and the follower connects anew, so that places go round; a tenth more or less, at random."""
RECONNECT_MS = 3000
RETRY_SECONDS = 10

blp = Blueprint("stream", __name__, url_prefix=f"{PREFIX}/changes", description="What happens, as it happens.")


class StreamArgs(Schema):
    """Where to go on."""

    after = fields.String(
        load_default="",
        validate=validate.Length(max=500, error=N_("At most {max} characters.")),
        metadata={"description": "cursor of the change feed; none: only what comes. `Last-Event-ID` goes before it"},
    )


@blp.route("/stream")
class ChangeStream(MethodView):
    @blp.arguments(StreamArgs, location="query")
    @blp.response(200, {"type": "string"}, content_type=STREAM_TYPE)
    @blp.alt_response(410, "GONE")
    @blp.alt_response(503, "SERVICE_UNAVAILABLE")
    def get(self, args: dict[str, str]) -> Response:
        """Stand and be told what happens: server-sent events whose `data` is a CloudEvent and whose `id` is a cursor.

        Ends after some minutes; connect again with `Last-Event-ID`. 503: all places are taken, see Retry-After.
        """
        app = registry_app()
        after = request.headers.get("Last-Event-ID", "").strip() or args["after"] or feed.NOW
        reader = following.reader_for(actor())
        with expired_as_problem():
            first = following.read(app.database, reader, after, PAGE)
        place = following.following().standing.enter()
        if place is None:
            message = N_("All places for streams are taken. Try again in %(seconds)s seconds.")
            raise Problem("unavailable", message, headers={"Retry-After": str(RETRY_SECONDS)}, seconds=RETRY_SECONDS)
        response = hold(place, frames(app, asker(), reader, first), STREAM_TYPE)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # nginx would hold events back
        return response


def frames(app: RegistryFlask, ask: Callable[[], Actor], reader: feed.Reader, changes: feed.Changes) -> Iterator[bytes]:
    """The stream's text, from a page of the feed on, until it is time to end."""
    watch, source = following.following(app).watch, app.settings.public_url
    end = time.monotonic() + LIFE_SECONDS * random.uniform(0.9, 1.1)  # noqa: S311  (spreads reconnections)
    told = checked = time.monotonic()
    yield b"retry: %d\nid: %b\n\n" % (RECONNECT_MS, changes.next.encode())
    while time.monotonic() < end and not watch.closed:
        if changes.rows:
            # Asked again right before anything is told, not only now and then.
            if not _same(ask, reader):
                return
            yield b"".join(frame(changes, row, source) for row in changes.rows)
            told = checked = time.monotonic()
        news = changes.has_more or watch.wait(changes.position, min(CHECK_SECONDS, end - time.monotonic()))
        now = time.monotonic()
        if now - checked >= CHECK_SECONDS:
            if not _same(ask, reader):
                return
            checked = now
        if now - told >= BEAT_SECONDS:
            # The id moves on over what this reader may not see, so that a reconnection need not.
            yield b": still here\nid: %b\n\n" % changes.next.encode()
            told = now
        try:
            changes = following.read(app.database, reader, changes.next, PAGE) if news else replace(changes, rows=())
        except feed.Expired:
            return  # the registry was restored meanwhile: the next connection is told so
    yield b": connect again\n\n"


def _same(ask: Callable[[], Actor], reader: feed.Reader) -> bool:
    """Whether the caller is still somebody who may see what this reader sees."""
    try:
        return policy.audience(ask()) == reader.audience
    except NotAuthenticated:
        return False


def frame(changes: feed.Changes, row: Row[Any], source: str) -> bytes:
    """One event as the stream sends it. JSON text holds no line breaks."""
    event = cloudevents.to_json([row], source)[1:-1]
    return b"id: %b\ndata: %b\n\n" % (changes.behind(row).encode(), event)
