"""Signatures of messages between machines, to the letter of Standard Webhooks (v1: HMAC-SHA256). Pure.

What is signed is `id.timestamp.body`, byte for byte. The header holds one signature per secret, separated by spaces:
while a secret is being replaced a message carries those of the new and the old one.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret"""
TOLERANCE_SECONDS = 300
"""A message older or newer than this is not believed, so that one overheard cannot be sent again later."""
MOST_SIGNATURES = 16
"""Looked at in one header: a flood of forged ones must not cost a hash each."""


class BadSignature(Exception):
    """The message is not to be believed; the text says why, without a hint for guessing."""


def show_secret(secret: bytes) -> str:
    """A secret as people and programs hand it on: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secret).decode()


def read_secret(text: str) -> bytes:
    """The bytes of a secret as shown, with or without its prefix. Raises ValueError for what is none."""
    try:
        secret = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret is whsec_ and base64") from None
    if not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError(f"a secret has {SHORTEST} to {LONGEST} bytes")
    return secret


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature: `v1,` and base64. `timestamp`: seconds since 1970 of this try, not of the event."""
    said = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, said, hashlib.sha256)).decode()


def signed_headers(secrets: Iterable[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, signed with each secret in force, the newest first."""
    signatures = " ".join(sign(secret, message_id, timestamp, body) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


def verify(secrets: Iterable[bytes], headers: Mapping[str, str], body: bytes, now: float) -> str:
    """The id of a message that one of the secrets signed within the last five minutes. Raises BadSignature.

    `headers` by lower-case name. The id was seen before where a message is sent again: that is the caller's to ask.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    # A dot in the id would let what is signed be cut in another place.
    if not message_id or len(message_id) > 200 or "." in message_id or not message_id.isprintable():
        raise BadSignature("there is no webhook-id")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise BadSignature("webhook-timestamp is not a number of seconds")
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("webhook-timestamp is more than five minutes away from now")
    candidates = [text.encode() for text in given if text.startswith("v1,")]
    for secret in secrets:
        expected = sign(secret, message_id, int(timestamp), body).encode()
        if any(hmac.compare_digest(expected, candidate) for candidate in candidates):
            return message_id
    raise BadSignature("no signature fits")
