"""Who says whether a document belongs here, by what its adapter's records become. Loads no database: readers use it."""

from collections.abc import Callable
from typing import Any, Protocol

from registry.sync.classification import Classified, classifier


class Judge(Protocol):
    """Says whether a document belongs here, and why."""

    version: str
    """What was judged under another version is judged anew."""

    def classify(self, document: dict[str, Any], /) -> Classified: ...


class Everything:
    """For lists on which everything belongs here."""

    version = ""

    def classify(self, document: dict[str, Any], /) -> Classified:
        """Always relevant."""
        return Classified(True, "stands on the list", [])


JUDGES: dict[str, Callable[[], Judge]] = {"programme": classifier, "listed": Everything}
"""Adapter.target → its judge"""
