"""A problem as JSON: what the registry hands to the process that solves it, and keeps as a round's frozen inputs.

{"needs": [[id, State, asked, viable share], …], "offers": [[id, money, smallest grant], …],
 "pairs": [[need's place, offer's place, value, cap, standing], …]}
"""

from typing import Any

import numpy as np

from registry.matching.allocation.problem import Problem


def pose(posed: dict[str, Any]) -> Problem:
    """The problem, whatever the order in which it is given."""
    needs = sorted(range(len(posed["needs"])), key=lambda at: str(posed["needs"][at][0]))
    offers = sorted(range(len(posed["offers"])), key=lambda at: str(posed["offers"][at][0]))
    need_place = np.empty(len(needs), np.int64)
    need_place[needs] = np.arange(len(needs))
    offer_place = np.empty(len(offers), np.int64)
    offer_place[offers] = np.arange(len(offers))
    rows = posed["pairs"]
    need = need_place[np.array([row[0] for row in rows], np.int64)]
    offer = offer_place[np.array([row[1] for row in rows], np.int64)]
    order = np.lexsort((offer, need))
    asked = np.array([posed["needs"][at][2] for at in needs], np.int64)
    money = np.array([posed["offers"][at][1] for at in offers], np.int64)
    cap = np.minimum(np.array([row[3] for row in rows], np.int64)[order], asked[need[order]])
    return Problem(
        need_ids=[str(posed["needs"][at][0]) for at in needs], offer_ids=[str(posed["offers"][at][0]) for at in offers],
        states=[posed["needs"][at][1] for at in needs], asked=asked, money=money,
        least=np.maximum(np.array([posed["offers"][at][2] for at in offers], np.int64), 1),
        viable=np.array([posed["needs"][at][3] for at in needs], float), need=need[order], offer=offer[order],
        value=np.array([row[2] for row in rows], float)[order], cap=np.minimum(cap, money[offer[order]]),
        standing=np.array([row[4] for row in rows], bool)[order],
    )  # fmt: skip
