"""JSON API v1 (flask-smorest). Thin: ask the policy, call one service, dump. The request's transaction is http's.

A slice's module, listed in MODULES, looks like this; its endpoints (`needs.Needs`, `needs.NeedItem`) each have an entry
in accounts/policy.py, else they are refused:

    blp = Blueprint("needs", __name__, description="What States say they need.")       # hangs at /api/v1/needs

    @blp.route("")
    class Needs(MethodView):
        @blp.arguments(NeedListArgs, location="query")                                  # extends lists.ListArgs
        @blp.response(200, page_of(NeedSummary))
        def get(self, args):
            \"""List needs.\"""                                                         # the operation's summary
            page, total = listing.needs(session(), actor(), args)
            return list_response(page.rows, page.next, total)

        @idempotent                                                                     # outermost
        @blp.arguments(NeedForm)
        @blp.response(201, NeedDocument)
        def post(self, data):
            \"""Enter a need.\"""
            need = service.create_need(session(), actor(), data)
            return item_response(dump(need), need.version, status=201, location=f"{blp.url_prefix}/{need.id}")

    @blp.route("/<int:need_id>")
    class NeedItem(MethodView):
        @blp.arguments(NeedPatch)                                           # class NeedPatch(schemas.Patch, NeedForm)
        @blp.response(200, NeedDocument)
        def patch(self, data, need_id):
            \"""Change a need.\"""
            need = service.update_need(session(), actor(), need_id, data, expected_version=expected_version())
            return item_response(dump(need), need.version)

Errors are raised, never answered: services raise registry.errors, `InvalidInput({"lines.0.amount": ["…"]})` becomes
`"errors": [{"pointer": "#/lines/0/amount", "detail": "…"}]`, or `{"parameter": "limit", …}` for a GET.
"""

from importlib import import_module

from registry.api import following, health, metrics, problems
from registry.api.openapi import make_api
from registry.http import RegistryFlask

MODULES: dict[str, str] = {
    "registry": "registry.api.registry",
    "problems": "registry.api.problem_kinds",
    "organisations": "registry.api.organisations",
    "programmes": "registry.api.programmes",
    "same-as": "registry.api.same_as",
    "conflicts": "registry.api.conflicts",
    "states": "registry.api.states",
    "participation": "registry.api.participation",
    "instruments": "registry.api.instruments",
    "contacts": "registry.api.contacts",
    "reports-due": "registry.api.reports_due",
    "themes": "registry.api.themes",
    "search": "registry.api.search",
    "exports": "registry.api.exports",
    "needs": "registry.api.needs",
    "offers": "registry.api.offers",
    "matches": "registry.api.matches",
    "board": "registry.api.board",
    "flows": "registry.api.flows",
    "alongside": "registry.api.alongside",
    "allocation-rounds": "registry.api.allocation",
    "listed": "registry.api.listed",
    "screenings": "registry.api.screenings",
    "standards": "registry.api.standards",
    "assessments": "registry.api.assessments",
    "evidence": "registry.api.evidence",
    "assessment-teams": "registry.api.assessment_teams",
    "national-reports": "registry.api.national_reports",
    "feeds": "registry.api.feeds",
    "feed_holds": "registry.api.feed_holds",
    "feed_pings": "registry.api.feed_pings",
    "feed_tokens": "registry.api.feed_tokens",
    "jobs": "registry.api.jobs",
    "consumers": "registry.api.consumers",
    "changes": "registry.api.changes",
    "stream": "registry.api.stream",
    "proposals": "registry.api.proposals",
    "exemptions": "registry.api.exemptions",
    "embargoes": "registry.api.embargoes",
    "indicators": "registry.api.indicators",
    "indicator-series": "registry.api.indicator_series",
    "snapshot": "registry.api.snapshot",
    "saved-searches": "registry.api.saved_searches",
    "notices": "registry.api.notices",
    "mails": "registry.api.mails",
    "subscriptions": "registry.api.subscriptions",
}
"""Name → module that defines `blp`, in the order in which the description lists them."""


def install(app: RegistryFlask) -> None:
    """Register every API module, and what machines ask an installation: health and metrics."""
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app)
    metrics.install(app)
    following.install(app)
    app.register_blueprint(health.blp)
    api = make_api(app)
    for module in MODULES.values():
        api.register_blueprint(import_module(module).blp)
