"""A commitment that is not posted yet is nobody else's: what others read is the same before and after it is agreed."""

import re
from datetime import timedelta

import pytest

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.db import Database
from registry.http import RegistryFlask
from registry.matching.explain import explain
from registry.matching.ledger import proposing, views
from registry.matching.ledger.upkeep import tend
from registry.matching.matches import list_matches, matches_of_need, matches_of_offer
from registry.settings import Settings
from tests.support.ledger import LINE, Ids, agreed, done, open_pair, shown
from tests.support.matching import COORDINATOR, FRANCE, KENYA, NOW, donor, open_need, open_offer, organisation
from tests.support.people import client_for, make_user, token_headers

ADDRESSES = (
    "/api/v1/needs/{need}", "/api/v1/offers/{offer}", "/api/v1/needs", "/api/v1/offers",
    "/api/v1/needs/{need}/matches", "/api/v1/offers/{offer}/matches", "/api/v1/matches",
    "/api/v1/matches?need={need}", "/api/v1/matches?offer={offer}",
    "/api/v1/matches/explain?need={need}&offer={offer}", "/api/v1/matches/explain?need={other}&offer={offer}",
    "/api/v1/matches/blocked?need={need}", "/api/v1/matches/blocked?offer={offer}",
    "/api/v1/board", "/api/v1/board/needs", "/api/v1/board/offers",
    "/api/v1/proposals", "/api/v1/proposals/ledger?need={need}", "/api/v1/proposals/ledger?offer={offer}",
    "/api/v1/flows?measure=promised", "/api/v1/changes", "/api/v1/snapshot", "/api/v1/states/KEN/chains",
    "/api/v1/exports/needs?format=json", "/api/v1/exports/offers?format=csv", "/api/v1/notices",
    "/en/", "/en/needs/{need}", "/en/offers/{offer}", "/en/matches/{need}/{offer}", "/en/matches/{other}/{offer}",
    "/en/proposals", "/en/board", "/en/flows?measure=promised", "/en/states/KEN", "/en/notices",
)  # fmt: skip
# The cursor of a snapshot is a place in the sequence of all events.
VARYING = re.compile(
    r'"computed_at":"[^"]*"|name="csrf_token" value="[^"]*"|"(at|now|made_at|exported_at)":"[^"]*"'
    r'|"cursor":"[^"]*","time":"[^"]*"|\d\d:\d\d(:\d\d)? UTC'
)


@pytest.fixture
def ids(database: Database) -> Ids:
    """A need and an offer that a commitment of 60,000 uses up, another need, another offer."""
    small = {"budget": 60_000_00, "max_grant": 60_000_00, "visibility": "public"}
    line = {"type": "equipment", "money": {"amount": 60_000_00, "currency": "USD", "value_date": "2026-11-01"}}
    found = open_pair(database, {"visibility": "public", "lines": [line]}, small)
    with database.transaction() as session:
        found["third"] = organisation(session, "Third Agency")
        found["third_offer"] = open_offer(session, found["third"], visibility="public").id or 0
        found["other"] = open_need(session, title="Another", lines=[LINE], visibility="public").id or 0
    return found


def test_others_read_the_same_before_and_after(app: RegistryFlask, database: Database, ids: Ids) -> None:
    people = {
        "another State": make_user(database, "state", state="FRA"),
        "another donor": make_user(database, "donor", organisation_id=ids["third"]),
        "party State": make_user(database, "state"),
        "party donor": make_user(database, "donor", organisation_id=ids["giver"]),
        "coordinator": make_user(database, "coordinator"),
    }
    clients = {name: client_for(app, user) for name, user in people.items()} | {"nobody": app.test_client()}
    token = token_headers(database, people["another donor"], ["proposals:read"])

    def read() -> dict[tuple[str, str], tuple[int, str]]:
        found = {}
        for where in ADDRESSES:
            for name, client in [*clients.items(), ("token", app.test_client())]:
                headers = token if name == "token" else {}
                answer = client.get(where.format(**ids), headers=headers)
                found[name, where] = (answer.status_code, VARYING.sub("", answer.text))
        return found

    def changed(before: dict[tuple[str, str], tuple[int, str]]) -> set[tuple[str, str]]:
        return {key for key, value in read().items() if value != before[key]}

    before = read()
    wrong = {key: code for key, (code, _) in before.items() if code not in (200, 401, 403, 303, 302)}
    assert not wrong, wrong
    assert all(before["coordinator", where][0] == 200 for where in ADDRESSES)
    number = agreed(database, ids, 60_000_00)
    parties = {"party State", "party donor", "coordinator"}
    seen = changed(before)
    assert not {key for key in seen if key[0] not in parties}
    explained = "/api/v1/matches/explain?need={need}&offer={offer}"
    assert {(name, where) for name in parties for where in (explained, "/en/matches/{need}/{offer}")} <= seen
    tended(database, 15)
    assert shown(database, number)["posted_at"]
    assert {"another State", "another donor"} <= {name for name, _ in changed(before)}, "posted, it counts for all"


