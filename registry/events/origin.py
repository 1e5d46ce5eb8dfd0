"""Where a record that came from another registry was first entered, and in which version there. Pure.

A record without origin is this registry's own. Stamps of one origin are ordered: by the generation of that registry's
database, which grows with each restored backup, then by the record's version. Whoever takes only higher stamps ends
with what the origin says, by whichever way it came.
"""

from dataclasses import dataclass
from typing import Any

COLUMNS = ("origin_registry", "origin_id", "origin_generation", "origin_version")
"""Of records and their events"""


@dataclass(frozen=True, slots=True)
class Origin:
    """A version of a record at the registry where it was entered."""

    registry: str
    """Its lasting id"""
    record_id: int
    """The record's number there"""
    generation: int
    version: int

    @property
    def stamp(self) -> tuple[int, int]:
        """Of two of one record, the higher is the later."""
        return self.generation, self.version

    @property
    def key(self) -> tuple[str, int]:
        """The same for all versions of a record."""
        return self.registry, self.record_id

    def as_columns(self) -> dict[str, Any]:
        """For a row with COLUMNS."""
        return dict(zip(COLUMNS, values(self), strict=True))

    def as_json(self) -> dict[str, Any]:
        """As feed and snapshot say it."""
        return {
            "registry": self.registry, "id": self.record_id, "generation": self.generation, "version": self.version,
        }  # fmt: skip


def origin_of(row: Any) -> Origin | None:
    """What a row with COLUMNS says; None: it is this registry's own."""
    if row.origin_registry is None:
        return None
    return Origin(row.origin_registry, row.origin_id, row.origin_generation, row.origin_version)


def values(origin: Origin | None) -> tuple[Any, ...]:
    """In the order of COLUMNS."""
    return (origin.registry, origin.record_id, origin.generation, origin.version) if origin else (None,) * 4
