"""Machine tokens: scopes, expiry, revocation, and never more than their user may."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from registry.accounts import tokens, users
from registry.accounts.actor import Actor, system
from registry.accounts.models import Token, User
from registry.db import Database, utcnow
from registry.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound
from tests.support.people import actor_for, make_user

CLI = system("cli")


def issue(database: Database, user: User, *scopes: str, days: int = 30) -> tuple[Token, str]:
    with database.transaction() as session:
        return tokens.issue_token(session, actor_for(user), user, "nightly export", scopes, days)


def refused(database: Database, text: str, **at: object) -> str:
    with pytest.raises(NotAuthenticated) as error:
        tokens.actor_of_token(database, text, **at)  # type: ignore[arg-type]
    return str(error.value)


def test_a_token_acts_as_its_user_within_its_scopes(database: Database) -> None:
    user = make_user(database, "state", state="GHA")
    token, text = issue(database, user, "needs:read", "catalogue:read", "needs:read")
    assert text.startswith(f"casa_{token.id}_")
    assert tokens.actor_of_token(database, text) == Actor(
        role="state",
        user_id=user.id,
        state="GHA",
        scopes=frozenset({"needs:read", "catalogue:read"}),
        label=f"token:{token.id} (user:{user.id})",
        name=user.name,
    )


def test_the_secret_is_not_kept(database: Database) -> None:
    token, text = issue(database, make_user(database, "admin"), "admin")
    secret = text.split("_", 2)[2]
    assert len(secret) >= 43
    assert secret not in str(token.model_dump())


def test_a_token_expires_at_its_moment(database: Database) -> None:
    token, text = issue(database, make_user(database, "admin"), "admin", days=1)
    tokens.actor_of_token(database, text, now=token.expires_at - timedelta(seconds=1))
    assert "expired" in refused(database, text, now=token.expires_at)


def test_a_revoked_token_is_refused_at_once(database: Database) -> None:
    user = make_user(database, "donor")
    token, text = issue(database, user, "offers:read")
    for _ in range(2):
        with database.transaction() as session:
            revoked = tokens.revoke_token(session, actor_for(user), token.id or 0)
    assert "revoked" in refused(database, text)
    assert revoked.revoked_at is not None


def test_the_tokens_of_a_disabled_account_are_refused(database: Database) -> None:
    user = make_user(database, "donor")
    _, text = issue(database, user, "offers:read")
    with database.transaction() as session:
        users.disable_user(session, CLI, session.get_one(User, user.id))
    assert "disabled" in refused(database, text)
    with database.transaction() as session, pytest.raises(NotAllowed):
        tokens.issue_token(session, CLI, session.get_one(User, user.id), "t", ["offers:read"])


@pytest.mark.parametrize(
    "text",
    ["", "casa_", "casa_1", "casa_1_", "casa__x", "casa_x_y", "casa_-1_y", "casa_٣_y", "casa_0_y", "ghp_1_x",
     "casa_99999999999999999999999_x", "casa_9223372036854775808_x", "casa_1_\x00", "casa_1_é", "casa_1_wrong"],
)  # fmt: skip
def test_what_is_no_token_is_refused(database: Database, text: str) -> None:
    issue(database, make_user(database, "admin"), "admin")
    refused(database, text)


def test_the_secret_of_one_token_does_not_open_another(database: Database) -> None:
    user = make_user(database, "admin")
    first, _ = issue(database, user, "admin")
    _, other = issue(database, user, "needs:read")
    refused(database, f"casa_{first.id}_{other.split('_', 2)[2]}")


@pytest.mark.parametrize(
    ("role", "scope"),
    [("state", "offers:write"), ("donor", "needs:write"), ("agency", "feeds:write"), ("coordinator", "admin"),
     ("coordinator", "needs:write"), ("admin", "assessments:write")],
)  # fmt: skip
def test_a_scope_beyond_the_role_is_not_given(database: Database, role: str, scope: str) -> None:
    with pytest.raises(InvalidInput) as error:
        issue(database, make_user(database, role), scope)
    assert list(error.value.fields) == ["scopes"]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"scopes": []}, "scopes"), ({"days": 0}, "days"),
     ({"days": 367}, "days"), ({"days": "soon"}, "days"), ({"scopes": ["everything"]}, "scopes.0")],
)  # fmt: skip
def test_input_that_does_not_fit_is_named_by_field(session: Session, given: dict, field: str) -> None:
    user = User(id=1, role="admin")  # type: ignore[call-arg]
    usual = {"name": "t", "scopes": ["admin"], "days": 30}
    with pytest.raises(InvalidInput) as error:
        tokens.issue_token(session, CLI, user, **{**usual, **given})
    assert list(error.value.fields) == [field]


def test_tokens_of_others_can_neither_be_seen_nor_revoked_nor_issued(database: Database) -> None:
    owner, other, admin = (make_user(database, role) for role in ("donor", "coordinator", "admin"))
    token, _ = issue(database, owner, "offers:read")
    with database.transaction() as session:
        assert tokens.list_tokens(session, actor_for(other)) == []
        with pytest.raises(NotFound):
            tokens.revoke_token(session, actor_for(other), token.id or 0)
        with pytest.raises(NotAllowed):
            tokens.issue_token(session, actor_for(other), owner, "t", ["offers:read"])
        assert [found.id for found, _ in tokens.list_tokens(session, actor_for(admin))] == [token.id]
        tokens.revoke_token(session, actor_for(admin), token.id or 0)


def test_a_token_issues_none_that_reaches_further_than_itself(database: Database) -> None:
    user = make_user(database, "donor")
    _, text = issue(database, user, "offers:read")
    acting = tokens.actor_of_token(database, text)
    with database.transaction() as session:
        tokens.issue_token(session, acting, user, "t", ["offers:read"])
        with pytest.raises(NotAllowed):
            tokens.issue_token(session, acting, user, "t", ["offers:write"])


def test_its_use_is_noted_once_an_hour(database: Database) -> None:
    token, text = issue(database, make_user(database, "admin"), "admin")
    start = utcnow().replace(microsecond=0)
    noted = []
    for minutes in (0, 59, 60, 61):
        tokens.actor_of_token(database, text, now=start + timedelta(minutes=minutes))
        with database.reading() as session:
            noted.append(session.get_one(Token, token.id).last_used_at)
    hour = start + timedelta(hours=1)
    assert noted == [start, start, hour, hour]