def tended(database: Database, days: int) -> None:
    with database.transaction() as session:
        tend(session, system("t"), Settings(proposal_objection_days=14), NOW + timedelta(days=days))


def left(database: Database, reader: Actor, ids: Ids) -> tuple[int | None, int | None]:
    with database.reading() as session:
        need = views.ledger(session, reader, "need_id", ids["need"])["left"]["amount"]
        return need, views.ledger(session, reader, "offer_id", ids["offer"])["left"]["amount"]


def test_each_reader_counts_what_is_its_own(database: Database, ids: Ids) -> None:
    number = agreed(database, ids, 60_000_00)
    everything = (60_000_00, 60_000_00)
    third, giver = donor(ids["third"]), donor(ids["giver"])
    for reader in (ANONYMOUS, FRANCE, third):
        assert left(database, reader, ids) == everything
    for reader in (KENYA, giver, COORDINATOR):
        assert left(database, reader, ids) == (0, 0)
    with database.reading() as session:
        for reader, gone in ((ANONYMOUS, False), (third, False), (KENYA, True), (giver, True), (COORDINATOR, True)):
            pair, blocks = (ids["need"], ids["offer"]), explain(session, reader, ids["need"], ids["offer"])["blocks"]
            lists = (
                matches_of_need(session, reader, ids["need"]), matches_of_offer(session, reader, ids["offer"]),
                list_matches(session, reader).items,
            )  # fmt: skip
            assert bool(blocks) == gone
            for rows in lists:
                assert (pair in {(row["need_id"], row["offer_id"]) for row in rows}) != gone, reader
    done(database, KENYA, number, "deliver", days=1, amount=60_000_00, on="2026-11-20")
    assert left(database, ANONYMOUS, ids) == everything
    tended(database, 15)
    assert shown(database, number)["posted_at"], "delivered meanwhile, and posted when the days are over"
    assert left(database, ANONYMOUS, ids) == (0, 0)


@pytest.mark.parametrize(("ends", "status"), [("posted", "lapsed"), ("called off", "agreed")])
def test_what_fits_the_shown_is_taken_and_answered_when_it_is_certain(
    database: Database, ids: Ids, ends: str, status: str
) -> None:
    """Two States have a proposal of one offer; the second may not know that the first has used it up."""
    uganda, giver, third = Actor("state", state="UGA", label="user:9"), donor(ids["giver"]), donor(ids["third"])
    with database.transaction() as session:
        far = open_need(session, uganda, state="UGA", lines=[LINE], visibility="public").id or 0
        form = {"need_id": far, "offer_id": ids["offer"], "amount": 50_000_00}
        second = proposing.propose(session, giver, form, NOW).id or 0
    first = agreed(database, ids, 60_000_00)
    with database.transaction() as session:
        form = {"need_id": ids["need"], "offer_id": ids["third_offer"], "amount": 50_000_00}
        proposing.propose(session, third, form, NOW)
    assert done(database, uganda, second, "accept") == "proposed"
    tended(database, 1)
    found = shown(database, second, uganda)
    assert (found["status"], found["waits_for"]) == ("proposed", [])
    if ends == "called off":
        done(database, giver, first, "cancel", days=2, reason="policy")
    tended(database, 15)
    tended(database, 15)
    assert shown(database, second)["status"] == status
