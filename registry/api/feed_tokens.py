"""/api/v1/feeds/{id}/token: the token that a partner's server is shown. It is kept sealed and never shown again."""

from typing import Any

from flask import Response
from flask.views import MethodView

from registry.api.openapi import Blueprint
from registry.http import actor, registry_app, session
from registry.sync import credentials
from registry.sync.feeds import get_feed

blp = Blueprint(
    "feed_tokens", __name__, url_prefix="/api/v1/feeds", description="Tokens that partners' servers are shown."
)


@blp.route("/<int:feed_id>/token")
class FeedTokenItem(MethodView):
    @blp.arguments(credentials.TokenForm)
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def put(self, data: dict[str, Any], feed_id: int) -> Response:
        """Keep a token for the server of the feed's address, in place of one before; a changed address ends it."""
        feed = get_feed(session(), actor(), feed_id, lock=True)
        credentials.set_token(session(), actor(), feed, data["token"], registry_app().settings)
        return Response(status=204)

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, feed_id: int) -> Response:
        """Show the server no token any more."""
        credentials.remove_token(session(), actor(), get_feed(session(), actor(), feed_id, lock=True))
        return Response(status=204)
