"""Who there is: groups of roles that rules speak of, and the scopes a machine token may carry. Data only."""

from registry.errors import N_

EVERYONE = frozenset({"anonymous", "state", "donor", "agency", "coordinator", "admin"})
MEMBERS = EVERYONE - {"anonymous"}
STATES = frozenset({"state"})
GIVERS = frozenset({"donor", "agency"})
OWNERS = STATES | GIVERS
STAFF = frozenset({"coordinator", "admin"})
ADMINS = frozenset({"admin"})
NOBODY: frozenset[str] = frozenset()

SCOPES: dict[str, tuple[frozenset[str], str]] = {
    "catalogue:read": (MEMBERS, N_("Read organisations, programmes and States")),
    "catalogue:write": (GIVERS | STAFF, N_("Write organisations and programmes")),
    "needs:read": (MEMBERS, N_("Read needs and their matches")),
    "needs:write": (STATES, N_("Write needs")),
    "offers:read": (MEMBERS, N_("Read offers and their matches")),
    "offers:write": (GIVERS, N_("Write offers")),
    "assessments:read": (MEMBERS, N_("Read standards and assessments")),
    "assessments:write": (STATES, N_("Write assessments")),
    "standards:write": (STAFF, N_("Load standards")),
    "participation:write": (STATES | STAFF, N_("Write participation and points of contact")),
    "proposals:read": (MEMBERS, N_("Read proposals and commitments")),
    "proposals:write": (MEMBERS, N_("Propose, answer, and say what was paid and received")),
    "allocation:read": (STAFF, N_("Read allocation rounds")),
    "allocation:write": (STAFF, N_("Open allocation rounds")),
    "feeds:read": (MEMBERS, N_("Read feeds and their runs")),
    "feeds:write": (STAFF, N_("Manage and run feeds")),
    "changes:read": (MEMBERS, N_("Follow the change feed")),
    "subscriptions:read": (MEMBERS, N_("Read webhook subscriptions and what was delivered")),
    "subscriptions:write": (MEMBERS, N_("Manage webhook subscriptions")),
    "alerts:read": (MEMBERS, N_("Read saved searches and notices")),
    "alerts:write": (MEMBERS, N_("Manage saved searches and mark notices as read")),
    "admin": (ADMINS, N_("Administer this registry")),
}
"""Scope → (roles whose tokens may carry it, what it is for). A token never reaches further than its user's role."""
