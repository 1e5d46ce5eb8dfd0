"""Passwords: what makes a good one, hashing and checking (argon2id). Hashing takes time: never inside a transaction."""

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registry.errors import N_, InvalidInput, TooManyAttempts

SHORTEST, LONGEST = 12, 200
FEWEST_DISTINCT = 5

# OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane; about 20 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_SLOTS = threading.BoundedSemaphore(2)
"""Hashes at work at once in this process: a flood of logins leaves threads and processors for the pages."""
SLOT_WAIT_SECONDS = 5

DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$WLoIS/eZbAkcKz77/HDQ1w$JlPfbO4o70dciHdhHTt/xNWs2jDTlBqM86Ct2fXQsUs"
"""Of a random text nobody kept: a try at an unknown account is checked against it and takes as long as any other."""


def check(password: str, *, field: str = "password", email: str = "", name: str = "") -> None:
    """Raise InvalidInput, naming the field, where the password is too short, too long or easy to guess."""
    normal = _normal(password)
    problem = None
    if len(normal) < SHORTEST:
        problem = N_("A password has at least 12 characters. Several words in a row are good.")
    elif len(normal) > LONGEST:
        problem = N_("A password has at most 200 characters.")
    elif len(set(normal)) < FEWEST_DISTINCT:
        problem = N_("This repeats the same few characters: choose something harder to guess.")
    elif normal.casefold() in (email.casefold(), name.casefold()):
        problem = N_("A password is not the name or the e-mail address of its owner.")
    if problem:
        raise InvalidInput({field: [problem]})


def random_password() -> str:
    """A password to hand to somebody once (120 bits)."""
    return secrets.token_urlsafe(15)


def hash_password(password: str) -> str:
    """The hash to store."""
    with _slot():
        return _HASHER.hash(_normal(password))


def verify(password_hash: str, password: str) -> bool:
    """Whether the password fits. Raises TooManyAttempts where this process has too many to check at once."""
    with _slot():
        try:
            return _HASHER.verify(password_hash, _normal(password)[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    # The same characters typed on another keyboard may arrive composed otherwise.
    return unicodedata.normalize("NFKC", password)


@contextmanager
def _slot() -> Iterator[None]:
    if not _SLOTS.acquire(timeout=SLOT_WAIT_SECONDS):
        raise TooManyAttempts(SLOT_WAIT_SECONDS)
    try:
        yield
    finally:
        _SLOTS.release()
