"""When a point of contact is stale; codes in one column. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

YEAR = timedelta(days=365)
AGAIN = timedelta(days=90)
"""After so long without an answer the State is asked again"""


def is_stale(confirmed_on: date, today: date) -> bool:
    """Whether nobody said for more than a year that it is right."""
    return today - confirmed_on > YEAR


def packed(codes: Iterable[str]) -> str:
    """Codes as one column holds them, so that ` att ` finds no other."""
    return f" {' '.join(codes)} " if codes else ""
