"""Signing in with a password, and changing one's own: in short transactions of its own, hashing between them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, passwords, throttle, users
from registry.accounts.actor import ANONYMOUS
from registry.accounts.models import User
from registry.accounts.schemas import normal_email
from registry.db import Database, utcnow
from registry.errors import N_, InvalidInput, NotAuthenticated, TooManyAttempts

WRONG = N_("The e-mail address or the password is not right.")


def authenticate(database: Database, email: str, password: str, address: str, now: datetime | None = None) -> User:
    """The account that e-mail address and password belong to, noted in the audit log as signed in.

    `address`: the client's, for throttling. Raises NotAuthenticated, without saying which of the two is wrong or
    whether the account is disabled, and TooManyAttempts before any hash is computed.
    """
    now, email = now or utcnow(), normal_email(email)
    limits = throttle.limits_of(email, address)
    attempt = throttle.reserve(database, limits, now)
    with database.reading() as session:
        user = session.scalar(select(User).where(User.email == email))  # type: ignore[arg-type]
    fits = _fits(database, user, password, attempt)
    fresh_hash = (
        passwords.hash_password(password) if fits and user and passwords.is_outdated(user.password_hash) else None
    )
    with database.transaction() as session:
        current = _unchanged(session, user) if fits and user else None
        if current is not None:
            current.last_login_at = now
            current.password_hash = fresh_hash or current.password_hash
            session.add(current)
            _let_in(session, email, attempt)
            audit.record(
                session, users.actor_of_user(current), "login.succeeded", f"user:{current.id}", address=address
            )
            return current
        subject = f"user:{user.id}" if user else ""
        audit.record(session, ANONYMOUS, "login.failed", subject, address=address, known=user is not None)
    raise NotAuthenticated(WRONG)


def change_password(
    database: Database, user_id: int, current: str, new: str, address: str, now: datetime | None = None
) -> User:
    """Change one's own password, knowing the one in force; all sessions made before end. Throttled as a login is.

    Raises InvalidInput naming `current` or `new`, TooManyAttempts.
    """
    now = now or utcnow()
    with database.reading() as session:
        user = session.get_one(User, user_id)
    passwords.check(new, field="new", email=user.email, name=user.name)
    if new == current:
        raise InvalidInput({"new": [N_("This is the password you have now: choose another one.")]})
    limits = throttle.limits_of(user.email, address)
    attempt = throttle.reserve(database, limits, now)
    fits = _fits(database, user, current, attempt)
    new_hash = passwords.hash_password(new) if fits else ""
    with database.transaction() as session:
        found = _unchanged(session, user) if fits else None
        if found is not None:
            _let_in(session, user.email, attempt)
            users.set_password(session, users.actor_of_user(found), found, new_hash)
            return found
        audit.record(session, users.actor_of_user(user), "user.password_refused", f"user:{user_id}", address=address)
    raise InvalidInput({"current": [N_("This is not your present password.")]})


def _fits(database: Database, user: User | None, password: str, attempt: Sequence[int]) -> bool:
    """Whether the password is right; as much work for an account that is unknown or disabled."""
    try:
        fits = passwords.verify(user.password_hash if user else passwords.DUMMY_HASH, password)
    except TooManyAttempts:
        # Our own haste, not a failure of theirs.
        with database.transaction() as session:
            throttle.take_back(session, attempt)
        raise
    return fits and user is not None and user.disabled_at is None


def _let_in(session: Session, email: str, attempt: Sequence[int]) -> None:
    throttle.take_back(session, attempt)
    throttle.forget(session, throttle.account_key(email))


def _unchanged(session: Session, seen: User) -> User | None:
    """The account, held until the commit, if it is still as it was when its password was checked."""
    found = session.scalar(select(User).where(User.id == seen.id).with_for_update())  # type: ignore[arg-type]
    return found if found is not None and found.session_key == seen.session_key else None
