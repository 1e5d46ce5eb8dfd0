"""Expensive addresses: so many run at once in a process, whoever comes on top is told when to come again."""

import pytest
from flask.testing import FlaskClient

from registry.api import rooms
from registry.catalogue import counting
from registry.http import RegistryFlask
from registry.rooms import Room
from tests.support import web_world
from tests.support.people import client_for

SUMS = (
    "/api/v1/flows?country=KEN", "/en/flows?country=UGA", "/en/flows.svg?country=TZA", "/en/flows.csv",
    "/en/needs/1/matches", "/en/offers/1/matches", "/api/v1/matches/blocked?need=1", "/api/v1/matches/blocked?offer=1",
)  # fmt: skip
FILES = ("/api/v1/exports/programmes", "/api/v1/exports/needs?format=csv", "/api/v1/snapshot")


@pytest.fixture
def client(sqlite_app: RegistryFlask) -> FlaskClient:
    world = web_world.build(sqlite_app.database, programmes=2)
    return client_for(sqlite_app, world.people["coordinator"])


def test_who_finds_all_places_taken_comes_again_and_places_are_given_back(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums, files = Room(1), Room(1)
    monkeypatch.setattr(counting, "PLACES", sums)
    monkeypatch.setattr(counting, "PLACE_SECONDS", 0)
    monkeypatch.setattr(rooms, "FILES", files)
    for room, paths in ((sums, SUMS), (files, FILES)):
        for path in paths:
            held = room.enter()
            assert held is not None
            refused = client.get(path)
            held.leave()
            assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0, path
            answer = client.get(path, buffered=True)
            assert answer.status_code == 200 and answer.data, path
    client.head(FILES[0]).close()
    for wrong in ("?format=pdf", "?theme=1&status=nothing&country=nowhere&sort=no"):
        client.get(FILES[0] + wrong)
    assert client.get("/api/v1/exports/nothing").status_code == 422
    assert files.enter() is not None, "a place is given back however the request ends"
