"""People for tests: accounts, clients that are signed in, headers with a token.

user = make_user(database, "state", state="KEN")
client = client_for(app, user)          # signed in, its writes carry the CSRF token
headers = token_headers(database, user, ["needs:read"])
"""

from collections.abc import Iterable
from functools import cache

from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from registry.accounts import passwords, tokens
from registry.accounts.actor import Actor, system
from registry.accounts.models import User
from registry.accounts.sessions import new_login
from registry.accounts.users import actor_of_user
from registry.catalogue.models import Organisation
from registry.db import Database, utcnow
from registry.http import RegistryFlask

PASSWORD = "correct horse battery"
"""Of every user made here."""


@cache
def _password_hash() -> str:
    return passwords.hash_password(PASSWORD)


def make_user(
    database: Database,
    role: str,
    state: str | None = None,
    organisation_id: int | None = None,
    email: str | None = None,
) -> User:
    """An account; a State's is Kenya's and a donor's or agency's gets an organisation where none is named."""
    with database.transaction() as session:
        if role == "state":
            state = state or "KEN"
        if role in ("donor", "agency") and organisation_id is None:
            organisation = Organisation(name=f"Organisation of a {role}")
            session.add(organisation)
            session.flush()
            organisation_id = organisation.id
        user = User(
            email="pending",
            name=f"A {role}",
            role=role,
            state=state,
            organisation_id=organisation_id,
            password_hash=_password_hash(),
            session_key="0123456789abcdef" * 2,
        )
        session.add(user)
        session.flush()
        user.email = email or f"{role}{user.id}@example.org"
    return user


def actor_for(user: User) -> Actor:
    """The user as services see them."""
    return actor_of_user(user)


def client_for(app: RegistryFlask, user: User | None = None) -> FlaskClient:
    """A browser in which the user is signed in (None: nobody is); all its requests carry a valid CSRF token."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        if user is not None:
            cookie.permanent = True
            cookie.update(user=user.id, key=user.session_key, login=new_login(), at=int(utcnow().timestamp()))
        cookie["csrf_token"] = "token-of-a-test"
    client.environ_base["HTTP_X_CSRFTOKEN"] = csrf_token(app)
    return client


def csrf_token(app: RegistryFlask) -> str:
    """What a form sends as `csrf_token`, or a script as X-CSRFToken, in the session of client_for."""
    with app.test_request_context() as context:
        context.session["csrf_token"] = "token-of-a-test"
        return generate_csrf()


def token_headers(database: Database, user: User, scopes: Iterable[str]) -> dict[str, str]:
    """The Authorization header of a new token of the user."""
    with database.transaction() as session:
        _, text = tokens.issue_token(session, system("test"), user, "test", scopes)
    return {"Authorization": f"Bearer {text}"}
