"""The token that a partner's server is shown: kept sealed, so that a copy of the database alone says nothing of it.

Unlike the secrets of webhooks it is the partner's, and cannot be derived. It is sealed with keys made of the registry's
(a stream of HMAC-SHA256 in counter mode, then a tag over everything): docs/decisions/0016-tokens-of-partners.md.
It is shown nowhere again. It belongs to the feed's address, and goes when that changes.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime

from marshmallow import Schema, fields, validate
from sqlalchemy import delete
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.db import Database, utcnow
from registry.errors import N_
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync.models import Feed, FeedToken

PURPOSE = b"casa: tokens of partners, 1"
SALT, TAG = 16, 32


class TokenForm(Schema):
    """A partner's token."""

    token = fields.String(
        required=True,
        load_only=True,
        validate=validate.Regexp(
            r"[!-~]{8,500}\Z", error=N_("A token has 8 to 500 letters, digits or signs, and no space.")
        ),
        metadata={"description": "shown to the server of the feed's address and to no other; never shown again"},
    )


def set_token(
    session: Session, actor: Actor, feed: Feed, token: str, settings: Settings, now: datetime | None = None
) -> None:
    """Keep the token for a feed (locked by the caller: get_feed), in place of one before. Raises NotAllowed."""
    policy.require(actor, "feed.manage")
    feed_id = feed.id or 0
    session.merge(FeedToken(feed_id=feed_id, sealed=seal(settings, feed_id, token), made_at=now or utcnow()))
    session.flush()
    audit.record(session, actor, "feed.set_token", f"feed:{feed_id}")


def remove_token(session: Session, actor: Actor, feed: Feed) -> None:
    """Show the partner's server no token any more. Raises NotAllowed."""
    policy.require(actor, "feed.manage")
    if has_token(session, feed.id or 0):
        drop_token(session, feed.id or 0)
        audit.record(session, actor, "feed.remove_token", f"feed:{feed.id}")


def drop_token(session: Session, feed_id: int) -> None:
    """Forget it."""
    session.execute(delete(FeedToken).where(FeedToken.feed_id == feed_id))  # type: ignore[arg-type]


def has_token(session: Session, feed_id: int) -> bool:
    """Whether the partner's server is shown a token."""
    return session.get(FeedToken, feed_id) is not None


def token_of(database: Database, settings: Settings, feed: Feed) -> str | None:
    """The token of a feed. Raises FetchFailed where it was sealed with another key."""
    with database.reading() as session:
        kept = session.get(FeedToken, feed.id or 0)
    return unseal(settings, feed.id or 0, kept.sealed) if kept else None


def seal(settings: Settings, feed_id: int, token: str) -> str:
    """The token as it is kept, of no use for another feed."""
    salt, text = secrets.token_bytes(SALT), token.encode()
    hidden = _mixed(settings, salt, text)
    return base64.b64encode(salt + hidden + _tag(settings, feed_id, salt + hidden)).decode()


def unseal(settings: Settings, feed_id: int, sealed: str) -> str:
    """What seal was given. Raises FetchFailed."""
    try:
        content = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        content = b""
    body, tag = content[:-TAG], content[-TAG:]
    if not hmac.compare_digest(tag, _tag(settings, feed_id, body)):
        raise FetchFailed("token", "The token cannot be read: the registry's key changed since it was entered.")
    return _mixed(settings, body[:SALT], body[SALT:]).decode()


def _key(settings: Settings, use: bytes) -> bytes:
    return hmac.digest(hmac.digest(settings.secret().encode(), PURPOSE, hashlib.sha256), use, hashlib.sha256)


def _mixed(settings: Settings, salt: bytes, text: bytes) -> bytes:
    key = _key(settings, b"stream")
    blocks = range(-(-len(text) // 32))
    stream = b"".join(hmac.digest(key, salt + number.to_bytes(8), hashlib.sha256) for number in blocks)
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def _tag(settings: Settings, feed_id: int, content: bytes) -> bytes:
    return hmac.digest(_key(settings, b"tag"), feed_id.to_bytes(8) + content, hashlib.sha256)
