"""People's accounts: create, list, disable, enable, set a password. Passwords are hashed before the first query."""

import secrets
from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts import audit, passwords, policy
from registry.accounts.actor import Actor
from registry.accounts.models import User
from registry.accounts.schemas import UserForm, normal_email
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput, NotFound
from registry.schemas import load

USER = User.__table__  # type: ignore[attr-defined]


def create_user(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    state: str | None = None,
    organisation_id: int | None = None,
) -> User:
    """Open an account. Raises InvalidInput naming fields, NotAllowed."""
    policy.require(actor, "user.manage")
    given = {"email": email, "name": name, "role": role, "state": state, "organisation_id": organisation_id}
    loaded = load(UserForm(), given)
    passwords.check(password, email=loaded["email"], name=loaded["name"])
    password_hash = passwords.hash_password(password)
    _require_organisation(session, loaded["organisation_id"])
    if session.execute(select(USER.c.id).where(USER.c.email == loaded["email"])).first():
        raise InvalidInput({"email": [N_("There is an account with this e-mail address already.")]})
    user = User(**loaded, password_hash=password_hash, session_key=_new_key())
    session.add(user)
    session.flush()
    audit.record(session, actor, "user.create", f"user:{user.id}", **loaded)
    return user


def list_users(session: Session, actor: Actor) -> Sequence[User]:
    """The accounts the actor may see, by e-mail address."""
    return session.scalars(select(User).where(policy.visible(actor, User)).order_by(USER.c.email)).all()


def find_user(session: Session, actor: Actor, email: str) -> User:
    """The account of an e-mail address, if the actor may see it. Raises NotFound."""
    user = session.scalar(select(User).where(USER.c.email == normal_email(email), policy.visible(actor, User)))
    if user is None:
        raise NotFound(N_("There is no account with this e-mail address."))
    return user


def get_user(session: Session, actor: Actor, user_id: int) -> User:
    """The account of that number, if the actor may see it. Raises NotFound."""
    user = session.scalar(select(User).where(USER.c.id == user_id, policy.visible(actor, User)))
    if user is None:
        raise NotFound(N_("There is no such account."))
    return user


def disable_user(session: Session, actor: Actor, user: User) -> None:
    """Close an account: its sessions end and its tokens are refused, until it is enabled again.

    Raises Conflict for one's own: nobody might be left who could enable it.
    """
    policy.require(actor, "user.manage", user)
    if user.id == actor.user_id:
        raise Conflict(N_("You cannot disable your own account."))
    if user.disabled_at is None:
        user.disabled_at = utcnow()
        _renew_key(session, user)
        audit.record(session, actor, "user.disable", f"user:{user.id}")


def enable_user(session: Session, actor: Actor, user: User) -> None:
    """Open a disabled account again, with the password it had."""
    policy.require(actor, "user.manage", user)
    if user.disabled_at is not None:
        user.disabled_at = None
        touch(user, None, utcnow())
        session.add(user)
        audit.record(session, actor, "user.enable", f"user:{user.id}")


def set_password(session: Session, actor: Actor, user: User, password_hash: str) -> None:
    """Store a new password (hashed by passwords.hash_password beforehand): all sessions made before end."""
    policy.require(actor, "user.password", user)
    user.password_hash = password_hash
    _renew_key(session, user)
    audit.record(session, actor, "user.password", f"user:{user.id}")


def set_preferences(session: Session, actor: Actor, user: User, language: str, wants_mail: bool) -> None:
    """In which language the person gets e-mails, and whether any. The doors know which languages there are."""
    policy.require(actor, "user.preferences", user)
    user.language = language
    if wants_mail != (user.no_mail_since is None):
        user.no_mail_since = None if wants_mail else utcnow()
    session.add(user)
    session.flush()
    audit.record(session, actor, "user.preferences", f"user:{user.id}", language=language, mail=wants_mail)


def end_sessions(session: Session, actor: Actor, user: User) -> None:
    """Sign the person out everywhere."""
    policy.require(actor, "user.password", user)
    _renew_key(session, user)
    audit.record(session, actor, "user.end_sessions", f"user:{user.id}")


def actor_of_user(user: User) -> Actor:
    """The person as policy and services see them."""
    return Actor(
        role=user.role,
        user_id=user.id,
        state=user.state,
        organisation_id=user.organisation_id,
        label=f"user:{user.id}",
        name=user.name,
    )


def _renew_key(session: Session, user: User) -> None:
    user.session_key = _new_key()
    touch(user, None, utcnow())
    session.add(user)
    session.flush()


def _new_key() -> str:
    return secrets.token_hex(16)


def _require_organisation(session: Session, organisation_id: int | None) -> None:
    # By the table's name: the slice that owns it lives on a higher floor.
    organisation = User.metadata.tables["organisation"]
    if organisation_id is None:
        return
    if not session.execute(select(organisation.c.id).where(organisation.c.id == organisation_id)).first():
        raise InvalidInput({"organisation_id": [N_("There is no such organisation.")]})
