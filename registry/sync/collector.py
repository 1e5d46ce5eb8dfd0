"""Python's cycle collector while documents are built: they are trees, so it searches them for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (100_000, 20, 100)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Run the collector a hundred times less often inside this block (of the whole process; the usual is restored)."""
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
