"""Logins that were ended by signing out: their cookies are refused from then on, wherever a copy of one is.

A cookie's login is a random text that only the browser holds; here is its hash, kept as long as the cookie could last.
A new password and a disabled account end all logins of a user at once, by the account's `session_key`.
"""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session

from registry.accounts import audit
from registry.accounts.actor import Actor
from registry.accounts.models import EndedLogin
from registry.db import utcnow

ENDED = EndedLogin.__table__  # type: ignore[attr-defined]


def new_login() -> str:
    """Return the random text that names one login, for its cookie."""
    return secrets.token_urlsafe(32)


def end_login(session: Session, actor: Actor, login: str, until: datetime, now: datetime | None = None) -> None:
    """Refuse the cookies of this login until they would have expired (`until`); ending it again changes nothing."""
    session.execute(delete(ENDED).where(ENDED.c.until <= (now or utcnow())))
    if not has_ended(session, login):
        session.add(EndedLogin(login_sha256=_sha256(login), until=until))
        session.flush()
        audit.record(session, actor, "login.ended", f"user:{actor.user_id}")


def has_ended(session: Session, login: str) -> bool:
    """Whether somebody signed out of this login."""
    return session.execute(select(ENDED.c.until).where(ENDED.c.login_sha256 == _sha256(login))).first() is not None


def _sha256(login: str) -> str:
    return hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()
