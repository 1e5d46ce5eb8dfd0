"""Machine tokens `casa_<id>_<secret>`: issued, listed, revoked, recognised. Only the hash of the secret is kept.

The secret is 256 random bits, so that it cannot be guessed: wrong tokens are refused but not counted.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.models import Token, User
from registry.accounts.roles import SCOPES
from registry.accounts.schemas import TokenForm
from registry.accounts.users import actor_of_user
from registry.db import Database, utcnow
from registry.errors import N_, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from registry.schemas import LARGEST_ID, load

TOKEN = Token.__table__  # type: ignore[attr-defined]
PREFIX = "casa_"
USE_NOTED_EVERY = timedelta(hours=1)
"""A token's last use is known to the hour: a request that only reads seldom writes."""


def scopes_of(role: str) -> list[str]:
    """The scopes that tokens of somebody with this role may carry."""
    return [scope for scope, (roles, _) in SCOPES.items() if role in roles]


def issue_token(
    session: Session,
    actor: Actor,
    user: User,
    name: str,
    scopes: Iterable[str],
    days: int = 90,
    now: datetime | None = None,
) -> tuple[Token, str]:
    """A token that acts for `user`, and its text, which can never be shown again. `days`: how long it is good, 1…366.

    Raises InvalidInput naming fields, also for a scope that the user's role does not reach; NotAllowed.
    """
    policy.require(actor, "token.issue", user)
    now = now or utcnow()
    loaded = load(TokenForm(), {"name": name, "scopes": list(scopes), "days": days})
    if not set(scopes_of(user.role)).issuperset(loaded["scopes"]):
        raise InvalidInput({"scopes": [N_("The role of this account does not reach all of these scopes.")]})
    if actor.scopes is not None and not actor.scopes.issuperset(loaded["scopes"]):
        raise NotAllowed(N_("A token cannot issue a token that reaches further than itself."))
    if user.disabled_at is not None:
        raise NotAllowed(N_("This account is disabled."))
    secret = secrets.token_urlsafe(32)
    token = Token(
        user_id=user.id or 0,
        name=loaded["name"],
        secret_sha256=_sha256(secret),
        scopes=" ".join(loaded["scopes"]),
        created_at=now,
        expires_at=now + timedelta(days=loaded["days"]),
    )
    session.add(token)
    session.flush()
    detail = {"name": token.name, "scopes": token.scopes, "user": user.id, "expires_at": token.expires_at.isoformat()}
    audit.record(session, actor, "token.issue", f"token:{token.id}", **detail)
    return token, f"{PREFIX}{token.id}_{secret}"


def list_tokens(session: Session, actor: Actor, user_id: int | None = None) -> Sequence[tuple[Token, User]]:
    """Tokens with their users, newest first: one user's, or all that the actor may see."""
    found = select(Token, User).join(User, TOKEN.c.user_id == User.id).where(policy.visible(actor, Token))
    if user_id is not None:
        found = found.where(TOKEN.c.user_id == user_id)
    return [(row[0], row[1]) for row in session.execute(found.order_by(TOKEN.c.id.desc()))]


def revoke_token(session: Session, actor: Actor, token_id: int, now: datetime | None = None) -> Token:
    """End a token at once; revoking it again changes nothing. Raises NotFound."""
    token = session.scalar(select(Token).where(TOKEN.c.id == token_id, policy.visible(actor, Token)))
    if token is None:
        raise NotFound(N_("There is no such token."))
    policy.require(actor, "token.revoke", token)
    if token.revoked_at is None:
        token.revoked_at = now or utcnow()
        session.add(token)
        audit.record(session, actor, "token.revoke", f"token:{token.id}")
    return token


def actor_of_token(database: Database, text: str, now: datetime | None = None) -> Actor:
    """Who a token acts as: its user's role, within its scopes. Notes its use, to the hour.

    Raises NotAuthenticated for one that is unknown, expired or revoked, or whose user is disabled.
    """
    now = now or utcnow()
    token_id, secret = _parts(text)
    with database.reading() as session:
        found = session.execute(
            select(Token, User).join(User, TOKEN.c.user_id == User.id).where(TOKEN.c.id == token_id)
        ).one_or_none()
    if found is None or not hmac.compare_digest(found[0].secret_sha256, _sha256(secret)):
        raise NotAuthenticated(N_("This token is not one of this registry."))
    token, user = found
    if token.revoked_at is not None:
        raise NotAuthenticated(N_("This token was revoked."))
    if token.expires_at <= now:
        raise NotAuthenticated(N_("This token has expired."))
    if user.disabled_at is not None:
        raise NotAuthenticated(N_("The account of this token is disabled."))
    if token.last_used_at is None or token.last_used_at <= now - USE_NOTED_EVERY:
        with database.transaction() as session:
            session.execute(update(TOKEN).where(TOKEN.c.id == token_id).values(last_used_at=now))
    label = f"token:{token.id} (user:{user.id})"
    return replace(actor_of_user(user), scopes=frozenset(token.scopes.split()), label=label)


def _parts(text: str) -> tuple[int, str]:
    number, _, secret = text.removeprefix(PREFIX).partition("_")
    fits = text.startswith(PREFIX) and number.isascii() and number.isdecimal() and len(number) < 20
    if not fits or not secret or not 0 < int(number) <= LARGEST_ID:
        raise NotAuthenticated(N_("A token looks like casa_<number>_<secret>."))
    return int(number), secret


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
