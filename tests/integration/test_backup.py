"""Backups: written while the registry runs, taken back whole by either engine, refused where anything is wrong."""

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Table, func, inspect, select, text
from sqlmodel import SQLModel

from registry import migrate
from registry.accounts import audit
from registry.accounts.actor import ANONYMOUS, system
from registry.accounts.models import AuditEntry
from registry.backup.dumping import write_backup
from registry.backup.layout import BackupRefused, kind_of
from registry.backup.restoring import restored
from registry.catalogue import identity, listing, programmes
from registry.catalogue.editing import create_programme, update_programme
from registry.catalogue.models import Meta, Organisation, Programme
from registry.cli import Context, casa
from registry.cli.setup import prepare
from registry.db import Database, utcnow
from registry.errors import BrokenReferences
from registry.events.outbox import Change, emit
from registry.events.sequencer import sequence
from registry.matching import listing as matching
from registry.settings import Settings
from registry.sync.models import Run, Schedule
from tests.support import web_world
from tests.support.postgresql import PostgreSQL

TEST = system("test")
CHANGED_BY_A_RESTORE = {"registry_meta", "schedule", "run", "event", "audit_entry", "audit_head"}


def command(settings: Settings, database: Database, *arguments: str) -> Result:
    context = Context.__new__(Context)
    context.settings, context._database, context.actor = settings, database, system("cli")
    return CliRunner().invoke(casa, list(arguments), obj=context)


FOUND_LATER = frozenset({"cluster_id", "lead_id", "sources", "matched_version"})
"""What the scheduler works out of the rest, in columns that the earlier version had not"""


def rows_of(database: Database, table: Table, without: frozenset[str] = frozenset()) -> list[tuple[Any, ...]]:
    """All rows; JSON as values, so that engines' ways to write it do not matter."""
    columns = [column for column in table.columns if column.name not in without]
    with database.reading() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(*table.primary_key.columns))]


def same_content(one: Database, two: Database, without: set[str] = CHANGED_BY_A_RESTORE) -> None:
    for table in SQLModel.metadata.sorted_tables:
        if table.name not in without:
            assert rows_of(one, table) == rows_of(two, table), table.name


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[Database, Path]]:
    """A registry with something in most tables, on SQLite, and its backup. Not to be written to."""
    folder = tmp_path_factory.mktemp("filled")
    database = Database(f"sqlite:///{folder / 'casa.db'}")
    migrate.upgrade(database)
    web_world.build(database, 6)
    with database.transaction() as session:
        withdrawn = create_programme(session, TEST, {"document": {"title": [{"text": "Withdrawn"}]}})
        programmes.archive(session, [withdrawn], "over", TEST, utcnow())
        session.add(Run(feed_id=1, trigger="hand", started_at=utcnow(), heartbeat_at=utcnow()))
        session.add(
            Schedule(task="feed.sync", key="9", next_at=utcnow(), lease_owner="host:1", lease_until=utcnow(), fence=3)
        )
        session.execute(text("INSERT INTO failed_attempt (key, at) VALUES ('address:1', :at)"), {"at": str(utcnow())})
        session.execute(text("DELETE FROM failed_attempt"))  # its next id is 2 all the same
    sequence(database)
    write_backup(database, folder / "backup", utcnow(), lambda _done, _all: None)
    yield database, folder / "backup"
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table, on each engine."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'target.db'}")
        yield database
        database.dispose()
    else:
        server: PostgreSQL = request.getfixturevalue("postgresql")
        url = server.create(f"restore_{next(server.numbers)}")
        database = Database(url)
        yield database
        database.dispose()
        server.drop(url)


