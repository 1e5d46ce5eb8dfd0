"""/api/v1/proposals: from a match to a commitment, what was paid and received."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import item_response
from registry.api.forms import Described
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue.schemas import ProgrammeCreateSchema, ProgrammePatchSchema
from registry.compliance.schemas import StateCode
from registry.errors import N_, NotFound
from registry.http import actor, session
from registry.matching.ledger import new_programme, proposing, rules, service, views
from registry.matching.ledger.models import Proposal
from registry.matching.ledger.schemas import ProposalForm
from registry.matching.models import ASSISTANCE_TYPES
from registry.matching.needs import get_need
from registry.matching.offers import get_offer
from registry.schemas import RecordId

blp = Blueprint("proposals", __name__, description="From a match to a commitment, what was paid and received.")


class ProposalListArgs(ListArgs):
    """Filters of the list."""

    class Meta:
        exclude = ("q",)

    need_id = RecordId(load_default=None)
    offer_id = RecordId(load_default=None)
    organisation_id = RecordId(load_default=None)
    round_id = RecordId(load_default=None)
    programme_id = RecordId(load_default=None)
    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    status = fields.String(
        load_default=None, validate=validate.OneOf(rules.STATUSES, error=N_("This must be one of: {choices}."))
    )
    waiting = fields.Boolean(load_default=False, metadata={"description": "only those that wait for your yes or no"})
    flagged = fields.Boolean(
        load_default=False, metadata={"description": "only yours (for coordinators: all) that something stands against"}
    )


class ProposalBody(Described, ProposalForm):
    """A proposal: without an amount it is in kind."""


class ActBody(Described, Schema):
    """What is said with an act; which fields depends on the act (docs/ledger.md)."""

    text = fields.String()
    reason = fields.String()
    amount = fields.Integer(metadata={"description": "minor units"})
    on = fields.Date()
    step_id = fields.Integer(metadata={"description": "the payment or delivery that an entry takes back"})
    programme_id = fields.Integer()


class ProposalDocument(Schema):
    """A proposal, with what its steps come to. Amounts in minor units."""

    id = fields.Integer()
    need_id = fields.Integer()
    need_title = fields.String()
    need_language = fields.String(allow_none=True)
    state = fields.String()
    state_name = fields.String()
    offer_id = fields.Integer()
    offer_title = fields.String()
    offer_language = fields.String(allow_none=True)
    organisation_id = fields.Integer()
    organisation_name = fields.String()
    round_id = fields.Integer(allow_none=True)
    type = fields.String(allow_none=True)
    types = fields.List(fields.String(), metadata={"description": "types of lines that it may go to"})
    amount = fields.Integer(allow_none=True, metadata={"description": "as it stands; null: in kind"})
    first_amount = fields.Integer(allow_none=True, metadata={"description": "as it was proposed"})
    currency = fields.String(allow_none=True)
    usd_cents = fields.Integer(allow_none=True)
    need_amount = fields.Integer(
        allow_none=True, metadata={"description": "its value in the currency in which the need is counted"}
    )
    need_currency = fields.String(allow_none=True)
    rate = fields.String(
        allow_none=True, metadata={"description": "`need_currency` for one unit of `currency`; null where both are one"}
    )
    rate_date = fields.Date(allow_none=True)
    rate_source = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf(rules.STATUSES))
    score = fields.Float(allow_none=True, metadata={"description": "of the match when it was proposed"})
    weights_version = fields.String(allow_none=True)
    programme_id = fields.Integer(allow_none=True)
    programme_title = fields.String(allow_none=True)
    proposed_by = fields.String(validate=validate.OneOf(rules.SIDES))
    waits_for = fields.List(fields.String(), metadata={"description": "sides whose yes or no is still to come"})
    question_of = fields.String(allow_none=True, metadata={"description": "side whose question waits for an answer"})
    disbursed = fields.Integer(allow_none=True)
    delivered = fields.Integer(allow_none=True)
    objected = fields.Boolean()
    flags = fields.List(fields.String(), metadata={"description": "reasons that stand against the commitment by now"})
    allowed = fields.List(fields.String(), metadata={"description": "reasons that a coordinator let pass"})
    met = fields.String(allow_none=True)
    acts = fields.List(fields.String(), metadata={"description": "what you may do with it now"})
    agreed_at = fields.AwareDateTime(allow_none=True)
    posted_at = fields.AwareDateTime(allow_none=True, metadata={"description": "since when others see it"})
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class StepDocument(Schema):
    """One act."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    side = fields.String()
    act = fields.String()
    reason = fields.String(allow_none=True)
    text = fields.String()
    amount = fields.Integer(allow_none=True)
    on = fields.Date(allow_none=True)
    reverses_id = fields.Integer(allow_none=True, metadata={"description": "the step that this one takes back"})
    flags = fields.List(fields.String(), metadata={"description": "reasons against the pair at this step"})
    early = fields.Boolean(metadata={"description": "the day lies before the agreement"})


class CountDocument(Schema):
    """How often a reason was given."""

    side = fields.String()
    act = fields.String()
    reason = fields.String(allow_none=True)
    count = fields.Integer()


class LedgerArgs(Schema):
    """Of which need or offer."""

    need = RecordId(load_default=None)
    offer = RecordId(load_default=None)


