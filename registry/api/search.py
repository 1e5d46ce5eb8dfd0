"""Search over everything at once: the best of each kind, with how many more there are."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.api.answers import json_response
from registry.api.openapi import PREFIX, Blueprint
from registry.catalogue import listing, organisations
from registry.errors import N_
from registry.http import actor, session
from registry.matching import listing as matching

blp = Blueprint("search", __name__, description="Search over everything at once.")

Hits = tuple[list[dict[str, Any]], int]
"""(id and title of the best, how many there are in all)"""


def _programmes(session: Session, actor: Actor, q: str, limit: int) -> Hits:
    filters = listing.Filters(q)
    page = listing.list_programmes(session, actor, filters, limit=limit)
    hits = [{"id": row.id, "title": row.title, "detail": row.countries} for row in page.rows]
    return hits, listing.count_programmes(session, actor, filters)


def _organisations(session: Session, actor: Actor, q: str, limit: int) -> Hits:
    page = organisations.list_organisations(session, actor, q=q, limit=limit)
    hits = [{"id": row.id, "title": row.name, "detail": row.acronym or ""} for row in page.rows]
    return hits, organisations.count_organisations(session, actor, q=q)


def _needs(session: Session, actor: Actor, q: str, limit: int) -> Hits:
    page = matching.list_needs(session, actor, matching.Filters(q), limit=limit)
    return [{"id": item["id"], "title": item["title"], "detail": item["state"]} for item in page.items], page.total


def _offers(session: Session, actor: Actor, q: str, limit: int) -> Hits:
    page = matching.list_offers(session, actor, matching.Filters(q), limit=limit)
    hits = [{"id": item["id"], "title": item["title"], "detail": item["organisation_name"]} for item in page.items]
    return hits, page.total


SEARCHERS: dict[str, Callable[[Session, Actor, str, int], Hits]] = {
    "programmes": _programmes,
    "organisations": _organisations,
    "needs": _needs,
    "offers": _offers,
}
"""Kind, as in the addresses of its list → what finds its best."""


class SearchArgs(Schema):
    """What to look for."""

    q = fields.String(
        required=True,
        validate=validate.Length(1, 500, error=N_("From {min} to {max} characters.")),
        metadata={"description": 'words, all must occur; `"…"` keeps words together; the last one may be a beginning'},
    )
    limit = fields.Integer(
        load_default=5, validate=validate.Range(1, 50, error=N_("This must be a whole number from {min} to {max}."))
    )


class HitSchema(Schema):
    """A record found."""

    id = fields.Integer()
    title = fields.String()
    detail = fields.String(metadata={"description": "country codes, acronym, State or organisation"})
    link = fields.String()


class KindOfHitsSchema(Schema):
    """The best of one kind, and how many there are in all."""

    items = fields.List(fields.Nested(HitSchema))
    total = fields.Integer()
    link = fields.String(metadata={"description": "the whole list"})


class SearchResultSchema(Schema):
    """Kind → what was found of it."""

    programmes = fields.Nested(KindOfHitsSchema)
    organisations = fields.Nested(KindOfHitsSchema)
    needs = fields.Nested(KindOfHitsSchema)
    offers = fields.Nested(KindOfHitsSchema)


@blp.route("")
class Search(MethodView):
    @blp.arguments(SearchArgs, location="query")
    @blp.response(200, SearchResultSchema)
    def get(self, args: dict[str, Any]) -> Response:
        """Search programmes, organisations, needs and offers."""
        found = {}
        for kind, searcher in SEARCHERS.items():
            hits, total = searcher(session(), actor(), args["q"], args["limit"])
            items = [{**hit, "link": f"{PREFIX}/{kind}/{hit['id']}"} for hit in hits]
            found[kind] = {"items": items, "total": total, "link": f"{PREFIX}/{kind}?{urlencode({'q': args['q']})}"}
        return json_response(found)
