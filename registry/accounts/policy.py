"""Who may see and do what: the one place to read it. Default deny throughout.

`ROUTES` says who reaches an address at all, `can`/`require` (actions.py) what may be done to a record, `visible`
(visibility.py) which records there are for somebody. A test walks every route and fails on one without an entry.
"""

from registry.accounts.actions import ACTIONS, can, require
from registry.accounts.actor import Actor
from registry.accounts.roles import ADMINS, EVERYONE, GIVERS, MEMBERS, OWNERS, STAFF, STATES
from registry.accounts.routes.api import API
from registry.accounts.routes.pages import PAGES
from registry.accounts.routes.rule import Rule
from registry.accounts.visibility import audience, catalogue_audience, counted, lost_events, visible
from registry.errors import N_, NotAllowed, NotAuthenticated

__all__ = [
    "ACTIONS", "ADMINS", "EVERYONE", "GIVERS", "MEMBERS", "OWNERS", "ROUTES", "STAFF", "STATES", "Rule", "audience",
    "can", "catalogue_audience", "check_route", "counted", "lost_events", "require", "rule_for",
    "visible",
]  # fmt: skip

ROUTES: dict[str | tuple[str, str], Rule] = {**API, **PAGES}
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
