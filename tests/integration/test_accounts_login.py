"""Signing in: throttled over all threads and processes, the same for known and unknown accounts, noted in the log."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts import audit, login, passwords, throttle, users
from registry.accounts.actor import system
from registry.accounts.models import AuditEntry, FailedAttempt, User
from registry.db import Database
from registry.errors import InvalidInput, NotAllowed, NotAuthenticated, TooManyAttempts
from tests.support.people import PASSWORD, actor_for, make_user

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
HERE = "198.51.100.7"


def attempts(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(FailedAttempt)) or 0


def entries(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id))  # type: ignore[arg-type]
        return [(entry.actor, entry.action, entry.subject) for entry in found]


def fail(database: Database, email: str, address: str = HERE, now: datetime | None = None) -> type[Exception]:
    with pytest.raises((NotAuthenticated, TooManyAttempts)) as refused:
        login.authenticate(database, email, "a wrong password", address, now)
    return refused.type


@pytest.fixture
def user(database: Database) -> User:
    return make_user(database, "state", email="grace@example.org")


def test_the_right_password_lets_in_and_is_noted(database: Database, user: User) -> None:
    found = login.authenticate(database, " Grace@Example.org ", PASSWORD, HERE, START)
    assert (found.id, found.last_login_at) == (user.id, START)
    assert entries(database) == [(f"user:{user.id}", "login.succeeded", f"user:{user.id}")]
    assert attempts(database) == 0


def test_a_wrong_password_an_unknown_and_a_disabled_account_are_refused_alike(database: Database, user: User) -> None:
    disabled = make_user(database, "admin", email="off@example.org")
    with database.transaction() as session:
        users.disable_user(session, system("cli"), session.get_one(User, disabled.id))
    said = set()
    for email, password in (
        ("grace@example.org", "wrong"),
        ("no@example.org", PASSWORD),
        ("off@example.org", PASSWORD),
    ):
        with pytest.raises(NotAuthenticated) as refused:
            login.authenticate(database, email, password, HERE, START)
        said.add(str(refused.value))
    assert len(said) == 1
    failed = [entry for entry in entries(database) if entry[1] == "login.failed"]
    assert failed == [
        ("anonymous", "login.failed", f"user:{user.id}"),
        ("anonymous", "login.failed", ""),
        ("anonymous", "login.failed", f"user:{disabled.id}"),
    ]


def test_an_unknown_account_costs_a_hash_too(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    verify = passwords.verify
    monkeypatch.setattr(passwords, "verify", lambda *given: checked.append(given[0]) or verify(*given))
    fail(database, "nobody@example.org")
    assert checked == [passwords.DUMMY_HASH]


@pytest.mark.parametrize("email", ["grace@example.org", "nobody@example.org"])
def test_after_five_failures_even_the_right_password_waits(database: Database, user: User, email: str) -> None:
    for second in range(5):
        assert fail(database, email, f"198.51.100.{second}", START + timedelta(seconds=second)) is NotAuthenticated
    now = START + timedelta(seconds=10)
    with pytest.raises(TooManyAttempts) as refused:
        login.authenticate(database, email, PASSWORD, "203.0.113.9", now)
    assert refused.value.retry_after == 24  # 30 s after the last one
    assert attempts(database) == 10  # who is turned away adds nothing
    if email == user.email:
        login.authenticate(database, email, PASSWORD, "203.0.113.9", now + timedelta(seconds=24))
        assert fail(database, email, now=now + timedelta(seconds=30)) is NotAuthenticated  # and starts afresh


def test_one_address_that_tries_many_accounts_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify", lambda *_: False)
    for number in range(30):
        assert fail(database, f"person{number}@example.org", HERE, START) is NotAuthenticated
    assert fail(database, "person30@example.org", HERE, START) is TooManyAttempts
    assert fail(database, "person30@example.org", "203.0.113.9", START) is NotAuthenticated


def test_who_is_turned_away_costs_no_hash(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    monkeypatch.setattr(passwords, "verify", lambda *given: bool(checked.append(given)))
    for _ in range(50):
        fail(database, "grace@example.org", HERE, START)
    assert len(checked) == 5


def test_tries_at_the_same_moment_are_all_counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "verify", lambda *_: False)
    with ThreadPoolExecutor(12) as pool:
        kinds = list(pool.map(lambda _: fail(database, "grace@example.org", HERE, START), range(24)))
    assert kinds.count(NotAuthenticated) == 5
    assert attempts(database) == 10


def guess(url: str, tries: int) -> int:
    """In a process of its own: how many of the tries were looked at."""
    database, looked_at = Database(url), 0
    for _ in range(tries):
        try:
            login.authenticate(database, "grace@example.org", "a wrong password", HERE)
        except NotAuthenticated:
            looked_at += 1
        except TooManyAttempts:
            continue
    database.dispose()
    return looked_at


def test_several_processes_count_together(database: Database) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("fork")) as pool:
        assert sum(pool.map(guess, [database.url] * 3, [4] * 3)) == 5


def test_hashing_holds_no_transaction(database: Database, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = passwords.verify

    def writing_meanwhile(stored: str, password: str) -> bool:
        with database.transaction() as session:  # would wait for ever if the login held SQLite's write lock
            audit.record(session, system("test"), "test.meanwhile")
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", writing_meanwhile)
    login.authenticate(database, user.email, PASSWORD, HERE)
    assert [action for _, action, _ in entries(database)] == ["test.meanwhile", "login.succeeded"]


def test_a_password_changed_during_the_check_no_longer_lets_in(
    database: Database, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing_meanwhile(*_: str) -> bool:
        with database.transaction() as session:
            users.set_password(session, system("cli"), session.get_one(User, user.id), "another hash")
        return True

    monkeypatch.setattr(passwords, "verify", changing_meanwhile)
    with pytest.raises(NotAuthenticated):
        login.authenticate(database, user.email, PASSWORD, HERE)


def test_our_own_haste_is_nobodys_failure(database: Database, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: str) -> bool:
        raise TooManyAttempts(5)

    monkeypatch.setattr(passwords, "verify", busy)
    with pytest.raises(TooManyAttempts):
        login.authenticate(database, user.email, PASSWORD, HERE)
    assert attempts(database) == 0


def test_old_failures_are_swept_out(database: Database) -> None:
    fail(database, "a@example.org", now=START)
    fail(database, "b@example.org", now=START + timedelta(hours=2))
    assert attempts(database) == 2


def test_an_outdated_hash_is_made_anew_at_login(
    database: Database, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "is_outdated", lambda _: True)
    found = login.authenticate(database, user.email, PASSWORD, HERE)
    assert found.password_hash != user.password_hash
    assert passwords.verify(found.password_hash, PASSWORD)
    assert found.session_key == user.session_key


def test_changing_the_password_asks_for_the_present_one_and_ends_sessions(database: Database, user: User) -> None:
    assert user.id is not None
    new = "a new and longer one"
    with pytest.raises(InvalidInput) as refused:
        login.change_password(database, user.id, "not the present one", new, HERE)
    assert list(refused.value.fields) == ["current"]
    for poor in ("short", PASSWORD):
        with pytest.raises(InvalidInput) as refused:
            login.change_password(database, user.id, PASSWORD, poor, HERE)
        assert list(refused.value.fields) == ["new"]
    changed = login.change_password(database, user.id, PASSWORD, new, HERE)
    assert changed.session_key != user.session_key
    login.authenticate(database, user.email, new, HERE)
    assert fail(database, user.email) is NotAuthenticated


def test_guessing_the_present_password_is_throttled_as_a_login(database: Database, user: User) -> None:
    assert user.id is not None
    for _ in range(5):
        with pytest.raises(InvalidInput):
            login.change_password(database, user.id, "guess after guess", "a new and longer one", HERE, START)
    with pytest.raises(TooManyAttempts):
        login.change_password(database, user.id, PASSWORD, "a new and longer one", HERE, START)


class TestUsers:
    def test_input_that_does_not_fit_is_named_by_field(self, session: Session) -> None:
        for given, field in (
            ({"email": "nonsense"}, "email"),
            ({"name": "  "}, "name"),
            ({"role": "king"}, "role"),
            ({"role": "state"}, "state"),
            ({"role": "state", "state": "Kenya"}, "state"),
            ({"state": "KEN"}, "state"),
            ({"role": "donor"}, "organisation_id"),
            ({"role": "donor", "organisation_id": 4711}, "organisation_id"),
            ({"organisation_id": 1}, "organisation_id"),
            ({"password": "short"}, "password"),
        ):
            usual = {"email": "new@example.org", "name": "New", "role": "admin", "password": PASSWORD}
            with pytest.raises(InvalidInput) as refused:
                users.create_user(session, system("cli"), **{**usual, **given})
            assert list(refused.value.fields) == [field], given

    def test_an_address_has_one_account_whatever_its_case(self, session: Session) -> None:
        first = {"email": "New@Example.org", "name": "New", "role": "admin", "password": PASSWORD}
        assert users.create_user(session, system("cli"), **first).email == "new@example.org"
        with pytest.raises(InvalidInput) as refused:
            users.create_user(session, system("cli"), **{**first, "email": "NEW@example.org"})
        assert list(refused.value.fields) == ["email"]

    def test_what_is_noted_holds_no_secret(self, database: Database) -> None:
        with database.transaction() as session:
            users.create_user(
                session, system("cli"), email="x@example.org", name="X", role="admin", password="very secret words"
            )
        with database.reading() as session:
            [entry] = audit.latest(session, system("cli"), 10)
        assert entry.action == "user.create" and "x@example.org" in entry.detail
        assert "secret" not in entry.detail and "argon2" not in entry.detail

    def test_disabling_ends_sessions_once_and_enabling_opens_again(self, database: Database, user: User) -> None:
        with database.transaction() as session:
            stored = session.get_one(User, user.id)
            users.disable_user(session, system("cli"), stored)
            users.disable_user(session, system("cli"), stored)
        assert stored.session_key != user.session_key
        assert fail(database, user.email) is NotAuthenticated
        with database.transaction() as session:
            users.enable_user(session, system("cli"), session.get_one(User, user.id))
        login.authenticate(database, user.email, PASSWORD, HERE)
        assert [action for _, action, _ in entries(database)].count("user.disable") == 1

    def test_only_administrators_manage_accounts(self, database: Database, session: Session, user: User) -> None:
        coordinator = actor_for(make_user(database, "coordinator"))
        with pytest.raises(NotAllowed):
            users.disable_user(session, coordinator, user)


def test_throttling_works_with_any_kind_of_client_address(database: Database) -> None:
    throttle.reserve(database, throttle.limits_of("x@example.org", ""), START)
    assert attempts(database) == 2
