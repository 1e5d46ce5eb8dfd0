"""The database: engines, transactions, clock and column types, the same on SQLite and PostgreSQL. Knows no slice.

Doors (api, web, cli, worker) open a transaction; services take its session first and never commit.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import orjson
from sqlalchemy import JSON, BigInteger, DateTime, Executable, Integer, MetaData, Table, Text, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel

from registry.errors import BrokenReferences, ConfigurationError, VersionMismatch
from registry.json_text import dumps
from registry.outages import OUTAGE

# Unnamed constraints cannot be altered in SQLite's batch mode; this must stand before any model is defined.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

WAIT = 15
"""Seconds that a writer waits for its turn on SQLite"""
CACHE_KB = 4_096
"""Of SQLite's own cache in each connection: a worker has as many connections as threads, the system keeps the file"""
LOOK = 0.001
"""Seconds between two looks whether it has come"""

JSONValue = JSON().with_variant(JSONB(), "postgresql")
"""A small JSON value. Assign a new object to change it: edits in place are not seen."""

LongText = Text()
BigId = BigInteger().with_variant(Integer, "sqlite")
"""64-bit key; SQLite gives AUTOINCREMENT to the exact word INTEGER only."""


CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""For libpq: a database's host that is gone without a word is noticed within half a minute, not within hours."""
TRY_ONLY = {"casa_try": True}
"""Execution options of an engine whose transactions do not wait for their turn to write on SQLite: they fail instead"""
TELL, DUE = "tell", "due"
"""Keys of a session's notes: who is told what work falls due with it, and that work."""


