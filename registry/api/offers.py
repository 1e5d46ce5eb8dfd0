"""Offers over the API: the list, one offer, and its life (entry_life.py)."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import fields, validate

from registry.api.entry_life import Entry, add_life, several
from registry.api.etags import expected_version
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.matching_documents import OfferBody, OfferDocument, OfferPatch, OfferRenewal
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching import listing, matches, offers
from registry.matching.fields import StateCode
from registry.matching.models import ASSISTANCE_TYPES, OFFER_STATUSES
from registry.matching.views import offer_views
from registry.schemas import RecordId

blp = Blueprint("offers", __name__, description="What donors and agencies can give.")
entry = Entry(offers.OFFERS, offer_views, OfferDocument, OfferRenewal, matches.matches_of_offer)


class OfferListArgs(ListArgs):
    """Filters of the list of offers; those for all themes or worldwide are found by any theme or place."""

    state = several(StateCode(), "State that the offer reaches, by any code or name")
    region = several(fields.String(), "M49 region that the offer reaches")
    theme = several(fields.String(), "theme that the offer is for")
    type = several(fields.String(validate=validate.OneOf(ASSISTANCE_TYPES)), "type of assistance")
    status = several(fields.String(validate=validate.OneOf(OFFER_STATUSES)), "status")
    organisation = several(RecordId(), "id of the organisation that offers")


@blp.route("")
class Offers(MethodView):
    @blp.arguments(OfferListArgs, location="query")
    @blp.response(200, page_of(OfferDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List offers."""
        filters = listing.Filters(
            q=args["q"], states=args["state"], themes=args["theme"], types=args["type"], statuses=args["status"],
            regions=args["region"], organisations=args["organisation"],
        )  # fmt: skip
        page = listing.list_offers(session(), actor(), filters, args["sort"], args["cursor"], args["limit"])
        return list_response(page.items, page.next, page.total)

    @idempotent
    @blp.arguments(OfferBody)
    @blp.response(201, OfferDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Enter an offer as a draft."""
        offer = offers.create_offer(session(), actor(), data)
        return entry.answer(offer, 201, f"{blp.url_prefix}/{offer.id}")


@blp.route("/<int:offer_id>")
class OfferItem(MethodView):
    @blp.response(200, OfferDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, offer_id: int) -> Response:
        """Read an offer."""
        return entry.answer(offers.get_offer(session(), actor(), offer_id))

    @blp.arguments(OfferPatch(partial=True))
    @blp.response(200, OfferDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], offer_id: int) -> Response:
        """Change an offer; an open one must stay matchable, and is matched anew."""
        return entry.answer(offers.update_offer(session(), actor(), offer_id, data, expected_version()))


add_life(blp, entry)
