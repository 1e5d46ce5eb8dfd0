"""A partner's signed word that a feed has news: who may give it, and that each word counts once.

Nothing is believed but the signature; the body is not read. All that a ping can do is to have the feed synchronised.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor, system
from registry.db import utcnow
from registry.errors import N_, Conflict, NotAuthenticated, TooManyAttempts
from registry.events.signing import BadSignature, show_secret, verify
from registry.settings import Settings
from registry.sync import timetable
from registry.sync.feeds import get_feed
from registry.sync.models import Feed, FeedKey, FeedPing
from registry.webhooks.keys import KeyChanged, Keys

MOST_BYTES = 64 * 1024
"""Of a ping's body"""
REMEMBERED = timedelta(hours=2)
"""More than the five minutes for which a signature is believed, so that a clock set back brings nothing back."""
MOST_A_MINUTE = 30
"""Pings of one feed"""
NOBODYS = "00" * 32
PING: Table = FeedPing.__table__  # type: ignore[attr-defined]


def ping_url(settings: Settings, feed_id: int) -> str:
    """Where a partner posts to."""
    return f"{settings.public_url.rstrip('/')}/api/v1/feeds/{feed_id}/notify"


def key_of(session: Session, feed_id: int) -> FeedKey | None:
    """What pings of the feed are signed with; None: none are taken."""
    return session.get(FeedKey, feed_id)


def last_ping_at(session: Session, feed_id: int) -> datetime | None:
    """When a ping was last believed, of those remembered."""
    last: datetime | None = session.execute(select(func.max(PING.c.at)).where(PING.c.feed_id == feed_id)).scalar()
    return last


def replace_key(
    session: Session, actor: Actor, feed_id: int, overlap_hours: int, settings: Settings, now: datetime | None = None
) -> tuple[FeedKey, str]:
    """A feed's first secret or another one, to be shown this once. For `overlap_hours` the one before stays good.

    Raises NotFound, NotAllowed.
    """
    policy.require(actor, "feed.manage")
    now = now or utcnow()
    get_feed(session, actor, feed_id, lock=True)
    keys, key = Keys(settings), key_of(session, feed_id)
    if key is None:
        key = FeedKey(feed_id=feed_id, salt="", fingerprint="", made_at=now)
        overlap_hours = 0
    secret = keys.replace(key, overlap_hours, now)
    key.made_at = now
    session.add(key)
    session.flush()
    audit.record(session, actor, "feed.replace_key", f"feed:{feed_id}", overlap_hours=overlap_hours)
    return key, show_secret(secret)


def remove_key(session: Session, actor: Actor, feed_id: int) -> None:
    """Take no pings for the feed any more. Raises NotFound, NotAllowed."""
    policy.require(actor, "feed.manage")
    get_feed(session, actor, feed_id, lock=True)
    key = key_of(session, feed_id)
    if key is not None:
        session.delete(key)
        session.flush()
        audit.record(session, actor, "feed.remove_key", f"feed:{feed_id}")


def take_ping(
    session: Session, settings: Settings, feed_id: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Have the feed synchronised, where the ping is signed as it should be. `headers` by lower-case name.

    Raises NotAuthenticated, alike for feeds that are not there; Conflict for a copy of a ping that was taken, or a feed
    that is switched off; TooManyAttempts. The same message signed anew is its sender's further try: nothing happens.
    """
    message_id = _believed(session, settings, feed_id, headers, body, now)
    feed = session.get_one(Feed, feed_id)
    if not (feed.url and feed.enabled):
        raise Conflict(N_("This feed is not fetched just now."))
    session.execute(delete(PING).where(PING.c.feed_id == feed_id, PING.c.at < now - REMEMBERED))
    lately = select(func.count()).where(PING.c.feed_id == feed_id, PING.c.at > now - timedelta(minutes=1))
    if session.execute(lately).scalar_one() >= MOST_A_MINUTE:
        raise TooManyAttempts(60)
    timestamp = int(headers["webhook-timestamp"])
    if not _remember(session, feed_id, message_id, timestamp, now):
        known = (PING.c.feed_id == feed_id) & (PING.c.message_id == message_id)
        if session.execute(select(PING.c.timestamp).where(known)).scalar_one() == timestamp:
            raise Conflict(N_("This message came before."))
        return
    timetable.ask(session, timetable.SYNC_NOTIFIED, feed_id, now)
    audit.record(session, system("ping"), "feed.notify", f"feed:{feed_id}", message=message_id)


def _believed(
    session: Session, settings: Settings, feed_id: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """The id of a message that the feed's partner signed just now."""
    keys, key = Keys(settings), key_of(session, feed_id)
    try:
        secrets = keys.in_force(key, now) if key else []
    except KeyChanged:
        secrets = []
    try:
        # Where there is no secret the work is the same, so that nobody learns which feeds there are.
        message_id = verify(secrets or [keys.secret(NOBODYS)], headers, body, now.timestamp())
    except BadSignature as error:
        raise NotAuthenticated(N_("The message is not believed: %(why)s."), why=str(error)) from None
    if not secrets:
        raise NotAuthenticated(N_("The message is not believed: %(why)s."), why="no signature fits")
    return message_id


def _remember(session: Session, feed_id: int, message_id: str, timestamp: int, now: datetime) -> bool:
    """Whether the message is new."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"feed_id": feed_id, "message_id": message_id, "timestamp": timestamp, "at": now}
    # Asked for what was written: the count of rows is not told for inserts on both engines.
    written = insert(PING).values(values).on_conflict_do_nothing().returning(PING.c.message_id)
    return session.execute(written).first() is not None
