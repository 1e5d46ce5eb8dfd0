"""Proposals to delivery: consent of both sides, never more than there is, who sees and does what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, system
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts import notices
from registry.alerts.models import Notice
from registry.catalogue.money import Money
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound, RegistryError, VersionMismatch
from registry.events.models import Event
from registry.matching import needs
from registry.matching.explain import explain
from registry.matching.ledger import capacity, proposing, service, views
from registry.matching.ledger.models import Proposal, ProposalStep
from registry.matching.ledger.recording import standing_of
from registry.matching.ledger.upkeep import tend
from registry.matching.matches import matches_of_need
from registry.matching.models import Need
from registry.matching.needs import withdraw_need
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.ledger import LINE, Ids, agreed, done, open_pair, proposed, shown
from tests.support.matching import COORDINATOR, FRANCE, KENYA, NOW, donor, open_need, open_offer, organisation
from tests.support.people import make_user


@pytest.fixture
def pair(database: Database) -> Ids:
    """An open need of 100,000 dollars and an open offer that fits it."""
    return open_pair(database)


def test_a_proposal_becomes_a_commitment_is_paid_and_received(database: Database, pair: Ids) -> None:
    giver, number = donor(pair["giver"]), agreed(database, pair)
    done(database, giver, number, "disburse", amount=30_000_00, on="2026-11-23")
    done(database, giver, number, "disburse", amount=20_000_00, on="2026-11-23")
    assert done(database, KENYA, number, "deliver", amount=50_000_00, on="2026-11-23") == "delivered"
    done(database, KENYA, number, "met", reason="partly", text="Two stations are left")
    found = shown(database, number)
    assert (found["disbursed"], found["delivered"], found["met"]) == (50_000_00, 50_000_00, "partly")
    with database.reading() as session:
        needs_ledger = views.ledger(session, KENYA, "need_id", pair["need"])
        types = session.scalars(select(Event.type).where(Event.kind == "proposal").order_by(Event.id)).all()  # type: ignore[arg-type]
    assert needs_ledger["left"] == {"amount": 50_000_00, "currency": "USD"}
    assert needs_ledger["sums"] == [
        {"currency": "USD", "proposed": 0, "agreed": 50_000_00, "disbursed": 50_000_00, "delivered": 50_000_00}
    ]
    assert types == [
        f"proposal.{past}"
        for past in ("made", "accepted", "agreed", "disbursed", "disbursed", "delivered", "met")
    ]  # fmt: skip


def test_the_status_beside_the_steps_is_what_they_come_to(database: Database, pair: Ids) -> None:
    agreed(database, pair)
    declined = proposed(database, pair, 20_000_00)
    done(database, KENYA, declined, "decline", reason="timing")
    with database.reading() as session:
        for proposal in session.scalars(select(Proposal)):
            assert proposal.status == standing_of(session, proposal).status


def test_who_proposes_for_a_side_has_accepted_for_it(database: Database, pair: Ids) -> None:
    number = proposed(database, pair, actor=donor(pair["giver"]))
    assert shown(database, number)["waits_for"] == ["need"]
    with database.reading() as session:
        assert views.count_waiting(session, KENYA) == 1
        assert views.count_waiting(session, donor(pair["giver"])) == 0
    assert done(database, KENYA, number, "accept") == "agreed"


def test_a_double_click_does_nothing_twice(database: Database, pair: Ids) -> None:
    number = agreed(database, pair)
    version = shown(database, number)["version"]
    assert done(database, KENYA, number, "accept") == "agreed"
    assert shown(database, number)["version"] == version
    with database.reading() as session:
        steps = session.scalars(select(ProposalStep.act).where(ProposalStep.proposal_id == number)).all()  # type: ignore[arg-type]
    assert sorted(steps) == ["accept", "accept", "propose"]


def test_sixteen_accepts_at_once_never_promise_more_than_there_is(database: Database, pair: Ids) -> None:
    """The offer gives to many needs: of sixteen proposals that wait, only as many are agreed as it has money for."""
    numbers = []
    with database.transaction() as session:
        for place in range(16):
            need = open_need(session, title=f"Need {place}", lines=[LINE])
            data = {"need_id": need.id, "offer_id": pair["offer"], "amount": 70_000_00}
            numbers.append(proposing.propose(session, KENYA, data, NOW).id or 0)
    giver = donor(pair["giver"])

    def accept(number: int) -> str:
        try:
            return done(database, giver, number, "accept")
        except Conflict as error:
            assert "left" in error.message % error.params
            return "refused"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(accept, numbers))
    assert sorted(outcomes) == ["agreed"] * 7 + ["refused"] * 9, "7 × 70,000 of 500,000"
    with database.reading() as session:
        assert capacity.left_of_offer(session, capacity.ALL, pair["offer"]) == Money(10_000_00, "USD")


def test_a_need_is_not_promised_more_than_it_asks(database: Database, pair: Ids) -> None:
    agreed(database, pair, 60_000_00)
    with database.transaction() as session:
        other = open_offer(session, organisation(session, "Other Agency"))
        other_id = other.id or 0
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair | {"offer": other_id}, 50_000_00)
    assert "40,000" in str(caught.value.fields["amount"])
    assert proposed(database, pair | {"offer": other_id}, 40_000_00), "co-funding"


def test_lines_of_one_type_are_counted_by_themselves(database: Database) -> None:
    with database.transaction() as session:
        giver = organisation(session)
        need = open_need(session, lines=[LINE, {"type": "training", "quantity": 40, "unit": "officers"}])
        offer = open_offer(session, giver, max_grant=500_000_00)
        pair = {"giver": giver, "need": need.id or 0, "offer": offer.id or 0}
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair, 100_001_00, type="equipment")
    assert "100,000" in str(caught.value.fields["amount"])
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair, 50_000_00, type="expertise")
    assert list(caught.value.fields) == ["type"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"amount": -1}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "a lot"}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": 5_000_00}, "amount"),
        ({"amount": 90_000_00}, "amount"),
        ({"amount": 10**19}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"type": "advice"}, "type"),
        ({"need_id": "x"}, "need_id"),
    ],
)
def test_a_proposal_that_makes_no_sense_names_its_field(
    database: Database, pair: Ids, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        proposed(database, pair, **{"amount": 50_000_00, **data})
    assert list(caught.value.fields) == [field]


def test_a_pair_with_something_against_it_is_not_proposed(database: Database, pair: Ids) -> None:
    with database.transaction() as session:
        far = open_offer(session, pair["giver"], places=["FRA"])
        number = far.id or 0
    with pytest.raises(Conflict):
        proposed(database, pair | {"offer": number})
    proposed(database, pair)
    with pytest.raises(Conflict, match="already"):
        proposed(database, pair)


def test_nothing_is_accepted_after_the_need_is_withdrawn(database: Database, pair: Ids) -> None:
    number = proposed(database, pair)
    with database.transaction() as session:
        withdraw_need(session, KENYA, pair["need"], {}, None)
    with pytest.raises(Conflict, match="not open"):
        done(database, KENYA, number, "accept")
    assert shown(database, number)["status"] == "proposed"


def test_each_side_speaks_for_itself_alone(database: Database, pair: Ids) -> None:
    number, giver = agreed(database, pair), donor(pair["giver"])
    with pytest.raises(NotAllowed):
        done(database, COORDINATOR, number, "object")
    with pytest.raises(NotAllowed):
        done(database, KENYA, number, "disburse", amount=1_00, on="2026-11-23")
    with pytest.raises(NotAllowed):
        done(database, giver, number, "deliver", amount=1_00, on="2026-11-23")
    for stranger in (FRANCE, ANONYMOUS, donor(pair["giver"] + 99)):
        with pytest.raises(NotFound):
            done(database, stranger, number, "object")


def test_payments_stay_within_the_commitment(database: Database, pair: Ids) -> None:
    number, giver = agreed(database, pair), donor(pair["giver"])
    done(database, giver, number, "disburse", amount=50_000_00, on="2026-11-23")
    for data, field in (
        ({"amount": 1, "on": "2026-11-23"}, "amount"),
        ({"on": "2026-11-23"}, "amount"),
        ({"amount": 1}, "on"),
    ):
        with pytest.raises(InvalidInput) as caught:
            done(database, giver, number, "disburse", **data)
        assert list(caught.value.fields) == [field]


def test_a_commitment_called_off_gives_its_money_back(database: Database, pair: Ids) -> None:
    number = agreed(database, pair)
    assert done(database, donor(pair["giver"]), number, "cancel", reason="policy") == "cancelled"
    with database.reading() as session:
        assert capacity.left_of_offer(session, capacity.ALL, pair["offer"]) == Money(500_000_00, "USD")
    assert agreed(database, pair)


def test_what_is_promised_is_neither_asked_nor_offered_again(database: Database, pair: Ids) -> None:
    small = {"budget": 60_000_00, "min_grant": 10_000_00, "max_grant": 60_000_00}
    with database.transaction() as session:
        pair |= {"offer": open_offer(session, pair["giver"], **small).id or 0}
        other = open_need(session, title="Another need", lines=[LINE]).id or 0

    def stands(need: int) -> list[str]:
        with database.reading() as session:
            rows = [m["offer_id"] for m in matches_of_need(session, COORDINATOR, need, 10)]
            codes = [b["code"] for b in explain(session, COORDINATOR, need, pair["offer"])["blocks"]]
            assert (pair["offer"] in rows) == (not codes)
            return codes

    assert stands(pair["need"]) == stands(other) == []
    number = agreed(database, pair, 55_000_00)
    assert stands(pair["need"]) == stands(other) == ["spent"]
    done(database, donor(pair["giver"]), number, "cancel", reason="policy")
    assert stands(pair["need"]) == stands(other) == []


def test_questions_and_answers_are_for_both_sides_only(database: Database, pair: Ids) -> None:
    number, giver = proposed(database, pair), donor(pair["giver"])
    done(database, giver, number, "ask", text="Which calibre?")
    assert shown(database, number)["question_of"] == "offer"
    assert "answer" in shown(database, number, KENYA)["acts"] and "answer" not in shown(database, number, giver)["acts"]
    done(database, KENYA, number, "answer", text="7.62")
    with database.reading() as session:
        proposal = service.get_proposal(session, giver, number)
        assert [row["text"] for row in views.step_rows(session, giver, proposal)][1:] == ["Which calibre?", "7.62"]
        assert len(views.step_rows(session, FRANCE, proposal)) == 1


def test_what_was_read_before_somebody_changed_it_is_told(database: Database, pair: Ids) -> None:
    number = proposed(database, pair)
    done(database, KENYA, number, "accept")
    with pytest.raises(VersionMismatch), database.transaction() as session:
        service.act(session, donor(pair["giver"]), number, "accept", {}, expected_version=1)


def test_reasons_of_what_is_declined_are_counted(database: Database, pair: Ids) -> None:
    for _ in range(2):
        done(database, KENYA, proposed(database, pair), "decline", reason="timing")
    with database.reading() as session:
        assert views.decline_counts(session, COORDINATOR) == [
            {"side": "need", "act": "decline", "reason": "timing", "count": 2}
        ]
        with pytest.raises(RegistryError):
            views.decline_counts(session, KENYA)


def test_an_in_kind_offer_is_agreed_and_delivered_without_an_amount(database: Database) -> None:
    with database.transaction() as session:
        giver = organisation(session)
        need = open_need(session)
        offer = open_offer(session, giver, budget=None, min_grant=None, max_grant=None, currency=None, value_date=None,
                           types=["training"])  # fmt: skip
        pair = {"giver": giver, "need": need.id or 0, "offer": offer.id or 0}
    number = agreed(database, pair, None)
    assert done(database, KENYA, number, "deliver", on="2026-11-23", text="40 officers trained") == "delivered"
    with database.reading() as session:
        assert session.get_one(Need, pair["need"]).status == "open", "closing is a person's act"


def tended(database: Database, days: float, **changed: Any) -> int:
    with database.transaction() as session:
        return tend(session, system("test"), Settings(**changed), NOW + timedelta(days=days))


def events_of(database: Database, number: int) -> list[str]:
    with database.reading() as session:
        rows = select(Event.type).where(Event.kind == "proposal", Event.record_id == number).order_by(Event.id)  # type: ignore[arg-type]
        return [type_.removeprefix("proposal.") for type_ in session.scalars(rows)]


def test_who_is_waited_for_is_reminded_and_what_nobody_answers_lapses(database: Database, pair: Ids) -> None:
    number = proposed(database, pair)
    assert tended(database, 13) == 0
    assert tended(database, 15) == 1 and tended(database, 16) == 0, "told once"
    assert tended(database, 30) == 1
    assert tended(database, 61) == 1 and tended(database, 62) == 0
    assert events_of(database, number) == ["made", "reminded", "reminded", "lapsed"]
    with pytest.raises(Conflict, match="lapsed"):
        done(database, KENYA, number, "accept")


def test_a_proposal_whose_need_is_withdrawn_lapses(database: Database, pair: Ids) -> None:
    number = proposed(database, pair)
    with database.transaction() as session:
        withdraw_need(session, KENYA, pair["need"], {}, None)
    assert tended(database, 1) == 1
    assert shown(database, number)["status"] == "lapsed"


def test_a_commitment_is_shown_to_others_unless_a_side_objects_in_time(database: Database, pair: Ids) -> None:
    quiet = agreed(database, pair, 20_000_00)
    with database.transaction() as session:
        needs.update_need(session, KENYA, pair["need"], {"visibility": "public"}, None)
    objected = agreed(database, pair, 30_000_00)
    done(database, KENYA, objected, "object", text="Not yet announced")
    assert tended(database, 6) == 0
    assert tended(database, 8) == 1
    for stranger in (ANONYMOUS, FRANCE):
        with database.reading() as session:
            assert [item["id"] for item in views.list_proposals(session, stranger, {})[0]] == [quiet]
    with pytest.raises(Conflict, match="public already"):
        done(database, KENYA, quiet, "object")


def test_a_year_later_the_state_is_asked_once_whether_it_was_met(database: Database, pair: Ids) -> None:
    number = agreed(database, pair)
    tended(database, 8)
    assert tended(database, 366) == 1 and tended(database, 400) == 0
    assert events_of(database, number)[-1] == "met_asked"
    done(database, KENYA, number, "met", reason="yes")


def test_the_other_side_is_told_and_strangers_are_not(database: Database, pair: Ids) -> None:
    state, giver = make_user(database, "state"), make_user(database, "donor", organisation_id=pair["giver"])
    make_user(database, "state", state="UGA")
    number = proposed(database, pair)
    done(database, KENYA, number, "accept")
    tended(database, 15)
    consume_all(database, Settings(), CONSUMERS, "test")
    with database.reading() as session:
        rows = session.execute(select(Notice.user_id, Notice.kind, Notice.record_id).order_by(Notice.id)).all()  # type: ignore[call-overload]
        told = notices.list_notices(session, actor_of_user(session.get_one(User, giver.id)))[0]
    assert [tuple(row) for row in rows] == [
        (state.id, "proposal", number), (giver.id, "proposal", number),  # made
        (giver.id, "proposal", number),  # accepted by the State
        (giver.id, "proposal", number),  # reminded: the State has answered
    ]  # fmt: skip
    assert told[0]["title"] == "Marking machines for the police"