class UTCDateTime(TypeDecorator[datetime]):
    """An instant: aware in, aware out, UTC in the database.

    SQLite keeps it as text with its offset, so that reading a row is one `fromisoformat` (lists read many).
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        return _instant_to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        return _text_to_instant if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


@lru_cache(maxsize=256)  # a batch is written at one instant, which stands in several columns of all its rows
def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return value.astimezone(UTC)


@lru_cache(maxsize=256)
def _instant_to_text(value: datetime | None) -> str | None:
    # Always with microseconds: texts of one length sort as instants do.
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")


def _text_to_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def utcnow() -> datetime:
    """The clock. Rules take `now` as an argument instead of calling this."""
    return datetime.now(UTC)


class Timestamped(SQLModel):
    """Columns of every record that people edit: optimistic version and instants."""

    version: int = Field(default=1)
    created_at: datetime = Field(default_factory=utcnow, sa_type=UTCDateTime)
    updated_at: datetime = Field(default_factory=utcnow, sa_type=UTCDateTime)


def touch(record: Timestamped, expected_version: int | None, now: datetime) -> None:
    """Raise VersionMismatch unless `expected_version` is in force (None: not checked), then count one up."""
    if expected_version is not None and record.version != expected_version:
        raise VersionMismatch(record.version)
    record.version += 1
    record.updated_at = now


Tell = Callable[[Session, list[tuple[str, str]]], None]
"""(a session about to commit, (task, key) of work on the schedule that falls due with it)"""


class Database:
    """One database and how to talk to it. `tell`: hears, in each transaction, what work falls due with it."""

    def __init__(self, url: str, tell: Tell | None = None) -> None:
        self.url = url
        self.tell = tell
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        # A reader takes no write lock on SQLite and cannot write by accident on either engine.
        self.read_engine = self.engine.execution_options(
            casa_read=True, **({} if self.is_sqlite else {"postgresql_readonly": True})
        )

    def session(self, *, read: bool = False) -> Session:
        """A session that nobody commits yet, or one that can only read. For doors; see `commit`."""
        info = {} if read or self.tell is None else {TELL: self.tell}
        return Session(self.read_engine if read else self.engine, expire_on_commit=False, info=info)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on any error."""
        with self.session() as session:
            yield session
            commit(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that can only read: one snapshot, nothing to commit."""
        with self.session(read=True) as session:
            yield session

    @contextmanager
    def reshaping(self) -> Iterator[Connection]:
        """A connection in one transaction that may remake tables; committed at the end, rolled back on any error.

        SQLite remakes a table by dropping it, which with foreign keys in force would take the rows along that refer to
        it: they are checked at the end instead. Raises BrokenReferences where a row then refers to nothing.
        """
        with self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection if self.is_sqlite else None
            try:
                if driver is not None:
                    driver.execute("PRAGMA foreign_keys=OFF")  # has no effect once the transaction has begun
                with connection.begin():
                    yield connection
                    if driver is not None:
                        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                        if broken is not None:
                            raise BrokenReferences(str(broken[0]), str(broken[2]))
            finally:
                if driver is not None:
                    driver.execute("PRAGMA foreign_keys=ON")

    def dispose(self) -> None:
        self.engine.dispose()


def upsert(
    connection: Connection, table: Table, keys: Sequence[str], row: Mapping[str, Any], **instead: Any
) -> Executable:
    """The statement that inserts a row, or changes the one with the same keys, on the connection's engine.

    `instead`: what an existing row is set to; without any, to the other columns of `row`.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    other = instead or {name: value for name, value in row.items() if name not in keys}
    statement: Any = insert(table).values(**row)
    return cast(Executable, statement.on_conflict_do_update(index_elements=list(keys), set_=other))


def before_commit(session: Session, key: str, action: Callable[[Session], None], rank: int = 0) -> None:
    """Run `action` once as the last thing before the commit, however often it is asked for under this key.

    Lower ranks run first, within a rank by key: actions that lock a row all writers want do so in one order.
    """
    session.info.setdefault("before_commit", {})[key] = (rank, action)


def waits_for_commit(session: Session, key: str) -> bool:
    """Whether an action was asked for under this key and has not run yet."""
    return key in session.info.get("before_commit", ())


def fall_due(session: Session, task: str, key: str = "") -> None:
    """Say that this work on the schedule falls due with this transaction, for whoever would else look for it later."""
    if TELL in session.info:
        session.info.setdefault(DUE, set()).add((task, key))


def commit(session: Session) -> None:
    """Run what was asked for by before_commit, then commit. Only doors and `Database.transaction` call this."""
    session.flush()
    asked: dict[str, tuple[int, Callable[[Session], None]]] = session.info.get("before_commit", {})
    while asked:  # an action may ask for another
        key = min(asked, key=lambda name: (asked[name][0], name))
        asked.pop(key)[1](session)
    # Behind all other locks, and in one order: two transactions that tell of the same work wait for each other.
    if due := session.info.pop(DUE, None):
        session.info[TELL](session, sorted(due))
    session.commit()


def _sqlite_engine(url: str) -> Engine:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise ConfigurationError("The embedded database needs a file: several connections share it.")
    if not Path(path).parent.is_dir():
        raise ConfigurationError(
            f"The folder {Path(path).parent} for the database does not exist: run `casa init` first."
        )
    engine = create_engine(url, connect_args={"timeout": WAIT}, json_serializer=dumps, json_deserializer=orjson.loads)

    @event.listens_for(engine, "connect")
    def _pragmas(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # BEGIN is ours to send: see _begin
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"cache_size={-CACHE_KB}",
        ):
            dbapi.execute(f"PRAGMA {pragma}")

    _hold_to_file(engine, path)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Read-then-write under a plain BEGIN fails at once when another writer came between; IMMEDIATE waits its turn.
        read = connection.get_execution_options().get("casa_read", False)
        if connection.info.get("query_only", False) != read:
            connection.exec_driver_sql(f"PRAGMA query_only={int(read)}")
            connection.info["query_only"] = read
        if read:
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_to_write(connection, 0 if connection.get_execution_options().get("casa_try") else WAIT)

    return engine


def _hold_to_file(engine: Engine, path: str) -> None:
    """Keep to the file that was opened: one that is away is not made anew, one that was put in its place is opened."""
    seen = False

    @event.listens_for(engine, "do_connect")
    def _look(_dialect: Dialect, _record: Any, _args: Any, _named: Any) -> None:
        if seen and not Path(path).exists():
            raise sqlite3.OperationalError("unable to open database file: it is not there any more")

    @event.listens_for(engine, "connect")
    def _remember(_dbapi: Any, record: Any) -> None:
        nonlocal seen
        seen = True
        record.info["file"] = _identity(path)
        OUTAGE.over()

    @event.listens_for(engine, "checkout")
    def _compare(_dbapi: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("file") != _identity(path):
            raise DisconnectionError("the database's file is another one, or away")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _begin_to_write(connection: Connection, wait: float) -> None:
    """Take SQLite's one write lock, within so many seconds.

    SQLite's own way of waiting looks in growing steps of up to 100 ms, and so sleeps through the pauses that a
    synchronisation makes for others. A look costs microseconds.
    """
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + wait
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while _is_taken(driver) and time.monotonic() < until:
            time.sleep(LOOK)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is wrong, as any other statement would
    finally:
        driver.execute(f"PRAGMA busy_timeout={WAIT * 1000:.0f}")


def _is_taken(driver: Any) -> bool:
    """Try to begin: whether somebody else holds the lock."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def _postgresql_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=True,  # a connection that the database has cut is noticed before it is used, and made anew
        json_serializer=dumps,
        json_deserializer=orjson.loads,
        connect_args={"options": "-c timezone=UTC", **CONNECTION},
    )
    event.listen(engine, "connect", lambda _dbapi, _record: OUTAGE.over())
    return engine
