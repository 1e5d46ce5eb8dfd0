"""/api/v1/feeds/{id}/notify: a partner's signed word that its feed has news, and the secret that it signs with."""

from typing import Any

from flask import Response, request
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.accounts import throttle
from registry.accounts.rules import ADDRESS
from registry.api.answers import json_response
from registry.api.forms import EmptyForm
from registry.api.openapi import Blueprint
from registry.db import utcnow
from registry.http import actor, client_address, registry_app, session
from registry.sync import pings
from registry.sync.feeds import get_feed
from registry.sync.models import FeedKey
from registry.webhooks.schemas import RotationForm

blp = Blueprint(
    "feed_pings",
    __name__,
    url_prefix="/api/v1/feeds",
    description="Partners' signed word that a feed has news, and the secrets that they sign with.",
)
SIGNED = [
    {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string", "maxLength": longest},
        "description": meaning,
    }
    for name, longest, meaning in (
        ("webhook-id", 200, "the message's own, without a dot: each counts once"),
        ("webhook-timestamp", 12, "seconds since 1970, at most five minutes away from now"),
        ("webhook-signature", 2000, "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; several: space between"),
    )
]


class TakenPing(Schema):
    """Where the run will show."""

    runs = fields.String(metadata={"description": "address of the feed's runs, for who may see them"})


class PingKey(Schema):
    """How a partner pings the feed."""

    url = fields.String(metadata={"description": "where to post to"})
    made_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "null: there is no secret, no ping counts"}
    )
    previous_until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "the secret before is good till then"}
    )
    last_ping_at = fields.AwareDateTime(allow_none=True)


class PingKeyWithSecret(PingKey):
    """As it is made: the one time that the secret is shown."""

    secret = fields.String(metadata={"description": "`whsec_…`"})


@blp.route("/<int:feed_id>/notify")
class Notify(MethodView):
    @blp.doc(parameters=SIGNED, security=[{}])
    @blp.response(202, TakenPing)
    @blp.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
    @blp.alt_response(429, "TOO_MANY_REQUESTS")
    def post(self, feed_id: int) -> Response:
        """Say that a feed has news: it is synchronised at once. Signed as Standard Webhooks has it, without login.

        The body may be anything up to 64 kB, and is not read beyond its signature. 401 where the signature does not
        fit, 409 for a copy of a message that was taken.
        """
        app, now = registry_app(), utcnow()
        limits = {f"ping:{throttle.address_key(client_address())}": ADDRESS}
        attempt = throttle.reserve(app.database, limits, now)
        request.max_content_length = pings.MOST_BYTES
        body = request.get_data(cache=False)
        headers = {name.lower(): value for name, value in request.headers.items()}
        pings.take_ping(session(), app.settings, feed_id, headers, body, now)
        throttle.take_back(session(), attempt)
        return json_response({"runs": f"{blp.url_prefix}/{feed_id}/runs"}, 202)


@blp.route("/<int:feed_id>/notify-secret")
class PingSecret(MethodView):
    @blp.response(200, PingKey)
    def get(self, feed_id: int) -> Response:
        """Read where a partner pings the feed, without the secret."""
        get_feed(session(), actor(), feed_id)
        return json_response(document(feed_id, pings.key_of(session(), feed_id)))

    @blp.arguments(RotationForm)
    @blp.response(201, PingKeyWithSecret)
    def post(self, data: dict[str, Any], feed_id: int) -> Response:
        """Make a secret for the partner, or another one; it is shown this once."""
        key, secret = pings.replace_key(session(), actor(), feed_id, data["overlap_hours"], registry_app().settings)
        return json_response(document(feed_id, key) | {"secret": secret}, 201, {"Cache-Control": "no-store"})


@blp.route("/<int:feed_id>/notify-secret/end")
class PingSecretEnd(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(200, PingKey)
    def post(self, _data: dict[str, Any], feed_id: int) -> Response:
        """Take no pings for the feed any more."""
        pings.remove_key(session(), actor(), feed_id)
        return json_response(document(feed_id, None))


def document(feed_id: int, key: FeedKey | None) -> dict[str, Any]:
    """A feed's pings as this API shows them."""
    return {
        "url": pings.ping_url(registry_app().settings, feed_id),
        "made_at": key.made_at if key else None,
        "previous_until": key.previous_until if key else None,
        "last_ping_at": pings.last_ping_at(session(), feed_id),
    }
