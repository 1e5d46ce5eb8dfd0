"""Subscriptions: entered, changed, given another secret, switched off and on, taken away."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from registry.accounts import audit, policy
from registry.accounts.actor import Actor
from registry.accounts.finding import visible_one
from registry.accounts.models import User
from registry.db import touch, utcnow
from registry.errors import N_, Conflict, InvalidInput
from registry.events.outbox import Change, emit
from registry.events.sequencer import last_position
from registry.events.signing import show_secret
from registry.outbound.addresses import Allowed
from registry.outbound.posting import check_receiver, port_of
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.webhooks.keys import Keys, new_salt
from registry.webhooks.models import CANCELLED, WAITING, Delivery, Subscription
from registry.webhooks.reasons import DISABLED_REASONS

MOST_PER_OWNER = 100
EDITABLE = ("name", "url", "types", "states")


def create_subscription(
    session: Session,
    actor: Actor,
    owner: User,
    data: Mapping[str, Any],
    settings: Settings,
    now: datetime | None = None,
) -> tuple[Subscription, str]:
    """A subscription (SubscriptionForm) of `owner` and its secret, which can never be shown again.

    It begins with what happens from now on. Raises InvalidInput, NotAllowed, and Conflict where the owner has too many.
    """
    now = now or utcnow()
    keys, salt = Keys(settings), new_salt()
    subscription = Subscription(
        **_fitting(data, settings),
        user_id=owner.id or 0,
        state=owner.state,
        organisation_id=owner.organisation_id,
        salt=salt,
        fingerprint=keys.fingerprint(salt),
        position=last_position(session),
        created_at=now,
        updated_at=now,
    )
    policy.require(actor, "subscription.create", subscription)
    count = select(func.count()).where(col(Subscription.user_id) == owner.id)
    if session.execute(count).scalar_one() >= MOST_PER_OWNER:
        raise Conflict(N_("You have %(number)s subscriptions already: take one away first."), number=MOST_PER_OWNER)
    session.add(subscription)
    session.flush()
    _audit(session, actor, subscription, "create", to=subscription.origin, owner=owner.id)
    return subscription, show_secret(keys.secret(salt))


def get_subscription(session: Session, actor: Actor, subscription_id: int, *, lock: bool = False) -> Subscription:
    """Raises NotFound where there is none that the actor may see."""
    return visible_one(session, actor, Subscription, subscription_id, N_("There is no such subscription."), lock=lock)


def update_subscription(
    session: Session,
    actor: Actor,
    subscription_id: int,
    data: Mapping[str, Any],
    expected_version: int | None,
    settings: Settings,
    now: datetime | None = None,
) -> Subscription:
    """Change what is given (SubscriptionPatch). Raises NotFound, NotAllowed, VersionMismatch, InvalidInput, Conflict.

    Messages that wait go to the new address. Switched on, it begins with what happens from now on: what was missed can
    be replayed.
    """
    now = now or utcnow()
    subscription = get_subscription(session, actor, subscription_id, lock=True)
    enabled = data.get("enabled", subscription.enabled)
    given = _fitting({name: data[name] for name in EDITABLE if name in data}, settings)
    changed = {name: value for name, value in given.items() if value != getattr(subscription, name)}
    # Administrators may stop what harms; what it is for is its owner's.
    switched_off = subscription.enabled and not enabled
    policy.require(actor, "subscription.stop" if switched_off and not changed else "subscription.update", subscription)
    if not changed and enabled == subscription.enabled and expected_version in (None, subscription.version):
        return subscription
    touch(subscription, expected_version, now)
    for name, value in changed.items():
        setattr(subscription, name, value)
    if switched_off:
        _switch_off(session, subscription, "person", now)
    elif enabled and not subscription.enabled:
        _switch_on(session, subscription, Keys(settings))
    session.add(subscription)
    session.flush()
    if "url" in changed:  # what is known of the old address says nothing about the new one
        _forget_failures(session, subscription, now)
    _audit(session, actor, subscription, "update", changed=sorted(changed), to=subscription.origin, enabled=enabled)
    return subscription


def rotate_secret(
    session: Session,
    actor: Actor,
    subscription_id: int,
    overlap_hours: int,
    expected_version: int | None,
    settings: Settings,
    now: datetime | None = None,
) -> tuple[Subscription, str]:
    """Another secret, to be shown this once. For `overlap_hours` messages are signed with the one before as well.

    Raises NotFound, NotAllowed, VersionMismatch. Where the registry's key changed there is nothing to overlap with.
    """
    now = now or utcnow()
    subscription = get_subscription(session, actor, subscription_id, lock=True)
    policy.require(actor, "subscription.update", subscription)
    touch(subscription, expected_version, now)
    secret = Keys(settings).replace(subscription, overlap_hours, now)
    session.add(subscription)
    session.flush()
    overlap = overlap_hours if subscription.previous_until else 0
    _audit(session, actor, subscription, "rotate_secret", overlap_hours=overlap)
    return subscription, show_secret(secret)


def delete_subscription(session: Session, actor: Actor, subscription_id: int, expected_version: int | None) -> None:
    """Take it away with all its messages. Raises NotFound, NotAllowed, VersionMismatch."""
    subscription = get_subscription(session, actor, subscription_id, lock=True)
    policy.require(actor, "subscription.stop", subscription)
    touch(subscription, expected_version, utcnow())
    _audit(session, actor, subscription, "delete", to=subscription.origin)
    session.delete(subscription)
    session.flush()


def disable(session: Session, actor: Actor, subscription: Subscription, reason: str, now: datetime) -> None:
    """Switch it off because of what the registry saw (reasons.py). The caller holds the row's lock."""
    if subscription.enabled:
        touch(subscription, None, now)
        _switch_off(session, subscription, reason, now)
        session.add(subscription)
        session.flush()
        _audit(session, actor, subscription, "disable", reason=reason)
        emit(
            session,
            Change(
                "subscription.disabled", "subscription", subscription.id or 0, subscription.version,
                {"name": subscription.name, "reason": reason}, "private", subscription.state,
                subscription.organisation_id,
            ),
            at=now,
        )  # fmt: skip


