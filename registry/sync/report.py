"""What a run did, in numbers: each record of the document is counted once, archived and revived stand beside."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from registry.sync.models import Run


@dataclass
class Counts:
    """created + updated + unchanged + ignored + quarantined = records held."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    ignored: int = 0
    quarantined: int = 0
    archived: int = 0
    revived: int = 0

    @classmethod
    def of(cls, run: Run) -> "Counts":
        """What a run has counted so far."""
        return cls(**{field.name: getattr(run, field.name) for field in fields(cls)})

    @property
    def records(self) -> int:
        return self.created + self.updated + self.unchanged + self.ignored + self.quarantined

    def add(self, outcome: str, number: int = 1) -> None:
        """Count records of one outcome."""
        setattr(self, outcome, getattr(self, outcome) + number)

    def plus(self, other: "Counts") -> None:
        """Take another batch's counts in."""
        for name, number in asdict(other).items():
            self.add(name, number)

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True)
class Refusal:
    """A record that went to quarantine, for reports."""

    remote_id: str
    line: int | None
    code: str
    reason: str


@dataclass(frozen=True)
class Change:
    """What a run did to one programme, or in a preview would do: for reports."""

    remote_id: str
    title: str
    outcome: str
    """`created`, `updated`, `revived`, `archived`"""
    fields: list[str]


@dataclass
class Report:
    """A finished run (in a preview: one that was never stored) with the records that went to quarantine."""

    run: Run
    refusals: list[Refusal] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    """The first so many"""
    notes: list[str] = field(default_factory=list)
    """How the document was read, as its reader says"""
    seconds: float = 0.0
    retry_after: int | None = None
    """Seconds that the source asked to be left alone for"""

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        run = self.run
        names = ("created", "updated", "unchanged", "archived", "quarantined", "ignored", "revived", "records", "bytes")
        return {
            **{name: getattr(run, name) for name in names},
            "seconds": round(self.seconds, 3),
            "run": run.id,
            "feed": run.feed_id,
            "status": run.status,
            "reason_code": run.reason_code,
            "reason": run.reason,
            "notes": self.notes,
            "changes": [asdict(change) for change in self.changes],
            "errors": [
                {"remote_id": r.remote_id, "line": r.line, "code": r.code, "reason": r.reason} for r in self.refusals
            ],
        }
