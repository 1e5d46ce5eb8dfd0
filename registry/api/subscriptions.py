"""/api/v1/subscriptions: webhooks. Who is told of which events at which address, what was delivered, sending again."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.accounts import policy
from registry.accounts.models import User
from registry.api.answers import json_response
from registry.api.etags import expected_version, item_response, versioned
from registry.api.forms import EmptyForm
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue import identity
from registry.errors import N_
from registry.events import feed
from registry.http import actor, registry_app, session
from registry.webhooks import deliveries, listing, subscriptions
from registry.webhooks.models import STATUSES
from registry.webhooks.reasons import DELIVERY_REASONS, DISABLED_REASONS
from registry.webhooks.schemas import ReplayForm, RotationForm, SubscriptionForm, SubscriptionPatch

blp = Blueprint("subscriptions", __name__, description="Webhooks: events brought to an address of yours, signed.")


class SubscriptionDocument(Schema):
    """A subscription. `version` counts what people change, and being switched off."""

    id = fields.Integer()
    name = fields.String()
    url = fields.String()
    types = fields.List(fields.String())
    states = fields.List(fields.String())
    user_id = fields.Integer(metadata={"description": "owner: messages carry what this account may see"})
    state = fields.String(allow_none=True)
    organisation_id = fields.Integer(allow_none=True)
    enabled = fields.Boolean()
    disabled_at = fields.AwareDateTime(allow_none=True)
    disabled_reason = fields.String(allow_none=True, validate=validate.OneOf(list(DISABLED_REASONS)))
    failures = fields.Integer(metadata={"description": "failed tries in a row"})
    failing_since = fields.AwareDateTime(allow_none=True)
    paused_until = fields.AwareDateTime(allow_none=True)
    delivered_at = fields.AwareDateTime(allow_none=True)
    previous_until = fields.AwareDateTime(
        allow_none=True, metadata={"description": "the secret before signs till then"}
    )
    waiting = fields.Integer(metadata={"description": "messages that wait"})
    behind = fields.Integer(metadata={"description": "events not looked at yet"})
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class SubscriptionWithSecret(SubscriptionDocument):
    """As it is made: the one time that the secret is shown."""

    secret = fields.String(allow_none=True, metadata={"description": "`whsec_…`; null in a repeated answer"})


class AttemptDocument(Schema):
    """One try. `reason` null: it was taken."""

    number = fields.Integer()
    at = fields.AwareDateTime()
    milliseconds = fields.Integer()
    http_status = fields.Integer(allow_none=True)
    reason = fields.String(allow_none=True, validate=validate.OneOf(list(DELIVERY_REASONS)))
    detail = fields.String(metadata={"description": "the beginning of the answer, or what went wrong"})


class DeliveryDocument(Schema):
    """One message. `next_at` null: it will not be tried again."""

    id = fields.Integer()
    subscription_id = fields.Integer()
    event_uid = fields.String(metadata={"description": "the `webhook-id`, which is the event's id"})
    event_type = fields.String()
    subject = fields.String(metadata={"description": "`needs/12`"})
    position = fields.Integer(allow_none=True, metadata={"description": "null: a test"})
    status = fields.String(validate=validate.OneOf(STATUSES))
    reason = fields.String(allow_none=True, validate=validate.OneOf(list(DELIVERY_REASONS)))
    tries = fields.Integer(metadata={"description": "since it was last asked for"})
    attempts = fields.Integer(metadata={"description": "ever"})
    next_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    last_attempt = fields.Nested(AttemptDocument, allow_none=True)


class DeliveryWithTries(DeliveryDocument):
    """One message with its body (null for who may see the log, but not what the owner sees) and all its tries."""

    body = fields.String(allow_none=True)
    tried = fields.List(fields.Nested(AttemptDocument))


class SubscriptionArgs(ListArgs):
    """One order and no search."""

    class Meta:
        exclude = ("q", "sort")


class DeliveryArgs(SubscriptionArgs):
    """The log by what became of messages."""

    status = fields.String(
        load_default=None, validate=validate.OneOf(STATUSES, error=N_("This must be one of: {choices}."))
    )


class ReplayDocument(Schema):
    """What a replay will go through."""

    events = fields.Integer(metadata={"description": "events that are looked at again"})
    deliveries = fields.String(metadata={"description": "address of the log, where they appear"})


@blp.route("")
class Subscriptions(MethodView):
    @blp.arguments(SubscriptionArgs, location="query")
    @blp.response(200, page_of(SubscriptionDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List your subscriptions and your colleagues'."""
        rows, following = listing.subscription_rows(session(), actor(), args["cursor"], args["limit"])
        return list_response(rows, following, None)

    @idempotent(shown_once="secret")
    @blp.arguments(SubscriptionForm)
    @blp.response(201, SubscriptionWithSecret)
    def post(self, data: dict[str, Any]) -> Response:
        """Subscribe. The answer shows the secret, this once; messages begin with what happens from now on."""
        owner = session().get_one(User, actor().user_id)
        made, secret = subscriptions.create_subscription(session(), actor(), owner, data, registry_app().settings)
        document = listing.subscription_row(session(), made) | {"secret": secret}
        return _secret(item_response(document, made.version, status=201, location=f"{blp.url_prefix}/{made.id}"))


