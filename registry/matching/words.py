"""Words for codes of needs and offers that are said below the doors too. English; whoever shows them translates."""

from registry.errors import N_

ASSISTANCE: dict[str, str] = {
    "funding": N_("Funding"),
    "expertise": N_("Expertise"),
    "equipment": N_("Equipment"),
    "training": N_("Training"),
}
