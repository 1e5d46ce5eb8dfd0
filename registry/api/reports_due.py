"""/api/v1/reports-due: what all States owe, owed or are invited to send, each day with what became of it."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.lists import MOST, USUAL, list_response, page_of
from registry.api.openapi import Blueprint
from registry.api.states import DueDocument
from registry.catalogue.fields import Known
from registry.catalogue.reference import places, states
from registry.compliance.duties import service
from registry.compliance.duties.everybody import owed_by
from registry.compliance.duties.rules import STATUSES
from registry.compliance.schemas import StateCode
from registry.db import utcnow
from registry.errors import N_
from registry.http import session
from registry.schemas import decode_opaque, encode_opaque, invalid_token

blp = Blueprint("reports-due", __name__, description="Reports due or invited of all States, and what became of them.")


class DueListArgs(Schema):
    """Filters of the list."""

    instrument = fields.String(load_default=None)
    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    region = Known(
        places,
        load_default=None,
        error_messages={"known": N_("This is not an M49 region.")},
        metadata={"description": "M49 region or grouping, those inside it included"},
    )
    year = fields.Integer(load_default=None, validate=validate.Range(1990, 2200))
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    limit = fields.Integer(load_default=USUAL, validate=validate.Range(1, MOST))
    cursor = fields.String(load_default="", metadata={"description": "`next` of the page before"})


class StateDueDocument(DueDocument):
    """A report that is or was due of a State, or invited."""

    state = fields.String()
    ever_filed = fields.Boolean(metadata={"description": "whether a report on the instrument is known, whenever"})


@blp.route("")
class ReportsDue(MethodView):
    @blp.arguments(DueListArgs, location="query")
    @blp.response(200, page_of(StateDueDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List due days by State's name, then by report and day."""
        wanted = states().keys() & set(places()[args["region"]].members if args["region"] else states())
        if args["state"]:
            wanted &= {args["state"]}
        rows = [
            row
            for row in owed_by(session(), utcnow().date(), wanted, args["instrument"])
            if args["year"] in (None, row.due.on.year) and args["status"] in (None, row.due.status)
        ]
        start = _start(args["cursor"])
        shown = [
            {"state": row.state, **service.describe(row.due), "ever_filed": row.ever}
            for row in rows[start : start + args["limit"]]
        ]
        following = start + args["limit"]
        return list_response(shown, encode_opaque(["due", following]) if following < len(rows) else None, len(rows))


def _start(cursor: str) -> int:
    match decode_opaque(cursor, "cursor") if cursor else ["due", 0]:
        case ["due", int(start)] if start >= 0:
            return start
    raise invalid_token("cursor")
