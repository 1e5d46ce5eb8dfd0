"""Who may see and do what: the one place to read it. Default deny throughout.

`ROUTES` says who reaches an address at all, `can`/`require` (actions.py) what may be done to a record, `visible`
(visibility.py) which records there are for somebody. A test walks every route and fails on one without an entry.
"""

from dataclasses import dataclass

from registry.accounts.actions import ACTIONS, can, require
from registry.accounts.actor import Actor
from registry.accounts.roles import ADMINS, EVERYONE, GIVERS, MEMBERS, OWNERS, STAFF, STATES
from registry.accounts.visibility import audience, lost_events, visible
from registry.errors import N_, NotAllowed, NotAuthenticated

__all__ = [
    "ACTIONS", "ADMINS", "EVERYONE", "GIVERS", "MEMBERS", "OWNERS", "ROUTES", "STAFF", "STATES", "Rule", "audience",
    "can", "check_route", "lost_events", "require", "rule_for", "visible",
]  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """Roles that reach an endpoint, and the scope a token needs there (several: separated by spaces, all needed).

    `scope` None: nothing of the registry's records is behind it, so that any token will do. Pages take no tokens.
    """

    roles: frozenset[str]
    scope: str | None = None
    checks_form: bool = False
    """The view checks the form's CSRF token by itself, to show the form again."""
    is_signed: bool = False
    """Nobody signs in here: the view itself checks the message's signature, and answers 401 where it does not fit."""

    @property
    def is_open(self) -> bool:
        """Whether it makes no difference who asks."""
        return self.roles == EVERYONE and self.scope is None


