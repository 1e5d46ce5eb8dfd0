"""The secrets of subscriptions: derived from the registry's key and a stored salt, so that none is stored.

A copy of the database alone signs nothing. Why not an encrypted column: docs/decisions/0012-webhooks-room.md.
"""

import hashlib
import hmac
import secrets
from datetime import datetime

from registry.settings import Settings
from registry.webhooks.models import Subscription

PURPOSE = b"casa: secrets of webhooks, 1"


class KeyChanged(Exception):
    """The registry's key is not the one that this subscription's secret was made with."""


class Keys:
    """Makes secrets with one registry's key. Keep it out of logs: its repr says nothing."""

    def __init__(self, settings: Settings) -> None:
        self._key = hmac.digest(settings.secret().encode(), PURPOSE, hashlib.sha256)

    def secret(self, salt: str) -> bytes:
        """The 32 bytes that belong to a salt."""
        return hmac.digest(self._key, bytes.fromhex(salt), hashlib.sha256)

    def fingerprint(self, salt: str) -> str:
        """16 hexadecimal digits that tell a secret from another and say nothing of it."""
        return hmac.digest(self.secret(salt), b"fingerprint", hashlib.sha256).hex()[:16]

    def in_force(self, subscription: Subscription, now: datetime) -> list[bytes]:
        """What messages are signed with, the newest first. Raises KeyChanged."""
        if not self.fits(subscription):
            raise KeyChanged
        found = [self.secret(subscription.salt)]
        if subscription.previous_salt and subscription.previous_until and subscription.previous_until > now:
            found.append(self.secret(subscription.previous_salt))
        return found

    def fits(self, subscription: Subscription) -> bool:
        """Whether the registry's key is still the one that the secret was made with."""
        return hmac.compare_digest(self.fingerprint(subscription.salt), subscription.fingerprint)


def new_salt() -> str:
    """Another secret."""
    return secrets.token_hex(32)
