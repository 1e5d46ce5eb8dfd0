"""Which passwords are taken, and that checking an unknown account costs as much as any other."""

import threading

import pytest
from argon2 import extract_parameters

from registry.accounts import passwords
from registry.errors import InvalidInput, TooManyAttempts


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("elevenchars", "at least 12"),
        ("é" * 3 + "abcdefgh", "at least 12"),
        ("x" * 201, "at most 200"),
        ("abababababab", "same few characters"),
        ("grace@example.org", "e-mail address"),
        ("Grace Hopperson", "e-mail address"),
    ],
)
def test_a_poor_password_is_refused_with_the_reason(password: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        passwords.check(password, field="new", email="grace@example.org", name="Grace Hopperson")
    assert says in refused.value.fields["new"][0]


@pytest.mark.parametrize(
    "password", ["twelve chars", "correct horse battery", "пароль длинный", "密码必须足够长才可以被接受吗"]
)
def test_a_long_password_is_taken_in_any_script(password: str) -> None:
    passwords.check(password, email="grace@example.org", name="Grace")


def test_a_password_fits_however_its_characters_were_composed() -> None:
    stored = passwords.hash_password("café au lait noir")
    assert passwords.verify(stored, "cafe\u0301 au lait noir")
    assert not passwords.verify(stored, "cafe au lait noir")
    assert not passwords.is_outdated(stored)


def test_an_unknown_account_costs_the_same_work_as_a_known_one() -> None:
    assert extract_parameters(passwords.DUMMY_HASH) == extract_parameters(passwords.hash_password("whatever it is"))


def test_a_stored_hash_that_is_none_fits_nothing() -> None:
    assert not passwords.verify("!", "anything at all")


def test_made_passwords_are_good_and_differ() -> None:
    made = {passwords.random_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        passwords.check(password)


def test_only_so_many_hashes_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    full = threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(passwords, "_SLOTS", full)
    monkeypatch.setattr(passwords, "SLOT_WAIT_SECONDS", 0.01)
    with pytest.raises(TooManyAttempts):
        passwords.verify(passwords.DUMMY_HASH, "x")
