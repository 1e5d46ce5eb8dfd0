"""Programmes as feeds bring them: stored in batches, archived, revived; and one programme read whole.

People's edits are in editing.py, lists in listing.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue import search
from registry.catalogue.history import Changes
from registry.catalogue.models import Programme, ProgrammeDocument, ProgrammeOverride
from registry.catalogue.origins import find_by_origin, raise_stamps, says_nothing_new
from registry.catalogue.rows import Derived
from registry.catalogue.same_as.clusters import settle_written
from registry.catalogue.writing import (
    CREATED,
    PROGRAMME,
    Current,
    Plan,
    forget_rows,
    in_force,
    read_current,
    read_overrides,
    record_changes,
    write,
)
from registry.errors import N_, NotFound
from registry.events.origin import COLUMNS as ORIGIN
from registry.events.origin import Origin, origin_of
from registry.events.outbox import Change, emit_all
from registry.json_text import dumps


class Incoming:
    """A document from a source, judged relevant. `programme_id` None: not seen before.

    `relevance` says why it is in the catalogue: `code 15240 + text "armes légères"`, `scope all` …
    """

    __slots__ = ("_document", "derived", "origin", "programme_id", "relevance", "text", "themes")

    def __init__(
        self, document: dict[str, Any] | None, programme_id: int | None, themes: list[str], relevance: str,
        *, text: str | None = None, derived: Derived | None = None, origin: Origin | None = None,
    ) -> None:  # fmt: skip
        self._document, self.programme_id, self.themes, self.relevance = document, programme_id, themes, relevance
        self.text = dumps(document) if text is None else text
        """The document as it is stored"""
        self.derived = derived
        """What rows.derive made of it, where a reader did that already"""
        self.origin = origin
        """Of a record of another registry: it goes by this, and not by `programme_id`"""

    @classmethod
    def read(
        cls,
        text: str,
        programme_id: int | None,
        themes: list[str],
        relevance: str,
        derived: Derived | None,
        origin: Origin | None = None,
    ) -> "Incoming":
        """From a reader, which hands over JSON: most documents are stored without being looked at again."""
        return cls(None, programme_id, themes, relevance, text=text, derived=derived, origin=origin)

    @property
    def document(self) -> dict[str, Any]:
        if self._document is None:
            self._document = orjson.loads(self.text)
        return self._document


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one incoming document: `created`, `updated`, `unchanged` or `revived`, and the fields changed."""

    programme_id: int
    outcome: str
    changed: tuple[str, ...] = ()


def store_batch(
    session: Session, incoming: Sequence[Incoming], *, source: str, run_id: int | None, actor: Actor, now: datetime
) -> list[Stored]:
    """Store documents (at most some 1,000 at a time) and say what became of each, in the order given.

    A document that is stored already writes nothing; a person's values (overrides) stay in force over it.
    Raises NotFound where a `programme_id` is not known.
    """
    known = find_by_origin(session, [item.origin for item in incoming if item.origin])
    for item in incoming:
        if item.origin:
            item.programme_id = known.get(item.origin.key)
    ids = [item.programme_id for item in incoming if item.programme_id is not None]
    current, overrides = read_current(session, ids), read_overrides(session, ids)
    plans: list[tuple[Plan | None, int | None, str]] = []
    stamps: list[tuple[int, Origin]] = []
    for item in incoming:
        if item.programme_id is None:
            plan = _plan(item, None, source, run_id, None)
            plans.append((plan, None, "created"))
            continue
        before = current.get(item.programme_id)
        if before is None:
            raise NotFound(N_("There is no such programme."))
        if says_nothing_new(item.origin, before, source):
            plans.append((None, before.id, "unchanged"))
            continue
        if _unchanged(item, before, overrides.get(before.id)):
            if item.origin:
                stamps.append((before.id, item.origin))
            plans.append((None, before.id, "unchanged"))
            continue
        plan = _plan(item, before, source, run_id, overrides.get(before.id))
        plans.append((plan, before.id, "revived" if before.archived_at else "updated"))
    raise_stamps(session, stamps)
    writing = [plan for plan, _, _ in plans if plan]
    write(session, writing, actor=actor, now=now)
    written_before = [plan.programme_id for plan in writing if plan.programme_id and plan.version > 1]
    settle_written(session, "programme", written_before, actor, now)
    if writing:
        counts: dict[str, int] = {}
        for _, _, outcome in plans:
            counts[outcome] = counts.get(outcome, 0) + 1
        audit.record(session, actor, "programme.store", source, **counts)
    return [
        Stored((plan.programme_id if plan else id_) or 0, outcome, tuple(sorted(plan.changes)) if plan else ())
        for plan, id_, outcome in plans
    ]


def _unchanged(item: Incoming, before: Current, overrides: Mapping[str, Any] | None) -> bool:
    themes = before.themes.split() if overrides and "themes" in overrides else item.themes
    return (
        before.archived_at is None
        and before.document == item.text
        and before.relevance == item.relevance[:300]
        and before.themes.split() == themes
    )


