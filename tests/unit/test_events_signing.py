"""Signatures: the other implementation accepts ours and we accept its; nothing forged, stale or cut passes."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from registry.events import signing
from registry.events.signing import BadSignature

OLD, NEW = b"o" * 32, b"n" * 32
BODY = '{"type": "casa.need.opened", "title": "Marquage · وسم"}'.encode()


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def verify(headers: dict[str, str], body: bytes = BODY, *secrets: bytes, at: float | None = None) -> str:
    return signing.verify(secrets or (NEW,), headers, body, now() if at is None else at)


def test_the_other_implementation_accepts_our_signature() -> None:
    headers = signing.signed_headers([NEW], "0f5c", now(), BODY)
    assert Webhook(signing.show_secret(NEW)).verify(BODY, headers) == json.loads(BODY)


def test_during_a_rotation_holders_of_either_secret_accept_the_message() -> None:
    headers = signing.signed_headers([NEW, OLD], "0f5c", now(), BODY)
    for secret in (NEW, OLD):
        assert Webhook(signing.show_secret(secret)).verify(BODY, headers)
        assert verify(headers, BODY, secret) == "0f5c"
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.show_secret(b"x" * 32)).verify(BODY, headers)


def test_we_accept_the_other_implementations_signature() -> None:
    at = datetime.now(UTC)
    said = Webhook(signing.show_secret(OLD)).sign("msg_1", at, BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": said}
    assert verify(headers, BODY, NEW, OLD) == "msg_1"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"webhook-id": ""}, "id"),
        ({"webhook-id": "a.b"}, "id"),
        ({"webhook-id": "x" * 300}, "id"),
        ({"webhook-id": "other"}, "signature"),
        ({"webhook-timestamp": ""}, "timestamp"),
        ({"webhook-timestamp": "-1"}, "timestamp"),
        ({"webhook-timestamp": "1e9"}, "timestamp"),
        ({"webhook-timestamp": "٣"}, "timestamp"),
        ({"webhook-timestamp": "9" * 400}, "timestamp"),
        ({"webhook-signature": ""}, "signature"),
        ({"webhook-signature": "v1"}, "signature"),
        ({"webhook-signature": "v1,"}, "signature"),
        ({"webhook-signature": "v1,é"}, "signature"),
        ({"webhook-signature": "v2,AAAA"}, "signature"),
        ({"webhook-signature": " ".join(["v1,AAAA"] * 50)}, "signature"),
    ],
)
def test_headers_out_of_form_are_refused_with_a_reason(changed: dict[str, str], reason: str) -> None:
    with pytest.raises(BadSignature, match=reason):
        verify(signing.signed_headers([NEW], "msg", now(), BODY) | changed)


def test_a_message_from_another_time_or_with_another_body_is_refused() -> None:
    headers = signing.signed_headers([NEW], "msg", 1_700_000_000, BODY)
    assert verify(headers, at=1_700_000_300) and verify(headers, at=1_699_999_700)
    for at in (1_700_000_301, 1_699_999_699):
        with pytest.raises(BadSignature, match="five minutes"):
            verify(headers, at=at)
    with pytest.raises(BadSignature, match="no signature"):
        verify(headers, BODY + b" ", at=1_700_000_000)


def test_a_body_that_is_no_text_is_signed_and_verified_like_any_other() -> None:
    headers = signing.signed_headers([NEW], "msg", now(), b"\xff\xfe\x00")
    assert verify(headers, b"\xff\xfe\x00") == "msg"


@given(st.binary(min_size=24, max_size=64))
def test_a_secret_survives_being_shown(secret: bytes) -> None:
    assert signing.read_secret(signing.show_secret(secret)) == secret
    assert signing.read_secret(base64.b64encode(secret).decode()) == secret


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_AAAA", "whsec_" + "A" * 200, "whsec_é", "whsec_***"])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a secret"):
        signing.read_secret(text)