def test_a_backup_goes_into_either_engine_and_back(
    filled: tuple[Database, Path], target: Database, settings: Settings, tmp_path: Path
) -> None:
    source, backup = filled
    result = command(settings, target, "restore", str(backup), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["runs_ended"] == 1
    same_content(source, target)
    assert migrate.pending(target) == 0
    migrate.check_drift(target)
    again = Database(f"sqlite:///{tmp_path / 'again.db'}")
    second = tmp_path / "second"
    assert command(settings, target, "backup", str(second)).exit_code == 0
    assert command(settings, again, "restore", str(second)).exit_code == 0
    same_content(source, again)
    again.dispose()


def test_what_is_restored_lives_on(filled: tuple[Database, Path], target: Database, settings: Settings) -> None:
    source, backup = filled
    assert command(settings, target, "restore", str(backup)).exit_code == 0
    with target.reading() as session, source.reading() as before:
        assert session.get_one(Meta, "registry_id").value == before.get_one(Meta, "registry_id").value
        assert identity.epoch(session) != identity.epoch(before), "followers begin again with a snapshot"
        assert audit.verify(session)[1] is None
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()  # type: ignore[union-attr]
        assert (newest.action, newest.actor) == ("backup.restore", "cli")
        assert session.scalars(select(Schedule.lease_owner).where(Schedule.key == "9")).one() is None  # type: ignore[call-overload]
        run = session.scalars(select(Run).where(Run.reason_code == "abandoned")).one()  # type: ignore[arg-type]
        assert run.status == "failed" and run.finished_at
        for text_, kind in (("stockpiles", "programme"), ("Stores are repaired", "programme")):
            filters = listing.Filters(text_)
            found = [row.id for row in listing.list_programmes(session, ANONYMOUS, filters).rows]
            expected = [row.id for row in listing.list_programmes(before, ANONYMOUS, filters).rows]
            assert found == expected and found, kind
        assert matching.list_offers(session, TEST, matching.Filters("marking")).items
    with target.transaction() as session:
        highest = session.scalars(select(func.max(Programme.id))).one()
        new = create_programme(session, TEST, {"document": {"title": [{"text": "New"}]}})
        assert highest and new == highest + 1, "no id is given twice"
        if not target.is_sqlite:
            next_id = "SELECT nextval(pg_get_serial_sequence('failed_attempt', 'id'))"
        else:
            next_id = "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'failed_attempt'"
        assert session.execute(text(next_id)).scalar_one() == 2, "also where the rows themselves are gone"
    assert sequence(target) == 2, "the run that was ended, and the programme"


def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    """Each transaction writes a pair of rows in two tables: a backup has both or neither."""
    with database.transaction() as session:
        id_ = create_programme(session, TEST, {"document": {"title": [{"text": "0"}]}})
        for n in range(200):
            session.add(Organisation(name=f"Body {n}"))
    stop = threading.Event()
    turns = 0

    def write() -> None:
        nonlocal turns
        while not stop.is_set():
            turns += 1
            with database.transaction() as session:
                update_programme(session, TEST, id_, {"document": {"title": [{"text": str(turns)}]}}, None)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        moments = []
        for number in range(2):
            path = tmp_path / f"backup-{number}"
            write_backup(database, path, utcnow(), lambda _done, _all: None)
            target = Database(f"sqlite:///{tmp_path / f'target-{number}.db'}")
            with restored(target, path, force=False, progress=lambda _done, _all: None) as (_session, head):
                assert migrate.is_known(head.revision)
            with target.reading() as session:
                programme, document, _ = programmes.get_programme(session, TEST, id_)
                assert document["title"] == [{"text": programme.title}]
                assert programme.version == int(programme.title) + 1
                assert (
                    session.execute(text("SELECT count(*) FROM event WHERE kind = 'programme'")).scalar_one()
                    == programme.version
                )
                assert audit.verify(session)[1] is None
                moments.append(programme.version)
            target.dispose()
    finally:
        stop.set()
        writer.join()
    assert moments == sorted(moments) and moments[-1] > 1


def test_the_file_is_its_owners_alone_and_there_only_when_it_is_whole(
    filled: tuple[Database, Path], tmp_path: Path
) -> None:
    database, _ = filled
    path = tmp_path / "backup"
    path.write_text("the backup of yesterday")
    path.chmod(0o644)

    def full_disk(_done: int, _all: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_backup(database, path, utcnow(), full_disk)
    assert path.read_text() == "the backup of yesterday" and list(tmp_path.iterdir()) == [path]
    seen = []
    written = write_backup(database, path, utcnow(), lambda done, all_: seen.append((done, all_)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert seen[-1] == (written.rows, written.rows) and written.tables == len(SQLModel.metadata.tables)


def test_a_place_that_cannot_be_written_is_said_in_one_line(
    filled: tuple[Database, Path], settings: Settings, tmp_path: Path
) -> None:
    result = command(settings, filled[0], "backup", str(tmp_path / "missing" / "backup"))
    assert result.exit_code == 1 and "cannot be written: No such file" in result.output


def test_a_registry_in_use_is_replaced_only_by_force(
    filled: tuple[Database, Path], target: Database, settings: Settings
) -> None:
    source, backup = filled
    context = Context.__new__(Context)
    context.settings, context._database, context.actor = settings, target, system("cli")
    prepare(context)
    assert command(settings, target, "restore", str(backup)).exit_code == 0, "`casa init` alone is no use of it"
    with target.transaction() as session:
        mine = create_programme(session, TEST, {"document": {"title": [{"text": "Mine"}]}})
    refused = command(settings, target, "restore", str(backup))
    assert isinstance(refused.exception, BackupRefused) and "--force" in str(refused.exception)
    with target.reading() as session:
        assert programmes.get_programme(session, TEST, mine)
    assert command(settings, target, "restore", str(backup), "--force").exit_code == 0
    same_content(source, target)


Damage = Callable[[bytes], bytes]


def signed(lines: list[bytes]) -> bytes:
    """The lines with an end that fits them: what somebody would write who knows the format."""
    end = json.loads(lines[-1])
    end["end"]["sha256"] = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    return gzip.compress(b"".join([*lines[:-1], json.dumps(end).encode() + b"\n"]))


def changed(replace: Callable[[list[bytes]], list[bytes]], sign: bool = False) -> Damage:
    def damage(content: bytes) -> bytes:
        lines = replace(gzip.decompress(content).splitlines(keepends=True))
        return signed(lines) if sign else gzip.compress(b"".join(lines))

    return damage


def head(**more: Any) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [json.dumps({**json.loads(lines[0]), **more}).encode() + b"\n", *lines[1:]]


def one_row_less(lines: list[bytes]) -> list[bytes]:
    first = next(n for n, line in enumerate(lines) if line.startswith(b"["))
    return lines[:first] + lines[first + 1 :]


DAMAGES: dict[str, tuple[Damage, str]] = {
    "empty": (lambda _: b"", "empty"),
    "foreign": (lambda _: b"PGDMP something else", "not a backup of CASA"),
    "foreign gzip": (lambda _: gzip.compress(b"hello\n"), "not a backup of CASA"),
    "foreign json": (lambda _: gzip.compress(b'{"a": 1}\n'), "not a backup of CASA"),
    "cut": (lambda content: content[: len(content) // 2], "breaks off"),
    "cut before the end": (changed(lambda lines: lines[:-1]), "breaks off"),
    "flipped": (lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:], "damaged"),
    "a text changed": (changed(lambda lines: [line.replace(b"Generous Fund", b"Generous Fun!") for line in lines]),
                       "not what was written"),
    "a row lost": (changed(one_row_less), "not as many"),
    "another format": (changed(head(casa_backup=2), sign=True), "newer version"),
    "another revision": (changed(head(revision="9999"), sign=True), "newer version"),
    "an unknown column": (changed(lambda lines: [line.replace(b'["acronym","text"]', b'["acronym; DROP","text"]')
                                                 for line in lines], sign=True), "has no acronym; DROP"),
    "an unknown table": (changed(lambda lines: [line.replace(b'"offer_type"', b'"offer_typ"') for line in lines],
                                 sign=True), "offer_typ has no"),
    "a value that does not fit": (changed(lambda lines: [line.replace(b'"stockpile_mgmt"', b"null") for line in lines],
                                          sign=True), "does not take"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_file_that_is_not_right_is_refused_with_the_reason_and_nothing_changes(
    filled: tuple[Database, Path], sqlite_database: Database, settings: Settings, tmp_path: Path, name: str
) -> None:
    damage, reason = DAMAGES[name]
    broken = tmp_path / "broken"
    broken.write_bytes(damage(filled[1].read_bytes()))
    with sqlite_database.transaction() as session:
        mine = create_programme(session, TEST, {"document": {"title": [{"text": "Mine"}]}})
    before = {table.name: rows_of(sqlite_database, table) for table in SQLModel.metadata.sorted_tables}
    refused = command(settings, sqlite_database, "restore", str(broken), "--force")
    assert refused.exit_code == 1 and isinstance(refused.exception, BackupRefused)
    assert reason in str(refused.exception)
    assert before == {table.name: rows_of(sqlite_database, table) for table in SQLModel.metadata.sorted_tables}
    with sqlite_database.reading() as session:
        assert programmes.get_programme(session, TEST, mine)


def as_of(revision: str, content: bytes, folder: Path) -> bytes:
    """The backup as an earlier version would have written it: without the tables and columns that came later."""
    database = Database(f"sqlite:///{folder / 'earlier.db'}")
    with database.reshaping() as connection:
        migrate.upgrade_over(connection, revision)
        found = inspect(connection)
        known = {name: {c["name"] for c in found.get_columns(name)} for name in found.get_table_names()}
    database.dispose()
    kept, rows, tables, columns = [], 0, 0, []
    for line in map(json.loads, gzip.decompress(content).splitlines()):
        if isinstance(line, list):
            if columns:
                kept.append([value for value, stays in zip(line, columns, strict=True) if stays])
                rows += 1
        elif "table" in line:
            columns = [name in known[line["table"]] for name, _ in line["columns"]] if line["table"] in known else []
            if columns:
                tables += 1
                kept.append(
                    {**line, "columns": [c for c, stays in zip(line["columns"], columns, strict=True) if stays]}
                )
        elif "casa_backup" in line:
            kept.append({**line, "revision": revision})
        elif "end" in line:
            kept.append({"end": {"tables": tables, "rows": rows}})
        elif columns:
            kept.append(line)
    return signed([json.dumps(line).encode() + b"\n" for line in kept])


def test_a_backup_of_an_earlier_version_is_brought_to_this_one(
    filled: tuple[Database, Path], target: Database, settings: Settings, tmp_path: Path
) -> None:
    source, backup = filled
    earlier = tmp_path / "earlier"
    earlier.write_bytes(as_of("0002", backup.read_bytes(), tmp_path))
    result = command(settings, target, "restore", str(earlier))
    assert result.exit_code == 0, result.exception
    assert migrate.pending(target) == 0
    migrate.check_drift(target)
    for name in ("programme", "programme_document", "need", "user_account"):
        table = SQLModel.metadata.tables[name]
        assert rows_of(target, table, FOUND_LATER) == rows_of(source, table, FOUND_LATER)


def test_what_fails_behind_the_filling_leaves_nothing_half_restored(
    filled: tuple[Database, Path], target: Database
) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        restored(target, filled[1], force=False, progress=lambda _done, _all: None) as (session, _),
    ):
        emit(session, Change("need.updated", "need", 1, 1, {}))
        raise ZeroDivisionError
    with target.reading() as session:
        tables = "sqlite_master" if target.is_sqlite else "pg_tables WHERE schemaname = 'public'"
        kept = session.execute(text(f"SELECT count(*) FROM {tables}")).scalar_one()
        assert kept == 0


def test_tables_may_be_remade_without_taking_along_what_refers_to_them(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        id_ = create_programme(session, TEST, {"document": {"title": [{"text": "Kept"}]}})
    remake = (
        "CREATE TABLE new_programme AS SELECT * FROM programme",
        "DROP TABLE programme",
        "ALTER TABLE new_programme RENAME TO programme",
    )
    with sqlite_database.reshaping() as connection:
        for statement in remake:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("CREATE UNIQUE INDEX pk_again ON programme (id)")
    with sqlite_database.reading() as session:
        assert programmes.get_programme(session, TEST, id_)[1]["title"] == [{"text": "Kept"}]
    with pytest.raises(BrokenReferences), sqlite_database.reshaping() as connection:
        connection.exec_driver_sql("DELETE FROM programme")
    with pytest.raises(Exception, match="FOREIGN KEY"), sqlite_database.transaction() as session:
        session.execute(
            text("INSERT INTO programme_override (programme_id, field, value, at) VALUES (99, 'x', '1', '')")
        )


def test_every_column_has_its_place_in_the_file() -> None:
    assert {kind_of(column) for table in SQLModel.metadata.sorted_tables for column in table.columns} <= {
        "int", "text", "instant", "date", "json", "bool", "float", "bytes"
    }  # fmt: skip
