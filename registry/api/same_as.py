"""/api/v1/same-as: pairs of records that may be the same, and people's judgements on them."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import etag_of, expected_version
from registry.api.idempotency import idempotent
from registry.api.lists import MOST, USUAL, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue.same_as import judging, queue
from registry.catalogue.same_as.models import KINDS, VERDICTS
from registry.catalogue.same_as.schemas import JudgementForm, VerdictForm
from registry.catalogue.schemas import VersionSchema
from registry.errors import N_
from registry.http import actor, session
from registry.schemas import RecordId

blp = Blueprint("same-as", __name__, description="Records that may be the same, and people's judgements on them.")
FILTERS = (queue.OPEN, *VERDICTS, queue.CONTRADICTED)


class PartDocument(Schema):
    """What one field speaks for (above 0) or against the pair."""

    field = fields.String()
    level = fields.String()
    bits = fields.Float()


class PairDocument(Schema):
    """Two records of one kind; `bits` is the sum of the parts'."""

    id = fields.Integer()
    version = fields.Integer()
    kind = fields.String()
    first_id = fields.Integer()
    second_id = fields.Integer()
    first = fields.Dict(allow_none=True, metadata={"description": "the record in short"})
    second = fields.Dict(allow_none=True)
    bits = fields.Float()
    parts = fields.List(fields.Nested(PartDocument))
    model = fields.String()
    rule = fields.String(allow_none=True, metadata={"description": "identifier rule that holds"})
    verdict = fields.String(allow_none=True)
    decided_by = fields.String(allow_none=True, metadata={"description": "`rule` or `person`"})
    reason = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)
    found_at = fields.AwareDateTime()
    contradicted = fields.Boolean(metadata={"description": "out of force: judgements around it contradict each other"})


class PairWhole(PairDocument):
    """A pair with what was compared, what each is the same as, and its history."""

    profiles = fields.List(fields.Dict())
    clusters = fields.List(fields.List(fields.Integer()))
    history = fields.List(fields.Nested(VersionSchema))


class PairPage(page_of(PairDocument)):  # type: ignore[misc]
    """One page of pairs, the likeliest first, with how many there are of each sort."""

    counts = fields.Dict(keys=fields.String(), values=fields.Integer())


class PairListArgs(Schema):
    """Which pairs."""

    kind = fields.String(
        load_default="programme", validate=validate.OneOf(KINDS, error=N_("Choose one of: {choices}."))
    )
    verdict = fields.String(
        load_default=queue.OPEN,
        validate=validate.OneOf(FILTERS, error=N_("Choose one of: {choices}.")),
        metadata={"description": "`open`: waits for a person"},
    )
    band = fields.String(
        load_default=None, validate=validate.OneOf(("strong", "possible"), error=N_("Choose one of: {choices}."))
    )
    record_id = RecordId(load_default=None, metadata={"description": "all pairs of this record, whatever the verdict"})
    limit = fields.Integer(
        load_default=USUAL,
        validate=validate.Range(1, MOST, error=N_("This must be a whole number from {min} to {max}.")),
    )
    cursor = fields.String(load_default="")


@blp.route("")
class Pairs(MethodView):
    @blp.arguments(PairListArgs, location="query")
    @blp.response(200, PairPage)
    def get(self, args: dict[str, Any]) -> Response:
        """List pairs, the likeliest first."""
        page = queue.list_pairs(
            session(), actor(), args["kind"], verdict=args["verdict"], band=args["band"], record_id=args["record_id"],
            cursor=args["cursor"] or None, limit=args["limit"],
        )  # fmt: skip
        counts = queue.pair_counts(session(), actor(), args["kind"])
        return list_response(page.items, page.next, None, more={"counts": counts})

    @idempotent
    @blp.arguments(JudgementForm)
    @blp.response(201, PairWhole)
    def post(self, data: dict[str, Any]) -> Response:
        """Judge any two records that no person has judged yet, suggested as a pair or not."""
        judged = judging.judge_records(session(), actor(), data)
        return _answer(judged.pair.id or 0, 201, f"{blp.url_prefix}/{judged.pair.id}")


@blp.route("/<int:pair_id>")
class PairItem(MethodView):
    @blp.response(200, PairWhole)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, pair_id: int) -> Response:
        """Read a pair with everything that speaks for and against it."""
        return _answer(pair_id)

    @blp.arguments(VerdictForm)
    @blp.response(200, PairWhole)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], pair_id: int) -> Response:
        """Judge a pair, judge it otherwise, or take a judgement back (null)."""
        judging.judge(session(), actor(), pair_id, data["verdict"], data["reason"], expected_version())
        return _answer(pair_id)


def _answer(pair_id: int, status: int = 200, location: str | None = None) -> Response:
    view = queue.read_pair(session(), actor(), pair_id)
    found = view.item | {"profiles": view.profiles, "clusters": view.clusters, "history": view.history}
    # The version is that of the judgement; scores and records change without it, so no answer is "not modified".
    headers = {"ETag": etag_of(view.item["version"])} | ({"Location": location} if location else {})
    return json_response(found, status, headers)
