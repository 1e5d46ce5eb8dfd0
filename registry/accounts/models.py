"""Tables of accounts: users, machine tokens, failed attempts, ended logins, the audit log. No behaviour."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from registry.db import BigId, LongText, Timestamped, UTCDateTime

ROLES = ("state", "donor", "agency", "coordinator", "admin")


class User(Timestamped, table=True):
    """A person. Role `state` acts for one State, `donor` and `agency` for one organisation."""

    __tablename__ = "user_account"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint("(role = 'state') = (state IS NOT NULL)", name="state_of_role"),
        CheckConstraint("(role IN ('donor', 'agency')) = (organisation_id IS NOT NULL)", name="organisation_of_role"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    email: str = Field(max_length=254)
    """Lower case; the login name."""
    name: str = Field(max_length=200)
    role: str = Field(max_length=20)
    state: str | None = Field(default=None, max_length=3)
    """ISO 3166 alpha-3."""
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", sa_type=BigId)
    password_hash: str = Field(max_length=200)
    session_key: str = Field(max_length=64)
    """Changes when the password changes or the account is disabled: every session made before ends."""
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_login_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    language: str = Field(default="en", max_length=3, sa_column_kwargs={"server_default": "en"})
    """Of e-mails to the person"""
    no_mail_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Since then the person wants no e-mail"""


class Token(SQLModel, table=True):
    """A machine token `casa_<id>_<secret>`; only the hash of the secret is kept."""

    __tablename__ = "token"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    user_id: int = Field(foreign_key="user_account.id", index=True, sa_type=BigId)
    name: str = Field(max_length=100)
    secret_sha256: str = Field(max_length=64)
    scopes: str = Field(max_length=500)
    """Space-separated, for example `catalogue:read needs:write`."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class FailedAttempt(SQLModel, table=True):
    """One login that failed or is being tried, so that throttling holds over several processes."""

    __tablename__ = "failed_attempt"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    key: str = Field(max_length=100, index=True)
    """`account:<hash of the e-mail>` or `address:<client address or IPv6 network>`."""
    at: datetime = Field(sa_type=UTCDateTime)


class EndedLogin(SQLModel, table=True):
    """A login that its user ended by signing out; only the hash of what its cookie holds is kept."""

    __tablename__ = "ended_login"
    login_sha256: str = Field(primary_key=True, max_length=64)
    until: datetime = Field(sa_type=UTCDateTime)
    """When its cookie would have expired, and the row may go"""


class AuditEntry(SQLModel, table=True):
    """One act, chained by hash to the one before: a change or a gap shows. Rows are only ever added."""

    __tablename__ = "audit_entry"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    at: datetime = Field(sa_type=UTCDateTime)
    actor: str = Field(max_length=200)
    """`user:7`, `token:3 (user:7)`, `cli`, `feed:2 run:9`."""
    action: str = Field(max_length=80)
    """`need.update`, `login.failed` …"""
    subject: str = Field(default="", max_length=120, index=True)
    """`need:12`"""
    detail: str = Field(default="{}", sa_type=LongText)
    """JSON: what changed, without secrets."""
    previous_sha256: str = Field(max_length=64)
    sha256: str = Field(max_length=64)


class AuditHead(SQLModel, table=True):
    """The one row that serialises writers of the audit chain."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    id: int = Field(default=1, primary_key=True)
    entry_id: int = Field(default=0, sa_type=BigId)
    sha256: str = Field(default="0" * 64, max_length=64)


class IdempotencyKey(SQLModel, table=True):
    """The answer once given to a POST with an Idempotency-Key, so that a retry gets the same one and does nothing."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    owner: str = Field(max_length=60)
    """`user:<id>`"""
    key: str = Field(max_length=200)
    request_sha256: str = Field(max_length=64)
    """Of method, path and body: the same key with another request is an error."""
    status: int
    headers: str = Field(sa_type=LongText)
    body: str = Field(sa_type=LongText)
    at: datetime = Field(sa_type=UTCDateTime)
