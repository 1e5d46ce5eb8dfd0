"""Registries that follow each other, in a ring and in a mesh: they come to hold the same, and then fall silent."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from registry.accounts.actor import system
from registry.app import create_app
from registry.catalogue import identity, programmes
from registry.catalogue.models import Meta, Programme, ProgrammeDocument
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.rows import NO_TITLE
from registry.cli import casa
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.http import RegistryFlask
from registry.outbound.urls import FetchFailed
from registry.settings import Settings
from registry.sync import credentials, feeds
from registry.sync.models import FeedToken
from registry.sync.runner import run_feed
from tests.support.event_source import served
from tests.support.fault_server import FaultServer
from tests.support.people import client_for, make_user, token_headers

TEST = system("test")
BUDGETS = [
    {"period_start": "2024-01-01", "period_end": "2024-12-31", "value": {"amount": 100_000, "currency": "USD"}},
]
RINGS: dict[str, tuple[tuple[int, int], ...]] = {
    "pair": ((0, 1), (1, 0)),
    "ring": ((0, 1), (1, 2), (2, 0)),
    "mesh": ((0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)),
}
"""(who follows, whom)"""


@dataclass
class Place:
    """One registry, and where it is served."""

    database: Database
    settings: Settings
    port: int
    follows: list[int] = field(default_factory=list)
    """Its feeds"""

    def enter(self, identifier: str, title: str, number: int | None = None) -> int:
        document: dict[str, Any] = {"iati_identifier": identifier, "budgets": BUDGETS}
        if title:
            document["title"] = [{"text": title, "lang": "en"}]
        with self.database.transaction() as session:
            incoming = Incoming(document, number, [], "kept by a person")
            (stored,) = store_batch(session, [incoming], source="feed:99", run_id=1, actor=TEST, now=utcnow())
        return stored.programme_id

    def sync(self) -> list[str]:
        return [run_feed(self.database, self.settings, feed).run.status for feed in self.follows]

    def held(self) -> dict[str, str]:
        with self.database.reading() as session:
            statement = select(Programme.iati_identifier, Programme.title).where(Programme.archived_at.is_(None))  # type: ignore[union-attr]
            return {row[0]: row[1] for row in session.execute(statement)}

    def whole(self) -> dict[str, tuple[Any, ...]]:
        """Every programme, archived ones too, by its identifier: as it is shown, whether it stands, its document."""
        with self.database.reading() as session:
            columns = (Programme.iati_identifier, Programme.title, Programme.title_language, Programme.archived_at)
            kept = select(*columns, ProgrammeDocument.document).join(ProgrammeDocument)  # type: ignore[call-overload]
            return {
                row.iati_identifier: (
                    row.title,
                    row.title_language,
                    row.archived_at is None,
                    orjson.loads(row.document),
                )
                for row in session.execute(kept)
            }

    def events(self) -> int:
        with self.database.reading() as session:
            return session.execute(
                select(func.count()).select_from(Event).where(Event.kind == "programme")
            ).scalar_one()


@pytest.fixture
def places(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> Iterator[list[Place]]:
    """Two or three registries, served, each following as the shape says."""
    with ExitStack() as stack:
        made = []
        for number in range(1 + max(who for who, _ in RINGS[request.param])):
            folder = tmp_path / str(number)
            folder.mkdir()
            shutil.copyfile(sqlite_template, folder / "casa.db")
            database = Database(f"sqlite:///{folder / 'casa.db'}")
            stack.callback(database.dispose)
            with database.transaction() as session:
                # Copies of one template: each becomes a registry of its own.
                session.execute(update(Meta).where(Meta.key == "registry_id").values(value=str(uuid.uuid4())))  # type: ignore[arg-type]
                identity.begin_epoch(session)
            settings = Settings(
                data_dir=folder, secret_key="a-secret-of-the-tests", outbound_allow="127.0.0.0/8", host_gap_ms=0
            )
            port = stack.enter_context(served(create_app(settings, database)))
            made.append(Place(database, settings, port))
        for who, whom in RINGS[request.param]:
            with made[who].database.transaction() as session:
                form = {
                    "name": f"Registry {whom}",
                    "adapter": "peer",
                    "url": f"http://127.0.0.1:{made[whom].port}",
                    "scope": "all",
                }
                made[who].follows.append(feeds.create_feed(session, TEST, form).id or 0)
        yield made


def settle(places: list[Place], rounds: int = 8) -> int:
    """Have all follow each other until nothing changes; how many rounds that took."""
    for number in range(rounds):
        before = [place.events() for place in places]
        for place in places:
            assert set(place.sync()) <= {"succeeded", "not_modified"}
        if [place.events() for place in places] == before:
            return number
    raise AssertionError("they do not fall silent")


@pytest.mark.parametrize("places", RINGS, indirect=True)
def test_registries_that_follow_each_other_come_to_hold_the_same_and_fall_silent(places: list[Place]) -> None:
    numbers = [place.enter(f"XX-{n}", f"Control of small arms {n}") for n, place in enumerate(places)]
    everything = {f"XX-{number}": f"Control of small arms {number}" for number in range(len(places))}
    assert settle(places) <= 4
    assert [place.held() for place in places] == [everything] * len(places)
    places[0].enter("XX-0", "Control of small arms, changed", numbers[0])
    settle(places)
    assert [place.held()["XX-0"] for place in places] == ["Control of small arms, changed"] * len(places)
    silent = [place.events() for place in places]
    settle(places)
    assert [place.events() for place in places] == silent
    with places[1].database.transaction() as session:
        programmes.archive(session, [numbers[1]], "ended", TEST, utcnow())
    settle(places)
    del everything["XX-1"]
    assert [sorted(place.held()) for place in places] == [sorted(everything)] * len(places), "a withdrawal goes round"


@pytest.mark.parametrize("places", RINGS, indirect=True)
def test_whole_documents_untitled_and_archived_ones_too_are_the_same_everywhere(places: list[Place]) -> None:
    titles = {"titled": "Control of small arms", "untitled": "", "ended": "Collection", "late": "Named later"}
    numbers = {name: places[0].enter(f"XX-{name}", title) for name, title in titles.items()}
    places[1].enter("XX-other", "")
    settle(places)
    places[0].enter("XX-late", "", numbers["late"])
    with places[0].database.transaction() as session:
        programmes.archive(session, [numbers["ended"]], "ended", TEST, utcnow())
    settle(places)
    first, *others = [place.whole() for place in places]
    assert others == [first] * len(others)
    assert {name.removeprefix("XX-"): row[:3] for name, row in first.items()} == {
        "titled": ("Control of small arms", "en", True), "untitled": ("XX-untitled", NO_TITLE, True),
        "ended": ("Collection", "en", False), "late": ("XX-late", NO_TITLE, True),
        "other": ("XX-other", NO_TITLE, True),
    }  # fmt: skip
    assert all(row[3]["budgets"] == BUDGETS for row in first.values())
    assert settle(places) == 0, "nothing is left to say"


@pytest.mark.parametrize("places", ["ring"], indirect=True)
def test_a_restored_backup_is_another_life_and_those_who_follow_begin_again(places: list[Place]) -> None:
    number = places[1].enter("XX-1", "Before")
    settle(places)
    places[1].enter("XX-1", "Forgotten by the backup", number)
    settle(places)
    assert {place.held()["XX-1"] for place in places} == {"Forgotten by the backup"}
    with places[1].database.transaction() as session:
        identity.begin_epoch(session)
    places[1].enter("XX-1", "After", number)
    settle(places)
    assert [place.held() for place in places] == [{"XX-1": "After"}] * 3


def test_a_token_is_shown_to_the_partner_alone_and_stands_sealed(
    sqlite_app: RegistryFlask, settings: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, secret = sqlite_app.database, "partners-own-token-1"
    headers = token_headers(database, make_user(database, "coordinator"), ["feeds:read", "feeds:write"])
    form = {"name": "There", "adapter": "peer", "url": server.url("/there"), "scope": "all"}
    client = sqlite_app.test_client()
    where = client.post("/api/v1/feeds", json=form, headers=headers).headers["Location"]
    assert client.put(f"{where}/token", json={"token": "too short"}, headers=headers).status_code == 422
    assert client.put(f"{where}/token", json={"token": secret}, headers=headers).status_code == 204
    feed = int(where.rpartition("/")[2])
    run_feed(database, replace(settings, outbound_allow=server.allow, fetch_tries=1), feed)
    assert server.requests[0].headers["authorization"] == f"Bearer {secret}"
    assert secret not in client.get(where, headers=headers).get_data(as_text=True)
    with database.reading() as session:
        (sealed,) = session.scalars(select(FeedToken.sealed))
        assert secret not in sealed and credentials.unseal(settings, feed, sealed) == secret
        with pytest.raises(FetchFailed, match="cannot be read"):
            credentials.unseal(settings, feed + 1, sealed)
    assert client.delete(f"{where}/token", headers=headers).status_code == 204
    monkeypatch.setenv("CASA_DATABASE_URL", database.url)
    monkeypatch.setenv("CASA_SECRET_KEY", settings.secret())
    assert CliRunner().invoke(casa, ["feed", "token", str(feed)], input=f"{secret}\n").exit_code == 0
    assert CliRunner().invoke(casa, ["feed", "token", str(feed), "--off"]).exit_code == 0
    with database.reading() as session:
        assert session.scalars(select(FeedToken.sealed)).all() == []


def test_staff_keep_a_token_on_the_page_and_nobody_reads_it_again(
    sqlite_app: RegistryFlask, settings: Settings, server: FaultServer
) -> None:
    database, secret = sqlite_app.database, "partners-own-token-1"
    with database.transaction() as session:
        form = {"name": "There", "adapter": "peer", "url": server.url("/there"), "scope": "all"}
        feed = feeds.create_feed(session, system("test"), form).id
    staff = client_for(sqlite_app, make_user(database, "coordinator"))
    page = f"/en/feeds/{feed}/token"
    wrong = staff.post(page, data={"token": "with a space"})
    assert wrong.status_code == 422 and "with a space" not in wrong.text
    assert staff.post(page, data={"token": secret}).status_code == 303
    shown = staff.get(page).text
    assert "there is one" in shown and secret not in shown
    assert staff.post(f"{page}/off").status_code == 303
    assert "there is one" not in staff.get(page).text
    assert client_for(sqlite_app, make_user(database, "state")).get(page).status_code == 403
