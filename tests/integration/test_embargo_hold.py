"""A pair of which it is not sure what it carries is held everywhere: explained, matched, in rounds, proposed."""

from typing import Any

import pytest
from sqlalchemy import select

from registry.accounts.actor import Actor
from registry.db import Database
from registry.errors import Conflict, InvalidInput
from registry.matching import gather, needs, weights
from registry.matching.eligibility import is_eligible
from registry.matching.embargoes import cases
from registry.matching.everything import refresh_all
from registry.matching.explain import explain
from registry.matching.ledger import capacity
from registry.matching.ledger.proposing import propose
from registry.matching.models import Match
from registry.matching.refresh import run_pending
from registry.matching.rounds import freezing
from registry.matching.vectors.sieve import Sieve
from tests.support.matching import COORDINATOR, NOW, open_need, open_offer, organisation

HAITI = Actor("state", state="HTI", label="user:1")
LINE = {"type": "equipment", "money": {"amount": 95_000_00, "currency": "USD", "value_date": "2026-11-01"}}
THEMES = ["collection", "ddr", "stockpile_mgmt"]
FOUND = {
    "goods": "Containers and scales", "end_user": "The national commission", "ground": "No arms nor parts of them",
    "document": "List of goods of 1 November 2026",
}  # fmt: skip
Ids = dict[str, int]


def pair(database: Database, **changed: Any) -> Ids:
    """A need of Haiti for equipment, and an offer for collection that fits it in all else."""
    with database.transaction() as session:
        giver = organisation(session)
        form = {"state": "HTI", "title": "Collection points", "themes": THEMES, "lines": [LINE], **changed}
        need = open_need(session, HAITI, **form)
        offer = open_offer(session, giver, themes=["collection"], places=["HTI"], types=["equipment"], max_grant=None)
        return {"need": need.id or 0, "offer": offer.id or 0}


def explained(database: Database, ids: Ids) -> list[dict[str, Any]]:
    """The blocks of the pair; the scalar rules, the bulk matcher, the table and a round say whether there is one."""
    refresh_all(database, COORDINATOR, NOW)
    with database.reading() as session:
        blocks: list[dict[str, Any]] = explain(session, COORDINATOR, ids["need"], ids["offer"], NOW)["blocks"]
        asked, given = (
            gather.need_facts(session, capacity.ALL, gather.NEED_OPEN),
            gather.offer_facts(session, capacity.ALL, gather.OFFER_OPEN),
        )
        context, current = gather.context(session, NOW, given.values()), weights.current()
        free = not blocks
        one = is_eligible(asked[ids["need"]], given[ids["offer"]], context, current.min_overlap_months)
        bulk = Sieve(given.values(), context, current).best(asked.values(), 9)[ids["need"]]
        table = session.execute(select(Match.id)).all()  # type: ignore[call-overload]
        granted = freezing.freeze(session, NOW)["problem"]["pairs"]
        assert [one, bool(bulk), bool(table), bool(granted)] == [free] * 4
        return blocks


def found(database: Database, ids: Ids, exemption: str = "not-covered") -> int:
    """A confirmed checklist for the pair."""
    data = {"need_id": ids["need"], "offer_id": ids["offer"], "regime": "un-haiti", "exemption": exemption}
    with database.transaction() as session:
        number = cases.open_case(session, HAITI, data, NOW).id or 0
        cases.fill(session, HAITI, number, {"items": FOUND}, None)
        cases.confirm(session, COORDINATOR, number, None)
        run_pending(session)
    return number


def test_equipment_waits_for_a_person_where_the_need_also_concerns_stockpiles(database: Database) -> None:
    ids = pair(database)
    (block,) = explained(database, ids)
    assert (block["code"], block["held"]) == ("embargo", True)
    assert "also concerns ddr, stockpile_mgmt" in block["message"] % block["params"]
    with pytest.raises(Conflict, match="also concerns"), database.transaction() as session:
        propose(session, COORDINATOR, {"need_id": ids["need"], "offer_id": ids["offer"], "amount": 95_000_00}, NOW)
    number = found(database, ids)
    assert explained(database, ids) == []
    with database.transaction() as session:
        needs.update_need(session, HAITI, ids["need"], {"themes": [*THEMES, "ammunition"]}, None)
        run_pending(session)
    assert [block["code"] for block in explained(database, ids)] == ["embargo"], "more is asked than was looked at"
    with database.reading() as session:
        assert cases.outgrown(session, cases.get_case(session, COORDINATOR, number))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": "Два пистолета для полиции"}, "пистолета"),
        ({"description": "Le besoin porte sur la fourniture de munitions à la police."}, "munitions"),
        ({"lines": [{**LINE, "description": "Pistolas de 9 mm"}]}, "pistolas"),
    ],
)
def test_a_text_that_names_arms_holds_an_innocent_theme(
    database: Database, changed: dict[str, Any], words: str
) -> None:
    ids = pair(database, **{"themes": ["collection"], **changed})
    (block,) = explained(database, ids)
    assert (block["held"], block["params"]["words"]) == (True, words)
    with database.transaction() as session:
        needs.update_need(
            session, HAITI, ids["need"], {"title": "Collection", "description": "", "lines": [LINE]}, None
        )
        run_pending(session)
    assert explained(database, ids) == []


def test_only_what_is_not_sure_can_be_found_to_be_free(database: Database) -> None:
    ids = pair(database, themes=["collection", "marking"])
    assert explained(database, ids) == []
    data = {"need_id": ids["need"], "offer_id": ids["offer"], "regime": "un-haiti", "exemption": "nothing"}
    with pytest.raises(InvalidInput), database.transaction() as session:
        cases.open_case(session, HAITI, data, NOW)
