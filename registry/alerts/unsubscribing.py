"""One click in an e-mail ends all e-mail to a person, without signing in: the link itself is signed (RFC 8058).

It is good as long as the account has that address: an e-mail may be read years later. All it can do is end e-mail.
"""

import hashlib
import hmac
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from registry.accounts import audit
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts.models import IN_APP, SavedSearch
from registry.alerts.searches import deliver_by
from registry.db import touch
from registry.errors import N_, NotFound
from registry.settings import Settings

PURPOSE = b"casa: links that end e-mail, 1"
DIGITS = 32


def token_of(settings: Settings, user: User) -> str:
    """What the link to unsubscribe carries: `7-9f86d081…`."""
    return f"{user.id}-{_signature(settings, user)}"


def user_of(session: Session, settings: Settings, token: str) -> User:
    """Whose e-mail a link ends. Raises NotFound for one that this registry did not sign, or not for this address."""
    number, _, signature = token.partition("-")
    fits = number.isascii() and number.isdecimal() and len(number) < 16
    user = session.get(User, int(number)) if fits else None
    if user is None or not hmac.compare_digest(_signature(settings, user).encode(), signature.encode()):
        raise NotFound(N_("This link to end e-mails is not good, or not any more."))
    return user


def stop_mail(session: Session, user: User, now: datetime) -> None:
    """Send the person no more e-mail: all their searches tell them in the app only."""
    if user.no_mail_since is None:
        user.no_mail_since = now
        session.add(user)
        audit.record(session, actor_of_user(user), "user.no_mail", f"user:{user.id}")
    searches = select(SavedSearch).where(col(SavedSearch.user_id) == user.id, col(SavedSearch.delivery) != IN_APP)
    for search in session.scalars(searches.with_for_update()):
        deliver_by(session, search, IN_APP, now)
        touch(search, None, now)
        session.add(search)
    session.flush()


def _signature(settings: Settings, user: User) -> str:
    key = hmac.digest(settings.secret().encode(), PURPOSE, hashlib.sha256)
    return hmac.digest(key, f"{user.id}\n{user.email}".encode(), hashlib.sha256).hex()[:DIGITS]
