"""The priority of processes that do long work: pages and small writes go first."""

import os

LOW = 10
"""Niceness, 0 to 19, of a process that reads, imports, synchronises or solves"""


def lower() -> None:
    """Give this process, and those it starts, low priority. Cannot be taken back: never in a process that serves."""
    os.nice(max(0, LOW - os.nice(0)))