def _plan(
    item: Incoming,
    before: Current | None,
    source: str,
    run_id: int | None,
    overrides: Mapping[str, Any] | None,
) -> Plan:
    if before is None:
        return Plan(
            None, 1, CREATED, item.document if item.derived is None else {}, item.themes, item.relevance, source,
            item.text, run_id=run_id, derived=item.derived, origin=item.origin,
        )  # fmt: skip
    effective, themes = in_force(item.document, item.themes, overrides)
    # Of a document with a person's values in it, and of one whose source is another now, the reader cannot know.
    derived = None if overrides or before.source != source else item.derived
    changes = document_changes(orjson.loads(before.document), item.document)
    if themes != before.themes.split():
        changes["themes"] = [before.themes.split(), themes]
    if item.relevance[:300] != before.relevance:
        changes["relevance"] = [before.relevance, item.relevance[:300]]
    if before.archived_at:
        changes["archived"] = [before.archived_reason, None]
    event = "programme.revived" if before.archived_at else "programme.updated"
    return Plan(
        before.id, before.version + 1, event, effective, themes, item.relevance, before.source, item.text,
        visibility=before.visibility, run_id=run_id, changes=changes, derived=derived,
        before=before.audience, origin=item.origin,
    )  # fmt: skip


def document_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """Top-level fields that differ → [before, after]; of lists only the items that went and those that came."""
    changes: Changes = {}
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, list) and isinstance(new, list):
            stayed = {dumps(item) for item in old} & {dumps(item) for item in new}
            old, new = ([item for item in items if dumps(item) not in stayed] for items in (old, new))
        changes[name] = [old, new]
    return changes


def archive(
    session: Session,
    ids: Sequence[int],
    reason: str,
    actor: Actor,
    now: datetime,
    withdrawals: Mapping[int, Origin] | None = None,
) -> int:
    """Withdraw programmes from lists and search, keeping them and their history as tombstones; returns how many.

    `withdrawals`: id → the version in which a record's origin withdrew it.

    Those archived already are left alone. Permission is the caller's to check.
    """
    raise_stamps(session, list((withdrawals or {}).items()))
    columns = [PROGRAMME.c[n] for n in ("id", "version", "title", "iati_identifier", "visibility", "source", *ORIGIN)]
    owner = PROGRAMME.c.reporting_organisation_id
    rows = session.execute(
        select(*columns, owner).where(PROGRAMME.c.id.in_(ids), PROGRAMME.c.archived_at.is_(None))
    ).all()
    if not rows:
        return 0
    reason = reason[:300]
    forget_rows(session, [row.id for row in rows])
    tomb = {"archived_at": now, "updated_at": now, "archived_reason": reason}
    session.execute(_ARCHIVE, [{"the_id": row.id, "version": row.version + 1, **tomb} for row in rows])
    search.remove(session, "programme", [row.id for row in rows])
    plans = [
        Plan(
            row.id,
            row.version + 1,
            "programme.archived",
            {},
            [],
            "",
            row.source,
            None,
            changes={"archived": [None, reason]},
        )
        for row in rows
    ]
    record_changes(session, plans, actor, now)
    emit_all(
        session,
        [
            Change(
                "programme.archived",
                "programme",
                row.id,
                row.version + 1,
                {"title": row.title, "iati_identifier": row.iati_identifier, "reason": reason},
                row.visibility,
                organisation_id=row.reporting_organisation_id,
                origin=origin_of(row),
            )
            for row in rows
        ],
        at=now,
    )
    audit.record(session, actor, "programme.archive", "", ids=[row.id for row in rows], reason=reason)
    settle_written(session, "programme", [row.id for row in rows], actor, now)
    return len(rows)


_ARCHIVE = update(PROGRAMME).where(PROGRAMME.c.id == bindparam("the_id"))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a field of a programme comes from: `feed:<id>` or `person`, when, and whose edit it is."""

    source: str
    at: datetime
    user_id: int | None = None


def get_programme(
    session: Session, actor: Actor, programme_id: int
) -> tuple[Programme, dict[str, Any], dict[str, Provenance]]:
    """(row, document in force, field → provenance). Raises NotFound where there is none the actor may see."""
    programme = session.execute(
        select(Programme).where(Programme.id == programme_id, policy.visible(actor, Programme))  # type: ignore[arg-type]
    ).scalar_one_or_none()
    stored = session.get(ProgrammeDocument, programme_id)
    if programme is None or stored is None:
        raise NotFound(N_("There is no such programme."))
    document = orjson.loads(stored.document)
    provenance = {name: Provenance(programme.source, stored.read_at) for name in (*document, "themes")}
    overrides = session.execute(
        select(ProgrammeOverride).where(ProgrammeOverride.programme_id == programme_id)  # type: ignore[arg-type]
    ).scalars()
    values: dict[str, Any] = {}
    for override in overrides:
        values[override.field] = orjson.loads(override.value)
        provenance[override.field] = Provenance("person", override.at, override.user_id)
    effective, _themes = in_force(document, programme.themes.split(), values)
    return programme, effective, provenance