class LargestArgs(Schema):
    """Of which pair."""

    need = RecordId(required=True)
    offer = RecordId(required=True)
    type = fields.String(load_default=None, validate=validate.OneOf(ASSISTANCE_TYPES))


class LargestDocument(Schema):
    """The largest amount that both sides have left. Amounts in minor units."""

    without_rate = fields.Boolean(metadata={"description": "no rate joins the currencies: none can be agreed in money"})
    amount = fields.Integer(allow_none=True, metadata={"description": "in the offer's currency; null: none is stated"})
    currency = fields.String(allow_none=True)
    need_amount = fields.Integer(allow_none=True, metadata={"description": "its value in the need's currency"})
    need_currency = fields.String(allow_none=True)
    rate = fields.String(allow_none=True)
    rate_date = fields.Date(allow_none=True)
    rate_source = fields.String(allow_none=True)


@blp.route("")
class Proposals(MethodView):
    @blp.arguments(ProposalListArgs, location="query")
    @blp.response(200, page_of(ProposalDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List the proposals and commitments that you may see."""
        items, following = views.list_proposals(session(), actor(), args, args["sort"], args["cursor"], args["limit"])
        return list_response(items, following, None)

    @idempotent
    @blp.arguments(ProposalBody)
    @blp.response(201, ProposalDocument)
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any]) -> Response:
        """Propose an offer for a need, in whole or in part. Who proposes for a side has accepted for it."""
        made = proposing.propose(session(), actor(), data)
        return _answered(made, status=201, location=f"{blp.url_prefix}/{made.id}")


@blp.route("/reasons")
class Reasons(MethodView):
    @blp.response(200, page_of(CountDocument))
    def get(self) -> Response:
        """Count why proposals were declined or called off, and whether needs were met."""
        found = views.decline_counts(session(), actor())
        return list_response(found, None, len(found))


@blp.route("/ledger")
class Ledger(MethodView):
    @blp.arguments(LedgerArgs, location="query")
    @blp.response(200, {"type": "object"})
    def get(self, args: dict[str, Any]) -> Response:
        """Read what of a need or offer is proposed, agreed, paid and received, and what is left: sums over rows."""
        if args["need"]:
            get_need(session(), actor(), args["need"])
            return json_response(views.ledger(session(), actor(), "need_id", args["need"]))
        get_offer(session(), actor(), args["offer"] or 0)
        return json_response(views.ledger(session(), actor(), "offer_id", args["offer"]))


@blp.route("/largest")
class Largest(MethodView):
    @blp.arguments(LargestArgs, location="query")
    @blp.response(200, LargestDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, args: dict[str, Any]) -> Response:
        """Read the largest amount that can be proposed, with its value in the need's currency and the rate."""
        return json_response(views.largest(session(), actor(), args["need"], args["offer"], args["type"]))


@blp.route("/<int:proposal_id>")
class ProposalItem(MethodView):
    @blp.response(200, ProposalDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, proposal_id: int) -> Response:
        """Read a proposal."""
        return _answered(service.get_proposal(session(), actor(), proposal_id))


@blp.route("/<int:proposal_id>/steps")
class Steps(MethodView):
    @blp.response(200, page_of(StepDocument))
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, proposal_id: int) -> Response:
        """List what was done, oldest first; what the sides said to each other is theirs and the coordinators'."""
        rows = views.step_rows(session(), actor(), service.get_proposal(session(), actor(), proposal_id))
        return list_response(rows, None, len(rows))


class NewProgrammeBody(Described, ProgrammePatchSchema):
    """What the programme says otherwise than it is filled in."""


@blp.route("/<int:proposal_id>/programme")
class CommitmentProgramme(MethodView):
    @blp.response(200, ProgrammeCreateSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def get(self, proposal_id: int) -> Response:
        """Read what a new programme from this commitment would say, filled in from both sides."""
        return json_response(new_programme.draft_of(session(), actor(), proposal_id))

    @idempotent
    @blp.arguments(NewProgrammeBody)
    @blp.response(201, ProposalDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any], proposal_id: int) -> Response:
        """Enter a programme filled in from this commitment, and name it there.

        It is seen by its owner alone until the commitment is shown to others, unless `visibility` says otherwise.
        """
        programme_id = new_programme.enter_programme(session(), actor(), proposal_id, data)
        made = service.get_proposal(session(), actor(), proposal_id)
        return _answered(made, status=201, location=f"/api/v1/programmes/{programme_id}")


@blp.route("/<int:proposal_id>/<what>")
class Acts(MethodView):
    @idempotent
    @blp.arguments(ActBody)
    @blp.response(200, ProposalDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any], proposal_id: int, what: str) -> Response:
        """Do one of the acts: accept, decline, ask, disburse, deliver, reduce, reverse … (docs/ledger.md has all).

        The same act again changes nothing and is no error.
        """
        if what not in service.FORMS:
            raise NotFound(N_("There is no such act."))
        return _answered(service.act(session(), actor(), proposal_id, what, data))


def _answered(proposal: Proposal, **how: Any) -> Response:
    return item_response(views.describe(session(), actor(), [proposal])[0], proposal.version, **how)
