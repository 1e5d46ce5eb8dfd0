"""The library of standards: reads files, checks them, loads editions beside the old ones, never over them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.compliance import checks
from registry.compliance.differences import Difference, compare
from registry.compliance.editions import Edition, edition_of, pinned, pinned_all, version_key
from registry.compliance.models import Standard
from registry.db import utcnow
from registry.errors import InvalidInput
from registry.events.outbox import Change, emit
from registry.json_text import dumps
from registry.yaml_files.reading import BadFile, document_of, read_bytes

OTHER_FILES = frozenset(
    {"arms-words.yaml", "duties.yaml", "embargoes.yaml", "indicators.yaml", "name-forms.yaml", "themes.yaml"}
)
"""Files of the folder `standards` that are no standards."""

KEPT_FILES = 500
"""Contents kept in memory at most; beyond it the process begins anew"""
_READ: dict[bytes, Edition] = {}
"""SHA-256 of a file's bytes → the edition read from it"""


@dataclass(frozen=True, slots=True)
class Planned:
    """What loading one file does. `outcome`: new (first edition), new_version, unchanged."""

    edition: Edition
    outcome: str
    previous: str | None = None
    difference: Difference | None = None


@dataclass(frozen=True)
class LoadReport:
    """What was, or with a dry run would be, loaded."""

    planned: list[Planned] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    """crosswalk targets in standards that the library does not hold"""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        counts = {name: sum(p.outcome == name for p in self.planned) for name in ("new", "new_version", "unchanged")}
        standards = [
            {
                "standard": p.edition.slug, "version": p.edition.version, "sha256": p.edition.sha256,
                "outcome": p.outcome, "previous": p.previous, "changes": p.difference and p.difference.as_dict(),
            }
            for p in self.planned
        ]  # fmt: skip
        return {**counts, "standards": standards, "outside": self.outside}


def standard_files(paths: Iterable[Path]) -> list[Path]:
    """The standards among these files and folders, in order of name."""
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return [path for path in found if path.name not in OTHER_FILES]


def read_file(path: Path) -> Edition:
    """Read and check one file. Raises BadFile naming line, place and reason of everything wrong.

    What was found in order once is kept by the hash of its bytes, so that the same content is judged once per process.
    """
    data = read_bytes(path)
    key = hashlib.sha256(data).digest()
    if key not in _READ:
        if len(_READ) >= KEPT_FILES:
            _READ.clear()
        _READ[key] = edition_of(document_of(path.name, data, checks.problems))
    return _READ[key]


def read_all(paths: Iterable[Path], beside: Iterable[Edition] = ()) -> tuple[list[Edition], list[str]]:
    """Read and check files together, crosswalk included; `beside` are editions already there.

    Returns the editions and the crosswalk targets outside the library. Raises InvalidInput with every problem of every
    file.
    """
    wrong: dict[str, list[str]] = {}
    read: dict[str, tuple[str, Edition]] = {}
    for path in standard_files(paths):
        try:
            edition = read_file(path)
        except BadFile as error:
            wrong.update(error.fields)
            continue
        if edition.slug in read:
            wrong[f"{path.name}:1 id"] = [f"{read[edition.slug][0]} is the same standard, {edition.slug}."]
        read[edition.slug] = (path.name, edition)
    editions = {slug: edition for slug, (_, edition) in read.items()}
    faults, outside = checks.mapping_problems({**{e.slug: e for e in beside}, **editions})
    for place, message in faults:
        slug, _, clause = place.partition("#")
        name = read[slug][0] if slug in read else slug
        wrong.setdefault(f"{name} {clause} maps", []).append(message)
    if wrong:
        raise InvalidInput(wrong)
    return list(editions.values()), outside


def current_editions(session: Session) -> dict[str, Edition]:
    """slug → the edition in force, of all standards loaded."""
    rows = session.execute(select(Standard.slug, Standard.id).where(Standard.current).order_by(Standard.slug))  # type: ignore[call-overload]
    return {slug: pinned(session, standard_id) for slug, standard_id in rows}


def plan(session: Session, paths: Iterable[Path]) -> LoadReport:
    """What loading these files would do; writes nothing. Raises InvalidInput where one of them must be refused."""
    current = current_editions(session)
    editions, outside = read_all(paths, current.values())
    planned, wrong = [], {}
    for edition in editions:
        stored = session.scalar(
            select(Standard.sha256).where(Standard.slug == edition.slug, Standard.version == edition.version)  # type: ignore[call-overload]
        )
        before = current.get(edition.slug)
        if stored == edition.sha256:
            planned.append(Planned(edition, "unchanged"))
        elif stored is not None:
            wrong[f"{edition.slug} version"] = [
                f"{edition.version} is loaded with other content: a change needs a new version."
            ]
        elif before is None:
            planned.append(Planned(edition, "new"))
        elif version_key(edition.version) < version_key(before.version):
            # An older edition, brought in late so that it can be looked up: it replaces nothing.
            planned.append(Planned(edition, "new_version", before.version))
        else:
            difference = compare(before, edition)
            reused = _retired(session, before) & edition.requirements.keys()
            refusals = [
                f"{clause} was given up in an earlier edition: an id is never reused." for clause in sorted(reused)
            ]
            if refusals := [*difference.refusals, *refusals]:
                wrong[f"{edition.slug} {before.version} → {edition.version}"] = refusals
            planned.append(Planned(edition, "new_version", before.version, difference))
    if wrong:
        raise InvalidInput(wrong)
    return LoadReport(planned, outside)


def _retired(session: Session, current: Edition) -> set[str]:
    """Ids of clauses that former editions of a standard had and the one in force has no more."""
    ids = session.scalars(select(Standard.id).where(Standard.slug == current.slug)).all()  # type: ignore[call-overload]
    former = pinned_all(session, ids).values()
    return {clause for edition in former for clause in edition.requirements} - current.requirements.keys()


def load(session: Session, actor: Actor, paths: Iterable[Path], dry_run: bool = False) -> LoadReport:
    """Load standards files: all of them or, where one is refused (InvalidInput), none."""
    policy.require(actor, "standard.load", None)
    report = plan(session, paths)
    if not dry_run:
        for item in report.planned:
            if item.outcome != "unchanged":
                _store(session, actor, item.edition)
    return report


def _store(session: Session, actor: Actor, edition: Edition) -> None:
    others = session.scalars(select(Standard).where(Standard.slug == edition.slug)).all()  # type: ignore[arg-type]
    newest = all(version_key(other.version) < version_key(edition.version) for other in others)
    for other in others:
        other.current = other.current and not newest
    now = utcnow()
    standard = Standard(
        slug=edition.slug,
        version=edition.version,
        sha256=edition.sha256,
        document=dumps(edition.document),
        current=newest,
        loaded_at=now,
    )
    session.add(standard)
    session.flush()
    summary = {"standard": edition.slug, "edition": edition.version, "sha256": edition.sha256, "current": newest}
    audit.record(session, actor, "standard.load", f"standard:{standard.id}", **summary)
    # To followers the standard is one record, whose version counts the editions loaded.
    record_id = min((other.id or 0 for other in others), default=standard.id or 0)
    emit(session, Change("standard.loaded", "standard", record_id, len(others) + 1, summary), at=now)
