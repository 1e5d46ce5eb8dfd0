"""The secrets of subscriptions and of pings: derived from the registry's key and a stored salt, so that none is stored.

A copy of the database alone signs nothing. Why not an encrypted column: docs/decisions/0012-webhooks-room.md.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from registry.settings import Settings

PURPOSE = b"casa: secrets of webhooks, 1"


class Keyed(Protocol):
    """A row that a secret belongs to: a subscription, or a feed whose partner signs pings."""

    salt: str
    fingerprint: str
    previous_salt: str | None
    previous_until: datetime | None


class KeyChanged(Exception):
    """The registry's key is not the one that this row's secret was made with."""


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

    def in_force(self, keyed: Keyed, now: datetime) -> list[bytes]:
        """What messages are signed with, the newest first. Raises KeyChanged."""
        if not self.fits(keyed):
            raise KeyChanged
        found = [self.secret(keyed.salt)]
        if keyed.previous_salt and keyed.previous_until and keyed.previous_until > now:
            found.append(self.secret(keyed.previous_salt))
        return found

    def fits(self, keyed: Keyed) -> bool:
        """Whether the registry's key is still the one that the secret was made with."""
        return hmac.compare_digest(self.fingerprint(keyed.salt), keyed.fingerprint)

    def replace(self, keyed: Keyed, overlap_hours: int, now: datetime) -> bytes:
        """Give the row another secret; for `overlap_hours` the one before stays in force. Returns the new one.

        Where the registry's key changed there is nothing to overlap with.
        """
        overlap = bool(overlap_hours) and self.fits(keyed)
        keyed.previous_salt = keyed.salt if overlap else None
        keyed.previous_until = now + timedelta(hours=overlap_hours) if overlap else None
        keyed.salt = new_salt()
        keyed.fingerprint = self.fingerprint(keyed.salt)
        return self.secret(keyed.salt)


def new_salt() -> str:
    """Another secret."""
    return secrets.token_hex(32)
