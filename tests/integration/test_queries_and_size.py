"""No address that is read takes more out of the database because the catalogue is larger.

Every GET address is asked of a registry of SMALL programmes and of one of LARGE, with needs, offers, commitments and
organisations in proportion, by a visitor who is not signed in; what each statement fetched is counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from registry.app import create_app
from registry.catalogue.models import Programme
from registry.catalogue.writing import DOCUMENT, PROGRAMME
from registry.db import Database
from registry.settings import Settings
from tests.support.fetches import Fetches, counted_fetches
from tests.support.people import client_for
from tests.support.sized_world import worlds

SMALL, LARGE = 55, 130
PLACES = {
    "state": "KEN", "standard": "iti", "instrument": "poa", "slug": "poa", "series": "surplus", "indicator": "surplus",
    "programme_id": "45", "kind": "programmes", "language": "en", "lang": "en", "lang_code": "en", "code": "KEN",
}  # fmt: skip
"""What stands in an address; numbers are 1"""
QUESTIONS = {
    "/api/v1/alongside": ["?kind=programme&id=45"], "/api/v1/search": ["?q=marking"], "/api/v1/changes": ["?limit=10"],
    "/api/v1/programmes": ["?facets=true&limit=20"], "/api/v1/matches/explain": ["?need=1&offer=1"],
    "/api/v1/themes/suggestions": ["?text=marking"],
    "/api/v1/flows": ["", "?measure=promised", "?country=KEN"], "/en/flows": ["", "?measure=promised", "?country=KEN"],
}  # fmt: skip
"""Address → how it is asked; others are asked without anything"""
ROOM = 6
"""Rows that may come on top"""
PAGE = 201
"""The most that a list or a choice on a page reads"""
SUMS = "a row for each donor, theme and State, summed by the database; two at a time, kept until a programme changes"
PAIRS = "what may fit one record is judged against all that are open on the other side; two at a time"
IN_WHOLE = {
    "/api/v1/exports/programmes": "a stream, read in pieces of 500",
    "/api/v1/flows": SUMS,
    "/en/flows.csv": "a file with all of it; " + SUMS,
    "/en/needs/1/matches": PAIRS,
    "/en/offers/1/matches": PAIRS,
}
"""Address that holds everything by its nature → how; one that does not grow any more may not stand here"""


@dataclass(frozen=True)
class Registry:
    """One registry, and who asks it."""

    database: Database
    visitor: FlaskClient


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[list[Registry]]:
    """The small registry and the large one."""
    folder = tmp_path_factory.mktemp("sizes")
    with worlds(folder, sqlite_template, (SMALL, LARGE)) as made:
        found = []
        for database, _world in made:
            app = create_app(Settings(data_dir=folder, secret_key="test-secret-key-not-for-use"), database)
            app.testing = True
            found.append(Registry(database, client_for(app)))
        yield found


def addresses(client: FlaskClient) -> list[str]:
    """Every address that is read, with something that is there in each of its places."""
    found = set()
    for rule in client.application.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.endswith("logout") or rule.rule.startswith("/static"):
            continue
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda place: PLACES.get(place[1], "1"), rule.rule)
        found |= {path + question for question in QUESTIONS.get(path, [""])}
    return sorted(found)


def growth(before: Fetches, after: Fetches) -> list[str]:
    """What `after` asked or fetched more of than `before`, lists of one page apart."""
    found = []
    for statement, number in after.rows.items():
        bound = after.bounds.get(statement)
        if number > before.rows[statement] + ROOM and not (bound and number <= bound <= PAGE):
            found.append(f"{before.rows[statement]} → {number} rows: {' '.join(statement.split())[:400]}")
    for statement, number in after.asked.items():
        if number > before.asked[statement] + ROOM:
            found.append(f"asked {before.asked[statement]} → {number} times: {' '.join(statement.split())[:400]}")
    if after.documents > max(before.documents, 1):
        found.append(f"{before.documents} → {after.documents} whole documents")
    return found


def test_no_address_fetches_more_because_the_catalogue_is_larger(registries: list[Registry]) -> None:
    small, large = registries
    grown: dict[str, list[str]] = {}
    answered = 0
    for path in addresses(small.visitor):
        with counted_fetches(small.database) as before:
            status = small.visitor.get(path).status_code
        with counted_fetches(large.database) as after:
            assert large.visitor.get(path).status_code == status, path
        answered += status == 200
        if more := growth(before, after):
            grown[path] = more
    assert answered > 90, "most addresses were really asked"
    wrong = [f"{path}: {what}" for path, listed in grown.items() if path not in IN_WHOLE for what in listed]
    assert not wrong, "\n".join(wrong)
    assert grown.keys() == IN_WHOLE.keys(), "an exception that is none any more"


def test_the_count_sees_each_way_of_fetching(registries: list[Registry]) -> None:
    database = registries[0].database
    column: Any = Programme.id
    with counted_fetches(database) as found, database.reading() as session:
        assert len(session.execute(select(PROGRAMME.c.id).limit(3)).all()) == 3
        assert len(session.scalars(select(Programme).limit(4)).all()) == 4
        session.execute(select(column).where(column == 1)).scalar_one()
        with session.connection().execution_options(yield_per=2).execute(select(DOCUMENT.c.document).limit(5)) as rows:
            assert len(list(rows)) == 5
    assert sorted(found.rows.values()) == [1, 3, 4, 5] and found.documents == 5
    assert sorted(bound for bound in found.bounds.values() if bound) == [3, 4, 5]
    with database.reading() as session:
        session.execute(select(column).limit(2)).all()
    assert sum(found.rows.values()) == 13, "nothing is counted afterwards"