def is_owners(subscription: Subscription, user: User) -> bool:
    """Whether the account is in force and acts for whom it acted when it subscribed."""
    team = (user.state, user.organisation_id)
    return user.disabled_at is None and team == (subscription.state, subscription.organisation_id)


def held_position(session: Session) -> int | None:
    """Behind this position events are still to be looked at for some subscription; None: nobody waits for any."""
    lowest: int | None = session.execute(
        select(func.min(Subscription.position)).where(col(Subscription.enabled))
    ).scalar_one()
    return lowest


def _fitting(data: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The data with the address checked, and what follows from it."""
    found = dict(data)
    for name in ("types", "states"):
        if name in found:
            found[name] = list(dict.fromkeys(found[name]))
    if "url" in found:
        try:
            parts = check_receiver(found["url"], Allowed.parse(settings.outbound_allow))
        except FetchFailed as error:
            raise InvalidInput({"url": [str(error)]}) from None
        found["origin"] = f"{parts.hostname}:{port_of(parts)}"[:300]
    return found


def _switch_off(session: Session, subscription: Subscription, reason: str, now: datetime) -> None:
    subscription.enabled = False
    subscription.disabled_at, subscription.disabled_reason = now, reason
    session.execute(
        update(Delivery)
        .where(col(Delivery.subscription_id) == subscription.id, col(Delivery.status) == WAITING)
        .values(status=CANCELLED, reason="disabled", finished_at=now)
    )


def _switch_on(session: Session, subscription: Subscription, keys: Keys) -> None:
    if not is_owners(subscription, session.get_one(User, subscription.user_id)):
        raise Conflict(DISABLED_REASONS["owner"])
    if not keys.fits(subscription):
        raise Conflict(N_("The registry's key changed, and with it the secret. Replace the secret first."))
    subscription.enabled, subscription.disabled_at, subscription.disabled_reason = True, None, None
    subscription.failures, subscription.failing_since, subscription.paused_until = 0, None, None
    subscription.position = last_position(session)


def _forget_failures(session: Session, subscription: Subscription, now: datetime) -> None:
    subscription.failures, subscription.failing_since, subscription.paused_until = 0, None, None
    session.execute(
        update(Delivery)
        .where(col(Delivery.subscription_id) == subscription.id, col(Delivery.status) == WAITING)
        .values(next_at=now)
    )


def _audit(session: Session, actor: Actor, subscription: Subscription, act: str, **detail: Any) -> None:
    audit.record(session, actor, f"subscription.{act}", f"subscription:{subscription.id}", **detail)
