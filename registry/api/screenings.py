"""/api/v1/screenings: partners whose names are like a listed party's, and what people decided of them."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import expected_version, item_response, versioned
from registry.api.forms import Described
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.errors import N_
from registry.http import actor, session
from registry.matching.models import ListedParty
from registry.matching.screening import deciding
from registry.matching.screening.models import ScreeningHit

blp = Blueprint("screenings", __name__, description="Partners whose names are like a listed party's.")


class Evidence(Schema):
    """What speaks for it."""

    name = fields.String(metadata={"description": "the partner's name that is most alike"})
    listed = fields.String(metadata={"description": "the listed party's"})
    quality = fields.String(metadata={"description": "main, original (own script), or the list's word: good, low, aka"})
    words = fields.List(
        fields.List(fields.Raw()), metadata={"description": "[the partner's word, the party's, likeness 0..1]"}
    )
    missing = fields.List(
        fields.String(), metadata={"description": "words of the party's name that the partner's lacks"}
    )
    against = fields.List(
        fields.List(fields.String()),
        metadata={"description": "[the partner's word, the party's] that contradict each other"},
    )


class Screening(Schema):
    """A partner and a listed party whose names are alike."""

    id = fields.Integer()
    subject = fields.String(metadata={"description": "`organisation:<id>` or `name:<folded name>`"})
    subject_name = fields.String()
    organisation_id = fields.Integer(allow_none=True)
    party_id = fields.Integer(metadata={"description": "see /listed/{id}"})
    party_name = fields.String()
    reference = fields.String()
    regime = fields.String()
    score = fields.Float(metadata={"description": "0..1; asked about from CASA_SCREENING_THRESHOLD on"})
    evidence = fields.Nested(Evidence)
    standing = fields.String(metadata={"description": "open, same, different, unsure, or gone (no longer alike)"})
    decision = fields.String(allow_none=True)
    reason = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    updated_at = fields.AwareDateTime()


class ScreeningArgs(ListArgs):
    """Filters of the list."""

    standing = fields.String(
        load_default=None, validate=validate.OneOf(deciding.STANDINGS, error=N_("This must be one of: {choices}."))
    )
    organisation = fields.Integer(load_default=None)
    party = fields.Integer(load_default=None)


class DecisionBody(Described, deciding.DecisionForm):
    """What it is: same, different, unsure; open takes a decision back."""


class NameBody(Described, deciding.NameForm):
    """A name to compare with the lists."""


class Likeness(Schema):
    """A listed party that a name is like."""

    party_id = fields.Integer()
    reference = fields.String()
    name = fields.String()
    kind = fields.String()
    regime = fields.String()
    score = fields.Float()
    evidence = fields.Nested(Evidence)


class Checked(Schema):
    """What was found; nothing of it is kept."""

    threshold = fields.Float()
    items = fields.List(
        fields.Nested(Likeness), metadata={"description": "from the threshold on, the most alike first"}
    )
    nearest = fields.List(
        fields.Nested(Likeness), metadata={"description": "those of the three nearest that are below the threshold"}
    )


@blp.route("")
class Screenings(MethodView):
    @blp.arguments(ScreeningArgs, location="query")
    @blp.response(200, page_of(Screening))
    def get(self, args: dict[str, Any]) -> Response:
        """List partners whose names are like a listed party's, the most alike first."""
        filters = deciding.Filters(args["standing"], args["organisation"], args["party"], args["q"])
        page = deciding.list_hits(session(), actor(), filters, args["sort"], args["cursor"], args["limit"])
        found = [shown(row.ScreeningHit, row.party_name, row.reference, row.regime) for row in page.rows]
        return list_response(found, page.next, None)


@blp.route("/check")
class Check(MethodView):
    @blp.arguments(NameBody)
    @blp.response(200, Checked)
    def post(self, data: dict[str, Any]) -> Response:
        """Compare a name with the lists. Nothing is kept."""
        found = deciding.check_name(session(), actor(), data)
        return json_response({"threshold": found.threshold, "items": found.items, "nearest": found.nearest})


@blp.route("/<int:hit_id>")
class ScreeningItem(MethodView):
    @blp.response(200, Screening)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, hit_id: int) -> Response:
        """Read one with its evidence."""
        return _answered(deciding.get_hit(session(), actor(), hit_id))


@blp.route("/<int:hit_id>/decision")
class Decision(MethodView):
    @versioned
    @blp.arguments(DecisionBody)
    @blp.response(200, Screening)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], hit_id: int) -> Response:
        """Say whether the partner is the listed party. Remembered, and reversible."""
        return _answered(deciding.decide(session(), actor(), hit_id, data, expected_version()))


def shown(hit: ScreeningHit, party_name: str, reference: str, regime: str) -> dict[str, Any]:
    """A hit as documents show it."""
    names = ("id", "subject", "subject_name", "organisation_id", "party_id", "score", "evidence", "decision", "reason")
    return {
        **{name: getattr(hit, name) for name in (*names, "decided_at", "version", "updated_at")},
        "party_name": party_name, "reference": reference, "regime": regime, "standing": deciding.standing(hit),
    }  # fmt: skip


def _answered(hit: ScreeningHit) -> Response:
    party = session().get_one(ListedParty, hit.party_id)
    return item_response(shown(hit, party.name, party.reference, party.regime), hit.version)
