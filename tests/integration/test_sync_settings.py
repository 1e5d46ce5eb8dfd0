"""What a format needs to know, said once per feed: by command and API, kept, checked by the format's own rules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from registry.accounts.actor import system
from registry.catalogue.models import Programme
from registry.cli import casa
from registry.db import Database
from registry.errors import InvalidInput
from registry.settings import Settings
from registry.sync import feeds
from registry.sync.runner import import_file, run_feed
from tests.support.adapters.of_tables import as_csv
from tests.support.fault_server import FaultServer, body, conditional

CLI = system("cli")
TABLE = as_csv(
    ("Nr", "Projet", "Pays", "Montant"), ("1", "Contrôle des armes légères", "Kenya", "1.500,00"),
    ("2", "Forages", "Mali", "3"), ("3", "Armes légères et de petit calibre", "Mali", "beaucoup"),
)  # fmt: skip
CONFIG = {
    "columns": {"id": "nr", "title": "projet", "countries": "pays", "budget": "montant"},
    "currency": "EUR", "decimal": ",",
}  # fmt: skip


def table_feed(database: Database, url: str, config: dict[str, Any]) -> int:
    with database.transaction() as session:
        form = {"name": "Table", "adapter": "csv", "url": url, "scope": "relevant", "config": config}
        return feeds.create_feed(session, CLI, form).id or 0


def test_a_table_is_synchronised_by_its_settings_and_read_anew_when_they_change(
    database: Database, settings: Settings, server: FaultServer
) -> None:
    settings = replace(settings, outbound_allow=server.allow)
    feed = table_feed(database, server.serve("/t.csv", conditional(TABLE, '"1"')), CONFIG)
    report = run_feed(database, settings, feed)
    shown = report.as_dict()
    assert (shown["created"], shown["ignored"], shown["quarantined"]) == (1, 1, 1), report.run.reason
    assert [(r.remote_id, r.line, r.code) for r in report.refusals] == [("3", 4, "amount")]
    assert run_feed(database, settings, feed).run.status == "not_modified"
    with database.transaction() as session:
        changed = feeds.update_feed(session, CLI, feed, {"config": {**CONFIG, "id_prefix": "FR-"}}, None)
        assert changed.version == 2
    assert run_feed(database, settings, feed).run.created == 1, "other identifiers: other records"
    with database.reading() as session:
        found = session.execute(select(Programme.iati_identifier, Programme.countries).order_by(Programme.id)).all()  # type: ignore[call-overload]
    assert [tuple(row) for row in found] == [("1", "KEN"), ("FR-1", "KEN")]


def test_settings_that_do_not_fit_are_named_by_their_path(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(InvalidInput) as caught:
            feeds.create_feed(session, CLI, {"name": "x", "adapter": "csv", "config": {"columns": {"colour": "x"}}})
        assert list(caught.value.fields) == ["config.columns.colour"]
        feed = feeds.create_feed(session, CLI, {"name": "x", "adapter": "iati"})
        with pytest.raises(InvalidInput) as caught:
            feeds.update_feed(session, CLI, feed.id or 0, {"config": {"currency": "USD"}}, None)
        assert list(caught.value.fields) == ["config.currency"]


@pytest.fixture
def run(sqlite_database: Database, server: FaultServer, settings: Settings) -> Callable[..., Result]:
    environment = {
        "CASA_DATABASE_URL": sqlite_database.url, "CASA_DATA_DIR": str(settings.data_dir),
        "CASA_SECRET_KEY": "test-secret-key-not-for-use", "CASA_OUTBOUND_ALLOW": server.allow,
    }  # fmt: skip
    return lambda *arguments: CliRunner().invoke(casa, [str(a) for a in arguments], env=environment)


def test_commands_take_settings_as_pairs(
    run: Callable[..., Result], server: FaultServer, settings: Settings, sqlite_database: Database
) -> None:
    pairs = ["columns.title=Projet", "columns.id=Nr", "currency=EUR"]
    options = [word for pair in pairs for word in ("--config", pair)]
    url = server.serve("/t.csv", body(TABLE))
    assert run("feed", "add", "Table", url, "--adapter", "csv", "--scope", "all", *options).exit_code == 0
    preview = run("feed", "sync", "Table", "--dry-run")
    assert preview.exit_code == 0 and "3 records: 3 created" in preview.output
    path = settings.data_dir / "t.csv"
    path.write_bytes(TABLE)
    done = run("import", "programmes", path, "--format", "csv", *options)
    assert done.exit_code == 0 and "2 created, 0 updated, 0 unchanged, 1 ignored" in done.output
    again = run("import", "programmes", path, "--format", "csv")
    assert again.exit_code == 0 and "2 unchanged" in again.output, "settings are kept with the feed"
    wrong = run("feed", "add", "Other", url, "--adapter", "csv", "--config", "encoding=klingon")
    assert isinstance(wrong.exception, InvalidInput) and list(wrong.exception.fields) == ["config.encoding"]
    with pytest.raises(InvalidInput):
        import_file(sqlite_database, settings, path, "iati", feed_name="Table")
