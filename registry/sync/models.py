"""Tables of sync: feeds, runs, what became of each remote record, the leased schedule. No behaviour."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from registry.db import BigId, JSONValue, LongText, Timestamped, UTCDateTime

SCOPES = ("relevant", "all")
RUN_STATUSES = ("running", "succeeded", "not_modified", "failed", "cancelled")
OUTCOMES = ("applied", "ignored", "quarantined")
HOLD_STATUSES = ("open", "released", "refused", "passed")


class Feed(Timestamped, table=True):
    """One source of records of one partner, fetched on a schedule or on demand, or filled from files (no address)."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint(f"scope IN {SCOPES}", name="scope"),
        CheckConstraint("every_minutes IS NULL OR every_minutes > 0", name="every_minutes"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    name: str = Field(max_length=200)
    adapter: str = Field(max_length=20)
    url: str | None = Field(default=None, max_length=2000)
    organisation_id: int | None = Field(default=None, foreign_key="organisation.id", sa_type=BigId)
    priority: int | None = None
    """1 to 99: how much its word counts where several sources speak of one programme; null: the registry's rule"""
    scope: str = Field(default="relevant", max_length=10)
    every_minutes: int | None = None
    """null: by hand only"""
    config: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    enabled: bool = Field(default=True)
    etag: str | None = Field(default=None, max_length=500)
    last_modified: str | None = Field(default=None, max_length=100)
    document_sha256: str | None = Field(default=None, max_length=64)
    """Of the last document applied whole, with the reader's version: equal means nothing to do."""
    full_fetch_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Last unconditional fetch, against servers that say 304 for ever."""
    followed: dict[str, Any] | None = Field(default=None, sa_type=JSONValue)
    """Of an adapter that follows: how far it came, in its own words; null: it begins with everything there is"""


class Run(SQLModel, table=True):
    """One pass over one feed. created + updated + unchanged + ignored + quarantined = records of the document."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint(f"status IN {RUN_STATUSES}", name="status"),
        Index("ix_run_feed", "feed_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    feed_id: int = Field(foreign_key="feed.id", sa_type=BigId)
    trigger: str = Field(max_length=20)
    """`schedule`, `notify`, `hand`, `import`"""
    status: str = Field(default="running", max_length=20)
    stage: str = Field(default="fetch", max_length=20)
    reason_code: str | None = Field(default=None, max_length=40)
    """See registry/sync/reasons.py"""
    reason: str | None = Field(default=None, sa_type=LongText)
    started_at: datetime = Field(sa_type=UTCDateTime)
    heartbeat_at: datetime = Field(sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    bytes: int = Field(default=0, sa_type=BigId)
    records: int = Field(default=0)
    created: int = Field(default=0)
    updated: int = Field(default=0)
    unchanged: int = Field(default=0)
    ignored: int = Field(default=0)
    quarantined: int = Field(default=0)
    archived: int = Field(default=0)
    revived: int = Field(default=0)
    cancel_requested: bool = Field(default=False)
    http_status: int | None = None
    fence: int = Field(default=1)
    """Grows when another process takes the run over: who lost it cannot write any more."""
    done_bytes: int = Field(default=0, sa_type=BigId)
    """Of `bytes`: how far the document has been read"""
    document: dict[str, Any] = Field(default_factory=dict, sa_type=JSONValue)
    """What is being read (see spooling.py): a run that is taken over goes on behind the records counted so far."""
    notes: list[str] = Field(default_factory=list, sa_type=JSONValue)
    """How the document was read: encoding and delimiter of a table, columns that were not used"""


class FeedRecord(SQLModel, table=True):
    """What became of one remote record: identity is (feed, remote id), never the title."""

    __tablename__ = "feed_record"
    __table_args__ = (
        UniqueConstraint("feed_id", "remote_id"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        Index("ix_feed_record_outcome", "feed_id", "outcome", "id"),
        Index("ix_feed_record_programme", "programme_id"),
        Index("ix_feed_record_listed", "listed_id"),
        # Few records are ever asked about: this index holds only them.
        Index(
            "ix_feed_record_hold",
            "hold_id",
            "id",
            sqlite_where=text("hold_id IS NOT NULL"),
            postgresql_where=text("hold_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    feed_id: int = Field(foreign_key="feed.id", sa_type=BigId)
    remote_id: str = Field(max_length=500)
    sha256: str = Field(max_length=64)
    """Of the record's bytes and how it was read (rules.record_key): equal means that it need not be read."""
    content_sha256: str | None = Field(default=None, max_length=64)
    """Of what it says, whatever its layout (rules.content_key): equal means that nothing is written."""
    outcome: str = Field(max_length=12)
    programme_id: int | None = Field(default=None, foreign_key="programme.id", sa_type=BigId)
    listed_id: int | None = Field(default=None, foreign_key="listed_party.id", sa_type=BigId)
    """What it became: one of the two, by the adapter's target"""
    title: str = Field(default="", max_length=300)
    reason_code: str | None = Field(default=None, max_length=40)
    reason: str | None = Field(default=None, max_length=1000)
    line: int | None = None
    fragment: str | None = Field(default=None, sa_type=LongText)
    """First 4,000 characters of a quarantined record as it came."""
    run_id: int = Field(sa_type=BigId)
    """The run that last changed this row"""
    missing_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    missing_snapshots: int = Field(default=0)
    """Complete snapshots that count towards its going: those that the brake held do not"""
    hold_id: int | None = Field(default=None, sa_type=BigId)
    """The brake's question in which this missing record stands"""
    verdict: str | None = Field(default=None, max_length=10)
    """A person's `keep` or `ignore`, over the classification."""


class Hold(SQLModel, table=True):
    """The brake's question to a person: so many of a feed's records went missing; are they to go? At most one open.

    Which they are stands in FeedRecord.hold_id. `version` grows with the set and with each answer.
    """

    __tablename__ = "feed_hold"
    __table_args__ = (
        CheckConstraint(f"status IN {HOLD_STATUSES}", name="status"),
        Index("ix_feed_hold_feed", "feed_id", "id"),
        Index("uq_feed_hold_open", "feed_id", unique=True, sqlite_where=text("status = 'open'"),
              postgresql_where=text("status = 'open'")),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    feed_id: int = Field(foreign_key="feed.id", sa_type=BigId)
    run_id: int = Field(sa_type=BigId)
    """The run that last changed the question"""
    status: str = Field(default="open", max_length=10)
    """`passed`: so many are back that there is nothing to ask any more"""
    missing: int
    """How many records it asks about"""
    live: int
    """Of how many that the feed held in the catalogue"""
    version: int = Field(default=1)
    begun_at: datetime = Field(sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    decided_by: str | None = Field(default=None, max_length=100)
    """An actor's label"""
    reason: str = Field(default="", max_length=500)


class Schedule(SQLModel, table=True):
    """Work that falls due, claimed under a lease: the same rows serve every engine."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("task", "key"),
        Index("ix_schedule_due", "next_at"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=BigId)
    task: str = Field(max_length=40)
    """`feed.sync`, `events.sequence`, `offers.expire` …; see registry/worker"""
    key: str = Field(default="", max_length=60)
    """The feed's id …"""
    every_seconds: int | None = None
    """null: once, then the row goes"""
    next_at: datetime = Field(sa_type=UTCDateTime)
    lease_owner: str | None = Field(default=None, max_length=80)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    fence: int = Field(default=0)
    """Grows with each claim: a worker that lost its lease cannot settle the row."""
    failures: int = Field(default=0)
    """In a row"""
    last_error: str | None = Field(default=None, sa_type=LongText)
    failed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    begun_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it was last claimed"""
    set_aside_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Work asked for once that failed too often: a dead letter, which only a person has tried again"""


class HostTurn(SQLModel, table=True):
    """Whose turn it is to ask a partner's server: one at a time over all processes, with a pause behind each."""

    __tablename__ = "host_turn"
    host: str = Field(primary_key=True, max_length=300)
    """`host:port`"""
    owner: str | None = Field(default=None, max_length=80)
    """`feed:12`: a run that is taken over keeps its turn."""
    until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Then the owner has lost it"""
    free_at: datetime = Field(sa_type=UTCDateTime)
    """Not to be asked before"""


class FeedKey(SQLModel, table=True):
    """What a partner signs its pings for a feed with: the secret is made of the salt and the registry's key."""

    __tablename__ = "feed_key"
    __table_args__ = (CheckConstraint("(previous_salt IS NULL) = (previous_until IS NULL)", name="previous"),)
    feed_id: int = Field(foreign_key="feed.id", primary_key=True, ondelete="CASCADE", sa_type=BigId)
    salt: str = Field(max_length=64)
    fingerprint: str = Field(max_length=16)
    """Of the secret: another one shows that the registry's key changed."""
    previous_salt: str | None = Field(default=None, max_length=64)
    previous_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Until then the secret before is believed as well."""
    made_at: datetime = Field(sa_type=UTCDateTime)


class FeedToken(SQLModel, table=True):
    """What a partner's server is shown to be let in, sealed with the registry's key (see credentials.py)."""

    __tablename__ = "feed_token"
    feed_id: int = Field(foreign_key="feed.id", primary_key=True, ondelete="CASCADE", sa_type=BigId)
    sealed: str = Field(max_length=2000)
    made_at: datetime = Field(sa_type=UTCDateTime)


class FeedPing(SQLModel, table=True):
    """A ping that was believed, remembered for as long as its signature would be believed again."""

    __tablename__ = "feed_ping"
    __table_args__ = (Index("ix_feed_ping_at", "feed_id", "at"),)
    feed_id: int = Field(foreign_key="feed.id", primary_key=True, ondelete="CASCADE", sa_type=BigId)
    message_id: str = Field(primary_key=True, max_length=200)
    timestamp: int = Field(sa_type=BigId)
    """Seconds since 1970, as signed: the same once more is a copy, another is the sender's own further try."""
    at: datetime = Field(sa_type=UTCDateTime)
