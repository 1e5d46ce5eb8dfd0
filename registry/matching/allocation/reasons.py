"""In words: why a need is not met, or an offer not given out; how a round may be fair; what ended its search."""

from registry.errors import N_

REASONS = {
    "no_eligible_offer": N_("Something stands against every offer."),
    "money_gone": N_("All offers that it could be met from are given out."),
    "largest_grants": N_("Every offer with money left gives it its largest grant already."),
    "below_smallest_grant": N_("What it still asks, or what an offer still holds, is less than the smallest grant."),
    "not_viable": N_("What is left would meet less of it than is needed to begin."),
    "no_eligible_need": N_("Something stands against every need."),
    "needs_met": N_("All needs that it could go to are met."),
    "waits_for_viable": N_("The needs that it could go to would not get enough to begin."),
}
NODES = 500
"""Nodes of the search tree that the exact method may look at; instances of our own making end at the first"""
SEARCH_LIMITS = {
    "nodes": N_("The exact search came to its limit of nodes before it was complete."),
    "pairs": N_("There are too many pairs for the exact search: it was not made."),
}
"""Why the exact search did not end by itself"""
FAIRNESS = {
    "none": N_("As much value as possible"),
    "country": N_("Reach every State first"),
    "need": N_("Reach every need first"),
}