ROUTES: dict[str | tuple[str, str], Rule] = {
    # What a browser or a monitor asks for first
    "web_root": Rule(EVERYONE),
    "web_static": Rule(EVERYONE),
    "web_favicon": Rule(EVERYONE),
    "health.healthz": Rule(EVERYONE),
    "health.readyz": Rule(EVERYONE),
    "health.metrics_text": Rule(EVERYONE, "admin"),  # the view asks for more of who has no token
    # API: descriptions and the change feed
    "api-docs.openapi_json": Rule(EVERYONE),
    "problems.ProblemKinds": Rule(EVERYONE),
    "changes.Changes": Rule(EVERYONE, "changes:read"),
    "stream.ChangeStream": Rule(EVERYONE, "changes:read"),
    "registry.Registry": Rule(EVERYONE),
    "snapshot.ForPeers": Rule(EVERYONE, "changes:read catalogue:read"),
    "snapshot.Snapshot": Rule(EVERYONE, "changes:read catalogue:read needs:read offers:read assessments:read"),
    # API: webhooks; a subscription hands on what the change feed says, so making one takes that scope too
    ("subscriptions.Subscriptions", "GET"): Rule(MEMBERS, "subscriptions:read"),
    ("subscriptions.Subscriptions", "POST"): Rule(MEMBERS, "subscriptions:write changes:read"),
    ("subscriptions.SubscriptionItem", "GET"): Rule(MEMBERS, "subscriptions:read"),
    ("subscriptions.SubscriptionItem", "PATCH"): Rule(MEMBERS, "subscriptions:write changes:read"),
    ("subscriptions.SubscriptionItem", "DELETE"): Rule(MEMBERS, "subscriptions:write"),
    "subscriptions.SecretRotation": Rule(MEMBERS, "subscriptions:write changes:read"),
    "subscriptions.TestMessage": Rule(MEMBERS, "subscriptions:write"),
    "subscriptions.Replay": Rule(MEMBERS, "subscriptions:write changes:read"),
    "subscriptions.Deliveries": Rule(MEMBERS, "subscriptions:read"),
    "subscriptions.DeliveryItem": Rule(MEMBERS, "subscriptions:read"),
    "subscriptions.DeliveryReplay": Rule(MEMBERS, "subscriptions:write changes:read"),
    # API: saved searches and what they found
    ("saved-searches.SavedSearches", "GET"): Rule(MEMBERS, "alerts:read"),
    ("saved-searches.SavedSearches", "POST"): Rule(MEMBERS, "alerts:write"),
    ("saved-searches.SavedSearchItem", "GET"): Rule(MEMBERS, "alerts:read"),
    ("saved-searches.SavedSearchItem", "PATCH"): Rule(MEMBERS, "alerts:write"),
    ("saved-searches.SavedSearchItem", "DELETE"): Rule(MEMBERS, "alerts:write"),
    "notices.Notices": Rule(MEMBERS, "alerts:read"),
    "notices.NoticeItem": Rule(MEMBERS, "alerts:write"),
    "notices.AllRead": Rule(MEMBERS, "alerts:write"),
    # API: the catalogue
    ("organisations.Organisations", "GET"): Rule(EVERYONE, "catalogue:read"),
    ("organisations.Organisations", "POST"): Rule(STAFF, "catalogue:write"),
    ("organisations.OrganisationItem", "GET"): Rule(EVERYONE, "catalogue:read"),
    ("organisations.OrganisationItem", "PATCH"): Rule(GIVERS | STAFF, "catalogue:write"),
    ("organisations.OrganisationItem", "DELETE"): Rule(STAFF, "catalogue:write"),
    "organisations.OrganisationHistory": Rule(EVERYONE, "catalogue:read"),
    ("programmes.Programmes", "GET"): Rule(EVERYONE, "catalogue:read"),
    ("programmes.Programmes", "POST"): Rule(GIVERS | STAFF, "catalogue:write"),
    ("programmes.ProgrammeItem", "GET"): Rule(EVERYONE, "catalogue:read"),
    "programmes.ProgrammeItem": Rule(GIVERS | STAFF, "catalogue:write"),
    "programmes.ProgrammeHistory": Rule(EVERYONE, "catalogue:read"),
    # API: records that are the same; judging moves what everybody's lists count
    ("same-as.Pairs", "GET"): Rule(STAFF, "catalogue:read"),
    ("same-as.Pairs", "POST"): Rule(STAFF, "catalogue:write"),
    ("same-as.PairItem", "GET"): Rule(STAFF, "catalogue:read"),
    ("same-as.PairItem", "PATCH"): Rule(STAFF, "catalogue:write"),
    "programmes.ProgrammeSources": Rule(EVERYONE, "catalogue:read"),
    "conflicts.Conflicts": Rule(GIVERS | STAFF, "catalogue:read"),
    ("conflicts.ConflictItem", "GET"): Rule(GIVERS | STAFF, "catalogue:read"),
    ("conflicts.ConflictItem", "PATCH"): Rule(GIVERS | STAFF, "catalogue:write"),
    "states.States": Rule(EVERYONE, "catalogue:read"),
    "states.StateItem": Rule(EVERYONE, "catalogue:read"),
    "themes.Themes": Rule(EVERYONE, "catalogue:read"),
    "themes.Suggestions": Rule(EVERYONE, "catalogue:read"),
    "search.Search": Rule(EVERYONE, "catalogue:read needs:read offers:read"),
    "exports.Exports": Rule(EVERYONE, "catalogue:read needs:read offers:read"),
    # API: feeds and their runs; what stands in quarantine is the staff's
    ("feeds.Feeds", "GET"): Rule(MEMBERS, "feeds:read"),
    ("feeds.Feeds", "POST"): Rule(STAFF, "feeds:write"),
    ("feeds.FeedItem", "GET"): Rule(MEMBERS, "feeds:read"),
    ("feeds.FeedItem", "PATCH"): Rule(STAFF, "feeds:write"),
    "feed_pings.Notify": Rule(EVERYONE, is_signed=True),
    "feed_pings.PingSecret": Rule(STAFF, "feeds:write"),
    "feed_pings.PingSecretEnd": Rule(STAFF, "feeds:write"),
    "feed_tokens.FeedTokenItem": Rule(STAFF, "feeds:write"),
    ("feeds.FeedRuns", "GET"): Rule(STAFF, "feeds:read"),
    ("feeds.FeedRuns", "POST"): Rule(STAFF, "feeds:write"),
    "feeds.RunItem": Rule(STAFF, "feeds:read"),
    "feeds.RunCancel": Rule(STAFF, "feeds:write"),
    "feeds.FeedRecords": Rule(STAFF, "feeds:read"),
    "feeds.RecordVerdict": Rule(STAFF, "feeds:write"),
    ("feed_holds.FeedHold", "GET"): Rule(STAFF, "feeds:read"),
    ("feed_holds.FeedHold", "POST"): Rule(STAFF, "feeds:write"),
    "feed_holds.FeedHolds": Rule(STAFF, "feeds:read"),
    "feed_holds.HoldItem": Rule(STAFF, "feeds:read"),
    "feed_holds.HoldRecords": Rule(STAFF, "feeds:read"),
    # API: allocation rounds
    ("allocation-rounds.Rounds", "GET"): Rule(STAFF, "allocation:read"),
    ("allocation-rounds.Rounds", "POST"): Rule(STAFF, "allocation:write"),
    "allocation-rounds.RoundItem": Rule(STAFF, "allocation:read"),
    "allocation-rounds.RoundScenarios": Rule(STAFF, "allocation:write"),
    "allocation-rounds.ScenarioItem": Rule(STAFF, "allocation:read"),
    # API: work in the background
    "jobs.Jobs": Rule(STAFF, "feeds:read"),
    ("jobs.JobItem", "GET"): Rule(STAFF, "feeds:read"),
    ("jobs.JobItem", "DELETE"): Rule(STAFF, "feeds:write"),
    "jobs.JobRetry": Rule(STAFF, "feeds:write"),
    "consumers.Consumers": Rule(STAFF, "feeds:read"),
    "consumers.DeadLetters": Rule(STAFF, "feeds:read"),
    "consumers.DeadLetterItem": Rule(STAFF, "feeds:write"),
    "consumers.DeadLetterRetry": Rule(STAFF, "feeds:write"),
    # API: needs, offers and their matches
    ("needs.Needs", "GET"): Rule(EVERYONE, "needs:read"),
    ("needs.Needs", "POST"): Rule(STATES, "needs:write"),
    ("needs.NeedItem", "GET"): Rule(EVERYONE, "needs:read"),
    ("needs.NeedItem", "PATCH"): Rule(STATES, "needs:write"),
    "needs.Opening": Rule(STATES, "needs:write"),
    "needs.Withdrawal": Rule(STATES, "needs:write"),
    "needs.Closure": Rule(STATES, "needs:write"),
    "needs.Renewal": Rule(STATES, "needs:write"),
    "needs.Versions": Rule(EVERYONE, "needs:read"),
    "needs.BestMatches": Rule(EVERYONE, "needs:read offers:read"),
    ("offers.Offers", "GET"): Rule(EVERYONE, "offers:read"),
    ("offers.Offers", "POST"): Rule(GIVERS, "offers:write"),
    ("offers.OfferItem", "GET"): Rule(EVERYONE, "offers:read"),
    ("offers.OfferItem", "PATCH"): Rule(GIVERS, "offers:write"),
    "offers.Opening": Rule(GIVERS, "offers:write"),
    "offers.Withdrawal": Rule(GIVERS, "offers:write"),
    "offers.Closure": Rule(GIVERS, "offers:write"),
    "offers.Renewal": Rule(GIVERS, "offers:write"),
    "offers.Versions": Rule(EVERYONE, "offers:read"),
    "offers.BestMatches": Rule(EVERYONE, "needs:read offers:read"),
    "matches.Matches": Rule(EVERYONE, "needs:read offers:read"),
    "matches.MatchExplanation": Rule(EVERYONE, "needs:read offers:read"),
    "matches.MatchWeights": Rule(EVERYONE),
    # What sanctions lists say of persons is for those who screen
    "listed.ListedParties": Rule(STAFF, "feeds:read"),
    "listed.ListedItem": Rule(STAFF, "feeds:read"),
    # API: standards and assessments
    "standards.Standards": Rule(EVERYONE, "assessments:read"),
    "standards.StandardItem": Rule(EVERYONE, "assessments:read"),
    ("assessments.Assessments", "GET"): Rule(EVERYONE, "assessments:read"),
    ("assessments.Assessments", "POST"): Rule(STATES, "assessments:write"),
    "assessments.AssessmentItem": Rule(EVERYONE, "assessments:read"),
    "assessments.Answers": Rule(STATES, "assessments:write"),
    "assessments.Submission": Rule(STATES, "assessments:write"),
    "assessments.Return": Rule(STATES, "assessments:write"),
    "assessments.Review": Rule(STATES, "assessments:write"),
    "assessments.Publication": Rule(STATES, "assessments:write"),
    "assessments.AssessmentScore": Rule(EVERYONE, "assessments:read"),
    ("assessments.Gaps", "GET"): Rule(EVERYONE, "assessments:read"),
    ("assessments.Gaps", "POST"): Rule(STATES, "assessments:write needs:write"),
    # Pages: signing in and the own account
    "web.session.login": Rule(EVERYONE, checks_form=True),
    "web.session.logout": Rule(EVERYONE),
    "web.session.account": Rule(MEMBERS),
    "web.session.change_password": Rule(MEMBERS),
    "web.session.set_preferences": Rule(MEMBERS),
    "web.session.end_sessions": Rule(MEMBERS),
    "web.session.issue_token": Rule(MEMBERS),
    "web.session.revoke_token": Rule(MEMBERS),
    "web.subscriptions.index": Rule(MEMBERS),
    "web.subscriptions.new": Rule(MEMBERS),
    "web.subscriptions.show": Rule(MEMBERS),
    "web.subscriptions.edit": Rule(MEMBERS),
    "web.subscriptions.message": Rule(MEMBERS),
    "web.subscriptions.test": Rule(MEMBERS),
    "web.subscriptions.switch": Rule(MEMBERS),
    "web.subscriptions.rotate": Rule(MEMBERS),
    "web.subscriptions.replay": Rule(MEMBERS),
    "web.subscriptions.replay_one": Rule(MEMBERS),
    "web.subscriptions.delete": Rule(MEMBERS),
    # Pages
    "web.users.index": Rule(ADMINS),
    "web.users.new": Rule(ADMINS),
    "web.users.disable": Rule(ADMINS),
    "web.users.enable": Rule(ADMINS),
    "web.users.new_password": Rule(ADMINS),
    "web.overview.home": Rule(EVERYONE),
    "web.programmes.index": Rule(EVERYONE),
    "web.programmes.show": Rule(EVERYONE),
    "web.programmes.edit": Rule(GIVERS | STAFF),
    "web.programmes.new": Rule(GIVERS | STAFF),
    "web.programmes.archive": Rule(GIVERS | STAFF),
    "web.programmes.release": Rule(GIVERS | STAFF),
    "web.organisations.index": Rule(EVERYONE),
    "web.organisations.show": Rule(EVERYONE),
    "web.organisations.new": Rule(STAFF),
    "web.organisations.edit": Rule(GIVERS | STAFF),
    "web.states.index": Rule(EVERYONE),
    "web.states.show": Rule(EVERYONE),
    "web.needs.index": Rule(EVERYONE),
    "web.needs.show": Rule(EVERYONE),
    "web.needs.new": Rule(STATES),
    "web.needs.create": Rule(STATES),
    "web.needs.edit": Rule(STATES),
    "web.needs.update": Rule(STATES),
    "web.needs.act": Rule(STATES),
    "web.offers.index": Rule(EVERYONE),
    "web.offers.show": Rule(EVERYONE),
    "web.offers.new": Rule(GIVERS),
    "web.offers.create": Rule(GIVERS),
    "web.offers.edit": Rule(GIVERS),
    "web.offers.update": Rule(GIVERS),
    "web.offers.act": Rule(GIVERS),
    "web.matches.compare": Rule(EVERYONE),
    "web.matches.explain": Rule(EVERYONE),
    "web.listed.index": Rule(STAFF),
    "web.listed.show": Rule(STAFF),
    "web.standards.index": Rule(EVERYONE),
    "web.standards.show": Rule(EVERYONE),
    "web.assessments.index": Rule(EVERYONE),
    "web.assessments.show": Rule(EVERYONE),
    "web.assessments.new": Rule(STATES),
    "web.assessments.create": Rule(STATES),
    "web.assessments.answer": Rule(STATES),
    "web.assessments.save": Rule(STATES),
    "web.assessments.move": Rule(STATES),
    "web.assessments.make_need": Rule(STATES),
    "web.alerts.index": Rule(MEMBERS),
    "web.alerts.new": Rule(MEMBERS),
    "web.alerts.edit": Rule(MEMBERS),
    "web.alerts.delete": Rule(MEMBERS),
    "web.mails.index": Rule(STAFF),
    "web.mails.retry": Rule(STAFF),
    "web.mails.discard": Rule(STAFF),
    "web.unsubscribe.show": Rule(EVERYONE),
    "web.unsubscribe.stop": Rule(EVERYONE, is_signed=True),
    "web.notices.index": Rule(MEMBERS),
    "web.notices.read": Rule(MEMBERS),
    "web.notices.read_all": Rule(MEMBERS),
    "web.conflicts.index": Rule(GIVERS | STAFF),
    "web.conflicts.show": Rule(GIVERS | STAFF),
    "web.conflicts.decide": Rule(GIVERS | STAFF),
    "web.consumers.index": Rule(STAFF),
    "web.consumers.retry": Rule(STAFF),
    "web.consumers.discard": Rule(STAFF),
    "web.allocation.index": Rule(STAFF),
    "web.allocation.create": Rule(STAFF),
    "web.allocation.show": Rule(STAFF),
    "web.allocation.add": Rule(STAFF),
    "web.jobs.index": Rule(STAFF),
    "web.jobs.retry": Rule(STAFF),
    "web.jobs.discard": Rule(STAFF),
    "web.same_as.index": Rule(STAFF),
    "web.same_as.show": Rule(STAFF),
    "web.same_as.judge": Rule(STAFF),
    "web.same_as.judge_records": Rule(STAFF),
    "web.feeds.index": Rule(MEMBERS),
    "web.feeds.show": Rule(MEMBERS),
    "web.feeds.new": Rule(STAFF),
    "web.feeds.edit": Rule(STAFF),
    "web.feeds.sync": Rule(STAFF),
    "web.pings.show": Rule(STAFF),
    "web.pings.replace": Rule(STAFF),
    "web.pings.remove": Rule(STAFF),
    "web.feeds.run": Rule(STAFF),
    "web.feeds.cancel": Rule(STAFF),
    "web.feeds.records": Rule(STAFF),
    "web.feeds.judge": Rule(STAFF),
    "web.holds.show": Rule(STAFF),
    "web.holds.decide": Rule(STAFF),
}
"""Endpoint, or (endpoint, method) where methods differ → rule. No entry: refused."""


def rule_for(endpoint: str, method: str) -> Rule | None:
    """The rule of an endpoint under a method (HEAD is GET), or None."""
    method = "GET" if method == "HEAD" else method
    return ROUTES.get((endpoint, method)) or ROUTES.get(endpoint)


def check_route(endpoint: str, method: str, actor: Actor) -> None:
    """Raise NotAuthenticated or NotAllowed unless the actor reaches the endpoint.

    OPTIONS passes: it says which methods there are, and nothing else.
    """
    if method == "OPTIONS":
        return
    rule = rule_for(endpoint, method)
    if rule is None:
        raise NotAllowed(N_("Nobody may do this: there is no rule for this address."))
    if actor.role not in rule.roles:
        if not actor.signed_in:
            raise NotAuthenticated(N_("Sign in to see this."))
        raise NotAllowed(N_("Your role does not reach this."))
    if actor.scopes is not None and rule.scope is not None:
        missing = [scope for scope in rule.scope.split() if scope not in actor.scopes]
        if missing:
            raise NotAllowed(N_("This token lacks the scope “%(scope)s”."), scope=" ".join(missing))
