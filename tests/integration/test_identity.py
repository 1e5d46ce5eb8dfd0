"""Nobody speaks for another organisation: who may report a programme, under which identifier, and what joins it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, system
from registry.accounts.models import AuditEntry
from registry.catalogue import listing
from registry.catalogue.mandates import enter_mandate, revoke_mandate
from registry.catalogue.models import Organisation, OrganisationIdentifier, Programme
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.same_as.candidates import find_candidates
from registry.catalogue.same_as.models import SameAsPair
from registry.db import Database
from registry.http import RegistryFlask
from tests.support.people import client_for, make_user, token_headers

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HERE = system("test")
V1 = "/api/v1/programmes"
SCOPES = ["catalogue:read", "catalogue:write"]
FUND = {"ref": "ZZ-FUND-1", "narratives": [{"text": "Fund for Depots"}]}
P: Any = Programme
ENTRY: Any = AuditEntry


class World:
    """A fund with a programme that its feed brings, and an agency with accounts."""

    def __init__(self, app: RegistryFlask, database: Database) -> None:
        self.app, self.database = app, database
        with database.transaction() as session:
            fund, agency = Organisation(name="Fund for Depots"), Organisation(name="Agency of the Coast", acronym="AC")
            session.add_all([fund, agency])
            session.flush()
            self.fund, self.agency = fund.id or 0, agency.id or 0
            for id_, value in ((self.fund, "ZZ-FUND-1"), (self.agency, "ZZ-COAST-1"), (self.agency, "ZZ-FUND")):
                session.add(OrganisationIdentifier(organisation_id=id_, value=value))
        with database.transaction() as session:
            [stored] = store_batch(
                session, [Incoming(document("ZZ-FUND-1-REAL", FUND), None, ["stockpile"], "scope all")],
                source="feed:1", run_id=1, actor=HERE, now=NOW,
            )  # fmt: skip
            self.real = stored.programme_id
        self.user = make_user(database, "agency", organisation_id=self.agency)
        self.client = app.test_client()
        self.headers = token_headers(database, self.user, SCOPES)

    def post(self, body: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        return self.client.post(V1, json={"document": body}, headers=headers or self.headers)

    def staff(self) -> dict[str, str]:
        return token_headers(self.database, make_user(self.database, "coordinator"), SCOPES)

    def look(self) -> list[int]:
        """Look after all programmes, and return those that the public list shows."""
        with self.database.transaction() as session:
            ids = list(session.execute(select(P.id)).scalars())
            find_candidates(session, "programme", ids, HERE, NOW)
        with self.database.reading() as session:
            return sorted(row.id for row in listing.list_programmes(session, ANONYMOUS, listing.Filters()).rows)


def document(identifier: str | None, reporter: dict[str, Any] | None, title: str = "Safer depots") -> dict[str, Any]:
    given = {"iati_identifier": identifier, "reporting_org": reporter, "title": [{"text": title, "lang": "en"}]}
    return {name: value for name, value in given.items() if value is not None}


@pytest.fixture
def world(app: RegistryFlask, database: Database) -> World:
    return World(app, database)


def paths(answer: Any) -> set[str]:
    return {error["pointer"] for error in answer.get_json()["errors"]}


def test_what_is_another_organisations_is_refused_at_its_field(world: World) -> None:
    named = {"narratives": [{"text": "fund for depots"}]}
    ref, reporter = "/document/reporting_org/ref", "/document/reporting_org"
    for body, at in (
        (document("ZZ-FUND-1-REAL", FUND, "Taken over"), ref),
        (document(None, {"ref": " zz-fund-1 "}), ref),
        (document(None, {"ref": "ZZ-NOBODY-1"}), ref),
        (document(None, named), reporter),
        (document("ZZ-FUND-1-REAL", None), "/document/iati_identifier"),  # the agency's ZZ-FUND is not the longest
        (document("ZZ-COAST-11-A", None), "/document/iati_identifier"),
        (document("ZZ-COAST-1", None), "/document/iati_identifier"),
    ):
        answer = world.post(body)
        assert answer.status_code == 422 and any(p.endswith(at) for p in paths(answer)), (body, answer.get_json())
    assert world.look() == [world.real]


def test_one_reports_for_oneself_under_ones_own_prefix(world: World) -> None:
    for body in (
        document("ZZ-COAST-1-A", None),
        document("zz-fund/B", {"ref": "ZZ-FUND"}),
        document(None, {"narratives": [{"text": "Agency of the Coast"}, {"text": "ac"}]}),
    ):
        made = world.post(body)
        assert made.status_code == 201, made.get_json()
        assert made.get_json()["reporting_organisation_id"] == world.agency
    number, tag = made.get_json()["id"], made.headers["ETag"]
    for headers in (world.headers, world.staff()):
        taken = {"document": {"iati_identifier": None}}
        answer = world.client.patch(f"{V1}/{number}", json=taken, headers={**headers, "If-Match": tag})
        assert answer.status_code == 422 and paths(answer) == {"#/document/iati_identifier"}, answer.get_json()
    for change in ({"reporting_org": FUND}, {"iati_identifier": "ZZ-FUND-1-REAL"}):
        answer = world.client.patch(
            f"{V1}/{number}", json={"document": change}, headers={**world.headers, "If-Match": tag}
        )
        assert answer.status_code == 422, answer.get_json()


def test_a_page_says_the_same_beside_the_field(world: World) -> None:
    client: FlaskClient = client_for(world.app, world.user)
    shown = client.post("/en/programmes/new", data={"title": "Taken over", "identifier": "ZZ-FUND-1-REAL"})
    assert shown.status_code == 422 and "identifier of another organisation" in shown.text


def test_a_coordinators_record_claims_nothing_and_one_with_a_mandate_leads(world: World) -> None:
    headers = world.staff()
    assert world.post(document("ZZ-FUND-1-X", {"ref": "ZZ-COAST-1"}), headers).status_code == 422
    assert world.post(document("ZZ-FUND-1-REAL", FUND, "Corrected"), headers).status_code == 201
    assert world.look() == [world.real], "a coordinator's record of it stands behind what came first"
    with world.database.transaction() as session:
        mandate = enter_mandate(session, HERE, world.agency, world.fund, "letter of 2 March").id or 0
    mine = world.post({**document("ZZ-FUND-1-REAL", FUND, "As reported"), "status": "2"})
    assert mine.status_code == 201 and mine.get_json()["reporting_organisation_id"] == world.fund
    assert world.look() == [mine.get_json()["id"]]
    path = f"{V1}/{mine.get_json()['id']}"
    tag = world.client.get(path, headers=world.headers).headers["ETag"]
    change = {"document": {"status": "3"}, "visibility": "private"}
    done = world.client.patch(path, json=change, headers={**world.headers, "If-Match": tag})
    assert done.status_code == 200, done.get_json()
    with world.database.transaction() as session:
        revoke_mandate(session, HERE, world.agency, mandate)
    with world.database.reading() as session:
        acts = session.execute(select(ENTRY.action)).scalars().all()
    assert {"mandate.enter", "mandate.revoke"} <= set(acts)
    again = world.client.patch(path, json={"themes": []}, headers={**world.headers, "If-Match": done.headers["ETag"]})
    assert again.status_code == 404
    assert world.post(document(None, FUND)).status_code == 422


def test_a_claimed_identifier_goes_to_a_person_and_both_stay_in_the_list(world: World) -> None:
    claim = document("ZZ-FUND-1-REAL", {"ref": "ZZ-OTHER-9", "narratives": [{"text": "Other"}]}, "Taken over")
    says = document("ZZ-THIRD-9-1", {"ref": "ZZ-THIRD-9"}, "Also theirs")
    says["other_identifiers"] = [{"ref": "ZZ-FUND-1-REAL", "type": "A9"}]
    with world.database.transaction() as session:
        incoming = [Incoming(each, None, ["marking"], "scope all") for each in (claim, says)]
        stored = store_batch(session, incoming, source="feed:2", run_id=1, actor=HERE, now=NOW)
        other = {item.programme_id for item in stored}
    assert world.look() == sorted({world.real, *other})
    with world.database.reading() as session:
        found = session.execute(select(SameAsPair)).scalars().all()
        waiting = {(pair.first_id, pair.second_id) for pair in found if pair.rule == "claimed"}
        assert {id_ for pair in waiting for id_ in pair} >= {world.real, *other}
        assert all(pair.verdict is None for pair in found if world.real in (pair.first_id, pair.second_id))


def test_nobody_gives_themselves_an_identifier(world: World) -> None:
    path = f"/api/v1/organisations/{world.agency}"
    got = world.client.get(path)
    change = {"identifiers": [*got.get_json()["identifiers"], "ZZ-NEW-1"]}
    mine = world.client.patch(path, json=change, headers={**world.headers, "If-Match": got.headers["ETag"]})
    assert mine.status_code == 422 and paths(mine) == {"#/identifiers"}
    headers = world.staff()
    done = world.client.patch(path, json=change, headers={**headers, "If-Match": got.headers["ETag"]})
    assert done.status_code == 200, done.get_json()