@blp.route("/<int:subscription_id>")
class SubscriptionItem(MethodView):
    @blp.response(200, SubscriptionDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, subscription_id: int) -> Response:
        """Read a subscription."""
        found = subscriptions.get_subscription(session(), actor(), subscription_id)
        # The courier's book-keeping changes without a new version, so this is never answered with 304.
        return json_response(listing.subscription_row(session(), found), headers={"ETag": f'"{found.version}"'})

    @blp.arguments(SubscriptionPatch)
    @blp.response(200, SubscriptionDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], subscription_id: int) -> Response:
        """Change a subscription, switch it off or on."""
        settings = registry_app().settings
        changed = subscriptions.update_subscription(
            session(), actor(), subscription_id, data, expected_version(), settings
        )
        return item_response(listing.subscription_row(session(), changed), changed.version)

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, subscription_id: int) -> Response:
        """Take a subscription away with its messages."""
        subscriptions.delete_subscription(session(), actor(), subscription_id, expected_version())
        return Response(status=204)


@blp.route("/<int:subscription_id>/rotate-secret")
class SecretRotation(MethodView):
    @versioned
    @blp.arguments(RotationForm)
    @blp.response(200, SubscriptionWithSecret)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], subscription_id: int) -> Response:
        """Take another secret, shown this once. Messages are signed with the one before too, as long as you say."""
        settings, hours = registry_app().settings, data["overlap_hours"]
        changed, secret = subscriptions.rotate_secret(
            session(), actor(), subscription_id, hours, expected_version(), settings
        )
        return _secret(
            item_response(listing.subscription_row(session(), changed) | {"secret": secret}, changed.version)
        )


@blp.route("/<int:subscription_id>/test")
class TestMessage(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(202, DeliveryDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, _data: dict[str, Any], subscription_id: int) -> Response:
        """Send a test message, tried once. What became of it stands at the answer's Location."""
        made = deliveries.send_test(session(), actor(), subscription_id, registry_app().settings.public_url)
        where = f"{blp.url_prefix}/{subscription_id}/deliveries/{made.id}"
        return json_response(deliveries.delivery_row(made), 202, {"Location": where})


@blp.route("/<int:subscription_id>/replay")
class Replay(MethodView):
    @blp.arguments(ReplayForm)
    @blp.response(202, ReplayDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(410, "GONE")
    def post(self, data: dict[str, Any], subscription_id: int) -> Response:
        """Send everything again from an instant or a cursor of the change feed on, under the same ids."""
        if data["since"] is not None:
            position = deliveries.position_before(session(), data["since"])
        else:
            epoch, audience = identity.epoch(session()), policy.audience(actor())
            position = feed.position_of(session(), data["after"], epoch=epoch, audience=audience)
        events = deliveries.replay_from(session(), actor(), subscription_id, position)
        where = f"{blp.url_prefix}/{subscription_id}/deliveries"
        return json_response({"events": events, "deliveries": where}, 202, {"Location": where})


@blp.route("/<int:subscription_id>/deliveries")
class Deliveries(MethodView):
    @blp.arguments(DeliveryArgs, location="query")
    @blp.response(200, page_of(DeliveryDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any], subscription_id: int) -> Response:
        """List a subscription's messages, newest first, each with its last try."""
        rows, following = deliveries.delivery_rows(
            session(), actor(), subscription_id, args["status"], args["cursor"], args["limit"]
        )
        return list_response(rows, following, None)


@blp.route("/<int:subscription_id>/deliveries/<int:delivery_id>")
class DeliveryItem(MethodView):
    @blp.response(200, DeliveryWithTries)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, subscription_id: int, delivery_id: int) -> Response:
        """Read one message with its body and all its tries."""
        return json_response(deliveries.delivery_with_tries(session(), actor(), subscription_id, delivery_id))


@blp.route("/<int:subscription_id>/deliveries/<int:delivery_id>/replay")
class DeliveryReplay(MethodView):
    @blp.arguments(EmptyForm)
    @blp.response(202, DeliveryDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, _data: dict[str, Any], subscription_id: int, delivery_id: int) -> Response:
        """Send one message again, the same bytes under the same id; one that waits is due at once."""
        delivery = deliveries.replay_one(session(), actor(), subscription_id, delivery_id)
        return json_response(deliveries.delivery_row(delivery), 202)


def _secret(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
