"""/api/v1/exemptions: checklists by which an embargo lets a pair of need and offer through."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from registry.api.etags import expected_version, item_response, versioned
from registry.api.forms import Described
from registry.api.lists import list_response, page_of
from registry.api.openapi import Blueprint
from registry.http import actor, session
from registry.matching.embargoes import cases
from registry.matching.embargoes.released import terms_of
from registry.matching.models import ExemptionCase

blp = Blueprint("exemptions", __name__, description="Checklists of exemptions from arms embargoes.")


class OpenBody(Described, cases.OpenForm):
    """For which pair, which embargo, by which exemption."""


class ItemsBody(Described, cases.ItemsForm):
    """What is filled in."""


class WithdrawBody(Described, cases.WithdrawForm):
    """Why it no longer holds."""


class ExemptionDocument(Schema):
    """A checklist."""

    id = fields.Integer()
    need_id = fields.Integer()
    offer_id = fields.Integer()
    state = fields.String()
    organisation_id = fields.Integer()
    regime = fields.String()
    exemption = fields.String()
    kind = fields.String(allow_none=True, metadata={"description": "standing, notification, approval or finding"})
    resolution = fields.String(allow_none=True)
    committee = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    checked = fields.Boolean(metadata={"description": "whether a page that says so was read"})
    asks_for = fields.List(fields.String())
    items = fields.Dict(keys=fields.String(), values=fields.String())
    missing = fields.List(fields.String())
    status = fields.String()
    status_reason = fields.String(allow_none=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    outgrown = fields.Boolean(
        metadata={"description": "confirmed for less than the pair could carry now: it lets nothing through any more"}
    )
    version = fields.Integer()


@blp.route("")
class Exemptions(MethodView):
    @blp.response(200, page_of(ExemptionDocument))
    def get(self) -> Response:
        """List the checklists of your side (coordinators: all), the latest change first."""
        found = [shown(case) for case in cases.list_cases(session(), actor())]
        return list_response(found, None, len(found))

    @blp.arguments(OpenBody)
    @blp.response(201, ExemptionDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Open a checklist for a pair; the one there is comes back."""
        case = cases.open_case(session(), actor(), data)
        return _answered(case, status=201, location=f"{blp.url_prefix}/{case.id}")


@blp.route("/<int:case_id>")
class ExemptionItem(MethodView):
    @blp.response(200, ExemptionDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, case_id: int) -> Response:
        """Read a checklist."""
        return _answered(cases.get_case(session(), actor(), case_id))

    @blp.arguments(ItemsBody)
    @blp.response(200, ExemptionDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, data: dict[str, Any], case_id: int) -> Response:
        """Fill items in; null takes one back."""
        return _answered(cases.fill(session(), actor(), case_id, data, expected_version()))


@blp.route("/<int:case_id>/confirm")
class Confirmation(MethodView):
    @versioned
    @blp.response(200, ExemptionDocument)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, case_id: int) -> Response:
        """Confirm a complete checklist: the embargo no longer stands against its pair."""
        return _answered(cases.confirm(session(), actor(), case_id, expected_version()))


@blp.route("/<int:case_id>/withdraw")
class Withdrawal(MethodView):
    @versioned
    @blp.arguments(WithdrawBody)
    @blp.response(200, ExemptionDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, data: dict[str, Any], case_id: int) -> Response:
        """Say that it no longer holds."""
        return _answered(cases.withdraw(session(), actor(), case_id, data, expected_version()))


def shown(case: ExemptionCase) -> dict[str, Any]:
    """A checklist with the terms of its embargo."""
    regime, exemption = terms_of(case)
    names = ("id", "need_id", "offer_id", "state", "organisation_id", "regime", "exemption", "items", "status")
    return {
        **{name: getattr(case, name) for name in (*names, "status_reason", "confirmed_at", "version")},
        "kind": exemption.kind if exemption else None,
        "resolution": regime.resolution if regime else None,
        "committee": (regime.committee or regime.body) if regime else None,
        "source": exemption.source if exemption else None,
        "checked": bool(exemption and exemption.proof and exemption.proof.checked),
        "asks_for": list(exemption.items) if exemption else [],
        "missing": cases.missing(case),
        "outgrown": cases.outgrown(session(), case),
    }


def _answered(case: ExemptionCase, **how: Any) -> Response:
    return item_response(shown(case), case.version, **how)
