"""A problem as JSON: what the registry hands to the process that solves it, and keeps as a round's frozen inputs.

{"needs": [[id, State, asked, viable share], …], "offers": [[id, money, smallest grant], …],
 "pairs": [[need's place, offer's place, value, cap, standing], …]}
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from registry.errors import N_, InvalidInput
from registry.matching.allocation.problem import Problem

MOST = 10**15
"""Units: sums of a million such amounts are still whole numbers in 64 bits"""
Check = Callable[[Any], bool]


def read(content: Any) -> Problem:
    """The problem that a file poses. Raises InvalidInput with the dotted path of what does not fit.

    A row at a time without a schema object for each: a round has up to a million pairs.
    """
    if not isinstance(content, dict) or content.keys() != {"needs", "offers", "pairs"}:
        raise InvalidInput({"problem": [N_("Give needs, offers and pairs.")]})
    needs, offers, pairs = (content[name] for name in ("needs", "offers", "pairs"))
    _check("needs", needs, (_is_text, _is_text, _amount(1), _is_share))
    _check("offers", offers, (_is_text, _amount(0), _amount(0)))
    _check("pairs", pairs, (_place(needs), _place(offers), _is_worth, _amount(1), _is_flag))
    for name, rows in (("needs", [row[0] for row in needs]), ("offers", [row[0] for row in offers]),
                       ("pairs", [tuple(row[:2]) for row in pairs])):  # fmt: skip
        if len(set(rows)) != len(rows):
            raise InvalidInput({f"problem.{name}": [N_("Each may stand here once.")]})
    return pose(content)


def _check(name: str, rows: Any, checks: tuple[Check, ...]) -> None:
    if not isinstance(rows, list):
        raise InvalidInput({f"problem.{name}": [N_("This is not a list.")]})
    for at, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(checks):
            raise InvalidInput({f"problem.{name}.{at}": [N_("This row has another number of values than it should.")]})
        for place, (value, fits) in enumerate(zip(row, checks, strict=True)):
            if not fits(value):
                raise InvalidInput({f"problem.{name}.{at}.{place}": [N_("This value does not fit here.")]})


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_whole(value) or isinstance(value, float)


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_worth(value: Any) -> bool:
    return _is_number(value) and 0 < value <= 1000


def _amount(least: int) -> Check:
    return lambda value: _is_whole(value) and least <= value <= MOST


def _place(rows: list[Any]) -> Check:
    return lambda value: _is_whole(value) and 0 <= value < len(rows)


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
