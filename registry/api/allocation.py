"""/api/v1/allocation-rounds: what would be given to whom if all that is open were shared at once. For the staff."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.feeds import PageArgs
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.db import utcnow
from registry.http import actor, session
from registry.matching.ledger.applying import apply_scenario
from registry.matching.rounds import service, views
from registry.matching.rounds.models import FAIRNESS_CODES, SCENARIO_STATUSES, Round, Scenario
from registry.sync import timetable

blp = Blueprint(
    "allocation-rounds", __name__, description="Sharing what is offered among what is needed: proposals, for the staff."
)


class RoundForm(Schema):
    """A round to be opened: what is open now is frozen, and shared in each of these ways."""

    title = fields.String(required=True, validate=validate.Length(1, 200))
    fairness = fields.List(
        fields.String(validate=validate.OneOf(FAIRNESS_CODES)), load_default=lambda: ["none", "country"],
        validate=validate.Length(1, len(FAIRNESS_CODES)),
        metadata={"description": "none: as much value as can be; country, need: reach each of them first"},
    )  # fmt: skip


class ScenarioForm(Schema):
    """One more way to share what a round holds."""

    fairness = fields.String(required=True, validate=validate.OneOf(FAIRNESS_CODES))


class ScenarioDocument(Schema):
    """A way to share. `figures`: value, bound, share_of_bound, prices, coverage, search_limit (docs/allocation.md)."""

    id = fields.Integer()
    fairness = fields.String(validate=validate.OneOf(FAIRNESS_CODES))
    status = fields.String(validate=validate.OneOf(SCENARIO_STATUSES))
    reason = fields.String(allow_none=True, metadata={"description": "why it failed"})
    asked_at = fields.AwareDateTime()
    solved_at = fields.AwareDateTime(allow_none=True)
    figures = fields.Dict(allow_none=True)


class RoundDocument(Schema):
    """A round. Amounts in its scenarios are whole US dollars."""

    id = fields.Integer()
    version = fields.Integer()
    title = fields.String()
    created_at = fields.AwareDateTime()
    frozen_at = fields.AwareDateTime(allow_none=True, metadata={"description": "null: its work has not begun"})
    inputs_sha256 = fields.String(allow_none=True)
    weights_version = fields.String(allow_none=True)
    needs = fields.Integer(metadata={"description": "lines of needs, one for each type of assistance"})
    offers = fields.Integer()
    pairs = fields.Integer(metadata={"description": "against which nothing stands"})
    scenarios = fields.List(fields.Nested(ScenarioDocument))


class InputsDocument(Schema):
    """What a round shares. Amounts in whole US dollars; a line's identifier is `need:type`."""

    problem = fields.Dict(metadata={"description": "needs, offers and pairs, as rows (docs/allocation.md)"})
    left_out = fields.Dict(metadata={"description": "needs and offers that take no part, and why"})
    weights = fields.String(metadata={"description": "version of the weights"})


class ResultDocument(ScenarioDocument):
    """A scenario with its grants, coverage and reasons."""

    grants = fields.List(fields.Dict())
    states = fields.List(fields.Dict())
    regions = fields.List(fields.Dict())
    themes = fields.List(fields.Dict())
    unmet = fields.List(fields.Dict(), metadata={"description": "lines not met in full, with the reason's code"})
    unspent = fields.List(fields.Dict(), metadata={"description": "offers not given out, with the reason's code"})
    left_out = fields.List(fields.Dict(), metadata={"description": "needs and offers that take no part, and why"})


class SkippedDocument(Schema):
    """A grant that was not proposed."""

    need_id = fields.Integer()
    offer_id = fields.Integer()
    type = fields.String()
    reason = fields.String()


class AppliedDocument(Schema):
    """What became of a scenario's grants."""

    proposed = fields.List(fields.Integer(), metadata={"description": "numbers of the proposals"})
    skipped = fields.List(fields.Nested(SkippedDocument))


def _round(round_: Round) -> dict[str, Any]:
    shown = {name: getattr(round_, name) for name in RoundDocument().fields if name != "scenarios"}
    return shown | {"scenarios": [_scenario(one) for one in service.scenarios(session(), round_.id or 0)]}


def _scenario(scenario: Scenario) -> dict[str, Any]:
    return {name: getattr(scenario, name) for name in ScenarioDocument().fields}


@blp.route("")
class Rounds(MethodView):
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, page_of(RoundDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List rounds, the newest first."""
        found, following = service.list_rounds(session(), actor(), args["cursor"], args["limit"])
        return list_response([_round(one) for one in found], following, None)

    @blp.arguments(RoundForm)
    @blp.response(202, RoundDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Open a round; it is solved in the background."""
        made = service.open_round(session(), actor(), data["title"], data["fairness"])
        timetable.ask(session(), service.SOLVE, made.id or 0, utcnow())
        return json_response(_round(made), 202)


@blp.route("/<int:round_id>")
class RoundItem(MethodView):
    @blp.response(200, RoundDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, round_id: int) -> Response:
        """Read a round with the figures of its scenarios."""
        return json_response(_round(service.get_round(session(), actor(), round_id)))


@blp.route("/<int:round_id>/inputs")
class RoundInputs(MethodView):
    @blp.response(200, InputsDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, round_id: int) -> Response:
        """Download what was frozen, the bytes of `inputs_sha256`: `casa allocate --instance` solves it anew."""
        response = Response(service.inputs_of(session(), actor(), round_id), mimetype="application/json")
        response.headers.set("Content-Disposition", "attachment", filename=f"round-{round_id}-inputs.json")
        return response


@blp.route("/<int:round_id>/scenarios")
class RoundScenarios(MethodView):
    @blp.arguments(ScenarioForm)
    @blp.response(202, RoundDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, data: dict[str, Any], round_id: int) -> Response:
        """Have what the round holds shared in one more way, or once more in one that failed."""
        service.ask_for(session(), actor(), round_id, data["fairness"])
        timetable.ask(session(), service.SOLVE, round_id, utcnow())
        return json_response(_round(service.get_round(session(), actor(), round_id)), 202)


@blp.route("/<int:round_id>/scenarios/<fairness>")
class ScenarioItem(MethodView):
    @blp.response(200, ResultDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, round_id: int, fairness: str) -> Response:
        """Read a scenario: every grant, what each State, region and theme gets, who stays without and why."""
        round_, scenario = service.get_scenario(session(), actor(), round_id, fairness)
        return json_response(_scenario(scenario) | views.view(session(), round_, scenario))


@blp.route("/<int:round_id>/scenarios/<fairness>/apply")
class ScenarioApplication(MethodView):
    @blp.response(200, AppliedDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, round_id: int, fairness: str) -> Response:
        """Propose every grant of a solved scenario to both sides; again: the same answer, nothing is proposed twice."""
        return json_response(apply_scenario(session(), actor(), round_id, fairness))
