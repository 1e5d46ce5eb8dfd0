"""Programmes over the API: the list with its facets, one programme whole, and what people and partners write."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import json_response
from registry.api.etags import expected_version, item_response
from registry.api.idempotency import idempotent
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.catalogue import editing, listing
from registry.catalogue.history import versions
from registry.catalogue.listing import FACETS, Filters
from registry.catalogue.programmes import get_programme
from registry.catalogue.provenance import sources_view
from registry.catalogue.reference import LANGUAGES
from registry.catalogue.schemas import (
    FacetCountSchema,
    HistorySchema,
    ProgrammeCreateSchema,
    ProgrammePatchSchema,
    ProgrammeRowSchema,
    ProgrammeSchema,
    ProgrammeSourcesSchema,
    programme_row,
)
from registry.catalogue.views import may_know, programme_view
from registry.errors import N_
from registry.http import actor, session

blp = Blueprint("programmes", __name__, description="Who does what where: programmes in IATI's terms.")


def _any_of(description: str) -> Any:
    inner = fields.String(validate=validate.Length(1, 200, error=N_("From {min} to {max} characters.")))
    return fields.List(inner, load_default=list, metadata={"description": f"{description}; any of those given"})


class ProgrammeFilterArgs(ListArgs):
    """Filters of the list of programmes."""

    theme = _any_of("theme")
    country = _any_of("country, alpha-2 or alpha-3")
    region = _any_of("M49 region, those inside it included")
    organisation = _any_of("id of an organisation, or `name:` and its name in small letters where it has no identifier")
    status = _any_of("IATI ActivityStatus code")
    year = _any_of("calendar year in which it runs")
    source = _any_of("`feed:<id>` or `person`")
    marker = _any_of("`gender`")
    sector = _any_of("DAC sector code")
    duplicates = fields.Boolean(
        load_default=False, metadata={"description": "records behind another of the same programme too"}
    )
    left_out = fields.String(
        load_default="",
        metadata={
            "description": "only what sums leave out, so that money counts once: of `budget`, `commitment` or "
            "`disbursement`, or the records that are `joined` with another"
        },
    )


class ProgrammeListArgs(ProgrammeFilterArgs):
    """The list's arguments."""

    sort = fields.String(
        load_default="",
        metadata={"description": "relevance (with q), updated, title, start, budget; `-name` is the other direction"},
    )
    facets = fields.Boolean(load_default=False, metadata={"description": "add counts per facet"})
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES, error=N_("Choose one of: {choices}.")),
        metadata={"description": "of the facets' labels"},
    )


class ProgrammePageSchema(page_of(ProgrammeRowSchema)):  # type: ignore[misc]
    """One page of programmes; `facets` where they are asked for."""

    facets = fields.Dict(keys=fields.String(), values=fields.List(fields.Nested(FacetCountSchema)))


class WithdrawalArgs(Schema):
    """Why a programme is withdrawn."""

    reason = fields.String(
        load_default="withdrawn by hand", validate=validate.Length(1, 300, error=N_("From {min} to {max} characters."))
    )


def filters_of(args: dict[str, Any]) -> Filters:
    """The list's filters from its arguments."""
    values = {facet: tuple(args[facet]) for facet in FACETS if args[facet]}
    return Filters(args["q"], values, args["duplicates"], args["left_out"])


@blp.route("")
class Programmes(MethodView):
    @blp.arguments(ProgrammeListArgs, location="query")
    @blp.response(200, ProgrammePageSchema)
    def get(self, args: dict[str, Any]) -> Response:
        """List programmes."""
        filters = filters_of(args)
        page = listing.list_programmes(
            session(), actor(), filters, sort=args["sort"], cursor=args["cursor"], limit=args["limit"]
        )
        total = listing.count_programmes(session(), actor(), filters)
        more = {}
        if args["facets"]:
            more["facets"] = listing.facet_counts(session(), actor(), filters, args["language"])
        return list_response([programme_row(row) for row in page.rows], page.next, total, more=more)

    @idempotent
    @blp.arguments(ProgrammeCreateSchema)
    @blp.response(201, ProgrammeSchema)
    def post(self, data: dict[str, Any]) -> Response:
        """Enter a programme that your organisation reports."""
        programme_id = editing.create_programme(session(), actor(), data)
        return _answer(programme_id, 201, f"{blp.url_prefix}/{programme_id}")


@blp.route("/<int:programme_id>")
class ProgrammeItem(MethodView):
    @blp.response(200, ProgrammeSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, programme_id: int) -> Response:
        """Read a programme whole, with where each field comes from."""
        return _answer(programme_id)

    @blp.arguments(ProgrammePatchSchema)
    @blp.response(200, ProgrammeSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], programme_id: int) -> Response:
        """Change a programme; over a feed's fields the values given here win until they are released."""
        editing.update_programme(session(), actor(), programme_id, data, expected_version())
        return _answer(programme_id)

    @blp.arguments(ProgrammeCreateSchema)
    @blp.response(200, ProgrammeSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def put(self, data: dict[str, Any], programme_id: int) -> Response:
        """Replace a programme's content: fields that are not given go."""
        editing.update_programme(session(), actor(), programme_id, data, expected_version(), replace=True)
        return _answer(programme_id)

    @blp.arguments(WithdrawalArgs, location="query")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, args: dict[str, Any], programme_id: int) -> Response:
        """Withdraw a programme: it stays as a tombstone."""
        editing.archive_programme(session(), actor(), programme_id, args["reason"], expected_version())
        return Response(status=204)


@blp.route("/<int:programme_id>/history")
class ProgrammeHistory(MethodView):
    @blp.response(200, HistorySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, programme_id: int) -> Response:
        """Read what each version changed, newest first."""
        programme, _, _ = get_programme(session(), actor(), programme_id)
        named = may_know(actor(), programme)
        items = [
            {"version": step.version, "at": step.at, "actor": step.actor if named else step.actor.partition(":")[0],
             "changes": step.changes}
            for step in versions(session(), "programme", programme_id)
        ]  # fmt: skip
        return json_response({"items": items})


@blp.route("/<int:programme_id>/sources")
class ProgrammeSources(MethodView):
    @blp.response(200, ProgrammeSourcesSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, programme_id: int) -> Response:
        """Read who says what: the records of this programme, and for each field the value in force and the others'."""
        return json_response(sources_view(session(), actor(), programme_id))


def _answer(programme_id: int, status: int = 200, location: str | None = None) -> Response:
    view = programme_view(session(), actor(), programme_id)
    return item_response(view, view["version"], status=status, location=location)
