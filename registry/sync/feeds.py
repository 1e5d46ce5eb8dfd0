"""Feeds as people add and change them, the schedule rows that follow from them, and verdicts on single records."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.catalogue.history import changes_between, record_revision
from registry.catalogue.models import Organisation
from registry.catalogue.same_as.clusters import set_standing
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.events.outbox import Change, emit
from registry.schemas import load
from registry.sync import credentials, timetable
from registry.sync.adapters import ADAPTERS
from registry.sync.models import Feed, FeedRecord
from registry.sync.schemas import FeedForm

EDITABLE = ("name", "url", "scope", "every_minutes", "organisation_id", "priority", "enabled", "config")


def create_feed(session: Session, actor: Actor, data: Mapping[str, Any], now: datetime | None = None) -> Feed:
    """Enter a feed (FeedForm) and put it on the schedule: its first run is due at once."""
    policy.require(actor, "feed.manage")
    now = now or utcnow()
    _check(session, data, None)
    feed = Feed(**dict(data), created_at=now, updated_at=now)
    session.add(feed)
    session.flush()
    set_standing(session, f"feed:{feed.id}", feed.organisation_id, feed.priority, actor, now)
    timetable.plan(session, feed, now, due_now=True)
    _note(session, actor, feed, "created", {}, now)
    return feed


def update_feed(
    session: Session,
    actor: Actor,
    feed_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    now: datetime | None = None,
) -> Feed:
    """Change what is given (FeedPatch). Raises NotFound, VersionMismatch, InvalidInput.

    Another address forgets what the old one said of its last document, so everything is read anew; another
    configuration reads everything anew too.
    """
    policy.require(actor, "feed.manage")
    now = now or utcnow()
    feed = get_feed(session, actor, feed_id, lock=True)
    given = {name: data[name] for name in EDITABLE if name in data}
    _check(session, given, feed)
    changes = changes_between({name: getattr(feed, name) for name in given}, given)
    if not changes and expected_version in (None, feed.version):
        return feed
    touch(feed, expected_version, now)
    for name, value in given.items():
        setattr(feed, name, value)
    if "url" in changes:
        feed.etag = feed.last_modified = feed.document_sha256 = feed.followed = None
        # It was meant for that address, and whoever changes it need not know it.
        credentials.drop_token(session, feed_id)
    session.add(feed)
    session.flush()
    set_standing(session, f"feed:{feed_id}", feed.organisation_id, feed.priority, actor, now)
    timetable.plan(session, feed, now, due_now=not changes.keys().isdisjoint(("url", "config")))
    record_revision(session, actor, "feed", feed_id, feed.version, changes, now)
    _note(session, actor, feed, "updated", changes, now)
    return feed


def get_feed(session: Session, actor: Actor, feed_id: int, lock: bool = False) -> Feed:
    """Raises NotFound where there is none that the actor may see."""
    statement = select(Feed).where(Feed.id == feed_id, policy.visible(actor, Feed))  # type: ignore[arg-type]
    feed = session.execute(statement.with_for_update() if lock else statement).scalar_one_or_none()
    if feed is None:
        raise NotFound(N_("There is no such feed."))
    return feed


def feed_named(session: Session, name: str) -> Feed | None:
    """The feed of this name."""
    return session.execute(select(Feed).where(Feed.name == name)).scalar_one_or_none()  # type: ignore[arg-type]


def feed_for_files(
    session: Session, actor: Actor, name: str, adapter: str, scope: str | None, config: Mapping[str, Any] | None = None
) -> Feed:
    """The feed that a file is imported under, made where there is none; a configuration that is given is kept for it.

    Raises InvalidInput for another format's feed.
    """
    feed = feed_named(session, name)
    if feed is None:
        policy.require(actor, "feed.manage")
        form = {"name": name, "adapter": adapter, "scope": scope or "relevant", "config": dict(config or {})}
        return create_feed(session, actor, load(FeedForm(), form))
    if feed.adapter != adapter:
        raise InvalidInput({"feed": [f"The feed “{name}” holds records in the format {feed.adapter}, not {adapter}."]})
    return update_feed(session, actor, feed.id or 0, {"config": dict(config)}, None) if config else feed


def request_run(session: Session, actor: Actor, feed_id: int, now: datetime | None = None) -> Feed:
    """Have the feed synchronised as soon as the scheduler sees it; asking again before it began changes nothing.

    Asked while a run goes on, it causes one further run. Raises NotFound, and Conflict for a feed without address.
    """
    policy.require(actor, "feed.run")
    now = now or utcnow()
    feed = get_feed(session, actor, feed_id)
    if not feed.url:
        raise Conflict(N_("This feed has no address: it is filled from files."))
    timetable.ask(session, timetable.SYNC_NOW, feed_id, now)
    audit.record(session, actor, "feed.request_run", f"feed:{feed_id}")
    return feed


def set_verdict(session: Session, actor: Actor, record_id: int, verdict: str | None) -> FeedRecord:
    """Put a person's word over the classification; the next run applies it. Raises NotFound."""
    policy.require(actor, "feed.manage")
    record = session.execute(
        select(FeedRecord).where(FeedRecord.id == record_id).with_for_update()  # type: ignore[arg-type]
    ).scalar_one_or_none()
    if record is None:
        raise NotFound(N_("There is no such record."))
    if record.verdict == verdict:
        return record
    audit.record(session, actor, "feed.verdict", f"feed_record:{record_id}", before=record.verdict, after=verdict)
    # Without a hash the record counts as changed, without the document's the next fetch is unconditional.
    record.verdict, record.sha256, record.content_sha256 = verdict, "", None
    feed = session.get(Feed, record.feed_id)
    assert feed is not None
    feed.document_sha256 = None
    session.add(record)
    session.add(feed)
    session.flush()
    return record


def _check(session: Session, data: Mapping[str, Any], feed: Feed | None) -> None:
    """Raise InvalidInput where what is given does not fit the registry or the feed's format."""
    if feed is None or "config" in data:
        ADAPTERS[feed.adapter if feed else data["adapter"]].bind(data.get("config") or {})
    if "name" in data:
        other = feed_named(session, data["name"])
        if other is not None and (feed is None or other.id != feed.id):
            raise InvalidInput({"name": [N_("Another feed has this name already.")]})
    organisation_id = data.get("organisation_id")
    if organisation_id is not None and session.get(Organisation, organisation_id) is None:
        raise InvalidInput({"organisation_id": [N_("There is no such organisation.")]})


def _note(session: Session, actor: Actor, feed: Feed, what: str, changes: Mapping[str, Any], now: datetime) -> None:
    data = {"name": feed.name, "adapter": feed.adapter, "scope": feed.scope, "enabled": feed.enabled}
    if changes:
        data["changed"] = sorted(changes)
    emit(session, Change(f"feed.{what}", "feed", feed.id or 0, feed.version, data, visibility="members"), at=now)
    audit.record(session, actor, f"feed.{what.removesuffix('d')}", f"feed:{feed.id}", changes=dict(changes))
