"""The change feed: everything that happened, in order, from wherever a follower stopped reading. It is the truth.

A follower keeps the cursor of `Link: <…>; rel="next"` and asks again; a restart loses and repeats nothing. A page
behind which there is more is closed: nothing will ever be added to it, so that caches may keep it. `wait` lets a
request at the open end stand until something happens, in a bounded number of this process's threads; one too many
does not wait.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api import following
from registry.api.etags import not_modified
from registry.api.lists import here_with
from registry.api.openapi import PREFIX, Blueprint
from registry.api.problems import Problem
from registry.errors import N_
from registry.events import cloudevents, feed
from registry.http import actor, registry_app

BATCH_TYPE = "application/cloudevents-batch+json"
MOST, USUAL, LONGEST_WAIT = 1000, 500, 25
RETRY_SECONDS = 5
"""When to ask again, of whom no place was left to wait."""
CLOSED = "max-age=31536000, immutable"
"""Of a page to which nothing will be added. What retention takes away later may be read from caches all the same."""

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
        the cursor leads nowhere any more; take the snapshot that the problem names and follow from its cursor.
        """
        app = registry_app()  # its database, and not the request's session: no connection stands idle while this waits
        reader = following.reader_for(actor())
        after, limit = args["after"], args["limit"]
        end = time.monotonic() + args["wait"]
        with expired_as_problem():
            changes = following.read(app.database, reader, after, limit)
            if changes.rows or changes.has_more or not args["wait"] or after == feed.NOW:
                return _answer(changes, after)
            place = following.following().standing.enter()
            if place is None:
                response = _answer(changes, after)
                response.headers["Retry-After"] = str(RETRY_SECONDS)
                return response
            try:
                watch = following.following().watch
                while (
                    not changes.rows and not changes.has_more and watch.wait(changes.position, end - time.monotonic())
                ):
                    changes = following.read(app.database, reader, changes.next, limit)
            finally:
                place.leave()
            return _answer(changes, after)


@contextmanager
def expired_as_problem() -> Iterator[None]:
    """A cursor that leads nowhere is answered with the way out: the snapshot's address."""
    try:
        yield
    except feed.Expired as error:
        snapshot = f"{registry_app().settings.public_url}{PREFIX}/snapshot"
        raise Problem("gone", error.message, extra={"snapshot": snapshot}) from None


def _answer(changes: feed.Changes, after: str) -> Response:
    body = cloudevents.to_json(changes.rows, registry_app().settings.public_url)
    etag = f'"{hashlib.sha256(changes.next.encode() + body).hexdigest()[:32]}"'
    response = not_modified(etag) or Response(body, content_type=BATCH_TYPE)
    response.headers["ETag"] = etag
    response.headers["Link"] = f'<{here_with(after=changes.next)}>; rel="next"'
    response.headers["X-Has-More"] = "true" if changes.has_more else "false"
    # Without a cursor it begins with the oldest kept, which retention takes away.
    closed = changes.has_more and after not in ("", feed.NOW)
    scope = "private" if actor().signed_in else "public"
    response.headers["Cache-Control"] = f"{scope}, {CLOSED}" if closed else "no-store"
    response.vary.update(("Authorization", "Cookie"))
    return response
