"""The table of pairs: true after every change, whole down to its length on both sides, shown to who sees both sides."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.catalogue.models import Participation
from registry.db import Database
from registry.errors import InvalidInput, NotAllowed, NotFound
from registry.events.models import Event
from registry.matching import gather, matches, needs, offers, refresh, weights
from registry.matching.eligibility import is_eligible
from registry.matching.everything import refresh_all
from registry.matching.explain import explain
from registry.matching.models import Match
from tests.support.matching import (
    COORDINATOR,
    FRANCE,
    KENYA,
    NOW,
    THEMES,
    donor,
    need_form,
    offer_form,
    open_need,
    open_offer,
    organisation,
)
from tests.support.matching_worlds import random_need, random_offer, table, truth, world


def test_opening_either_side_brings_the_pair_and_leaving_takes_it_away(session: Session) -> None:
    giver = organisation(session)
    need = open_need(session)
    assert table(session) == {}
    offer = open_offer(session, giver)
    assert list(table(session)) == [(need.id, offer.id)]
    offers.withdraw_offer(session, donor(giver), offer.id or 0, {}, None)
    refresh.run_pending(session)
    assert table(session) == {}
    offers.renew_offer(session, donor(giver), offer.id or 0, {}, None)
    refresh.run_pending(session)
    assert list(table(session)) == [(need.id, offer.id)]
    needs.close_need(session, KENYA, need.id or 0, {"reason": "Met"}, None)
    refresh.run_pending(session)
    assert table(session) == {}


def test_editing_an_open_need_matches_it_anew_before_the_commit(database: Database) -> None:
    with database.transaction() as session:
        giver = organisation(session)
        need, offer = open_need(session), open_offer(session, giver)
        before = table(session)[need.id or 0, offer.id or 0]
    with database.transaction() as session:
        needs.update_need(session, KENYA, need.id or 0, {"themes": THEMES[:1]}, None)
    with database.reading() as session:
        after = table(session)[need.id or 0, offer.id or 0]
        assert after == pytest.approx(before + 0.2)  # its only theme is covered, not one of two
        told = session.execute(select(Event).where(Event.type == "match.refreshed")).scalars().all()  # type: ignore[arg-type]
        assert [(event.kind, event.record_id) for event in told][-1] == ("need", need.id)
    with database.transaction() as session:
        needs.update_need(session, KENYA, need.id or 0, {"themes": THEMES[5:6]}, None)
    with database.reading() as session:
        assert table(session) == {}


def test_stored_parts_sum_to_the_score_and_name_their_weights(session: Session) -> None:
    open_need(session)
    open_offer(session, organisation(session))
    match = session.execute(select(Match)).scalar_one()
    assert round(sum(part["points"] for part in match.parts), 6) == match.score
    assert match.weights_version == weights.current().version


@pytest.mark.parametrize("seed", [1, 2])
def test_the_table_is_whole_after_every_change_whatever_comes(
    database: Database, session: Session, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(refresh, "TOP", 2)
    choice = world(session, seed, 8)
    assert table(session) == truth(session, 2)
    assert len(table(session)) < len(truth(session, 99))
    for _ in range(14):
        kind = choice.choice(["need", "offer"])
        side = (
            gather.need_facts(session, ANONYMOUS, gather.NEED_OPEN)
            if kind == "need"
            else gather.offer_facts(session, ANONYMOUS, gather.OFFER_OPEN)
        )
        record_id = choice.choice(sorted(side))
        if kind == "need":
            actor = KENYA if side[record_id].state == "KEN" else FRANCE  # type: ignore[union-attr]
            if choice.random() < 0.3:
                needs.withdraw_need(session, actor, record_id, {}, None)
            else:
                needs.update_need(session, actor, record_id, random_need(choice, actor), None)
        else:
            all_offers = gather.offer_facts(session, ANONYMOUS, gather.OFFER_OPEN)
            record_id = choice.choice(sorted(all_offers))
            actor = donor(all_offers[record_id].organisation_id)
            if choice.random() < 0.3:
                offers.withdraw_offer(session, actor, record_id, {}, None)
            else:
                offers.update_offer(session, actor, record_id, random_offer(choice), None)
        refresh.run_pending(session)
        assert table(session) == truth(session, 2)
    ids = sorted(session.execute(select(Match.id)).scalars())  # type: ignore[call-overload]
    session.commit()
    assert refresh_all(database, system("cli")) == len(ids)
    assert sorted(session.execute(select(Match.id)).scalars()) == ids  # type: ignore[call-overload]  # nothing was written anew


def test_matching_everything_mends_whatever_is_wrong(database: Database, session: Session) -> None:
    world(session, 3, 5)
    right = table(session)
    assert right
    for match in session.execute(select(Match)).scalars().all()[:2]:
        session.delete(match)
    wrong = session.execute(select(Match).offset(2).limit(1)).scalar_one()
    wrong.score = 0.001
    session.flush()
    session.commit()
    assert refresh_all(database, system("cli")) == len(right)
    assert table(session) == right
    with pytest.raises(NotAllowed):
        refresh_all(database, KENYA)


def test_equal_scores_rank_by_the_other_sides_number(session: Session) -> None:
    giver = organisation(session)
    need = open_need(session)
    ids = [open_offer(session, giver).id for _ in range(4)]
    found = matches.matches_of_need(session, KENYA, need.id or 0)
    assert [pair["offer_id"] for pair in found] == ids
    assert len({pair["score"] for pair in found}) == 1
    assert len(matches.matches_of_need(session, KENYA, need.id or 0, top=2)) == 2


def test_pairs_are_shown_only_to_who_sees_both_sides(session: Session) -> None:
    giver = organisation(session)
    need = open_need(session, visibility="members")
    public = open_offer(session, giver)
    private = open_offer(session, giver, visibility="private")
    for actor, expected in (
        (KENYA, [public.id]),
        (COORDINATOR, [public.id, private.id]),
        (donor(giver), [public.id, private.id]),
        (FRANCE, [public.id]),
    ):
        assert [pair["offer_id"] for pair in matches.matches_of_need(session, actor, need.id or 0)] == expected
        assert matches.list_matches(session, actor).total == len(expected)
    with pytest.raises(NotFound):
        matches.matches_of_need(session, ANONYMOUS, need.id or 0)
    assert matches.matches_of_offer(session, ANONYMOUS, public.id or 0) == []
    assert matches.list_matches(session, ANONYMOUS).items == []
    with pytest.raises(NotFound):
        explain(session, KENYA, need.id or 0, private.id or 0)


def test_all_matches_come_page_by_page_best_first(session: Session) -> None:
    world(session, 4, 6)
    seen, cursor = [], None
    while True:
        page = matches.list_matches(session, COORDINATOR, cursor=cursor, limit=3)
        seen += [(pair["score"], pair["id"]) for pair in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == page.total == len(table(session))
    assert seen == sorted(seen, reverse=True)
    need_id = matches.list_matches(session, COORDINATOR).items[0]["need_id"]
    own = matches.list_matches(session, COORDINATOR, need_id=need_id).items
    assert {pair["need_id"] for pair in own} == {need_id}


def test_why_and_why_not_are_answered_by_the_same_rules(session: Session) -> None:
    giver = organisation(session)
    need, offer = open_need(session), open_offer(session, giver)
    why = explain(session, KENYA, need.id or 0, offer.id or 0)
    assert why["eligible"] and why["blocks"] == []
    assert why["score"] == table(session)[need.id or 0, offer.id or 0]
    condition = {"kind": "participates", "instrument": "att"}
    other = open_offer(session, giver, themes=THEMES[5:6], places=["150"], conditions=[condition])
    draft = offers.create_offer(session, donor(giver), offer_form(giver))
    blocked = explain(session, KENYA, need.id or 0, other.id or 0)
    assert [block["code"] for block in blocked["blocks"]] == ["theme_mismatch", "geography", "condition_unknown"]
    assert not blocked["eligible"] and 0 < blocked["score"] < 1
    session.add(Participation(state="KEN", instrument="att", act="signature", on=NOW.date(), source="test"))
    session.flush()
    codes = [block["code"] for block in explain(session, KENYA, need.id or 0, other.id or 0)["blocks"]]
    assert codes[-1] == "condition_not_met"
    hers = explain(session, donor(giver), need.id or 0, draft.id or 0)
    assert [(block["code"], block["offer_field"]) for block in hers["blocks"]] == [("not_open", "status")]


def test_the_waiting_time_grows_the_score(session: Session) -> None:
    giver = organisation(session)
    need, offer = open_need(session), open_offer(session, giver)
    now = explain(session, KENYA, need.id or 0, offer.id or 0)["score"]
    later = explain(session, KENYA, need.id or 0, offer.id or 0, now=refresh.utcnow() + timedelta(days=548))["score"]
    assert later == pytest.approx(now + 0.05, abs=1e-4)


def test_the_database_narrows_without_losing_a_pair(session: Session) -> None:
    world(session, 5, 8)
    least = weights.current().min_overlap_months
    all_needs = gather.need_facts(session, ANONYMOUS, gather.NEED_OPEN)
    all_offers = gather.offer_facts(session, ANONYMOUS, gather.OFFER_OPEN)
    context = gather.context(session, NOW, all_offers.values())
    for need in all_needs.values():
        found = gather.offer_facts(session, ANONYMOUS, gather.possible_offers(need, least))
        assert {o.id for o in all_offers.values() if is_eligible(need, o, context, least)} <= set(found)
    for offer in all_offers.values():
        found_needs = gather.need_facts(session, ANONYMOUS, gather.possible_needs(offer, least))
        assert {n.id for n in all_needs.values() if is_eligible(n, offer, context, least)} <= set(found_needs)


def test_a_draft_is_not_matched(session: Session) -> None:
    open_offer(session, organisation(session))
    needs.create_need(session, KENYA, need_form())
    refresh.run_pending(session)
    assert table(session) == {}


def test_two_sides_opened_at_the_same_moment_still_find_each_other(database: Database) -> None:
    with database.transaction() as session:
        giver = organisation(session)
        need = needs.create_need(session, KENYA, need_form())
        offer = offers.create_offer(session, donor(giver), offer_form(giver))

    def open_the_offer() -> None:
        with database.transaction() as other:
            offers.open_offer(other, donor(giver), offer.id or 0, 1)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            needs.open_need(session, KENYA, need.id or 0, 1)
            refresh.run_pending(session)  # sees no offer yet, and its need is not committed when the other looks
            job = pool.submit(open_the_offer)
            with pytest.raises(TimeoutError):
                job.result(timeout=0.5)  # it waits its turn
        job.result(timeout=20)
    with database.reading() as session:
        assert list(table(session)) == [(need.id, offer.id)]


def test_an_offer_to_a_grouping_reaches_its_members_wherever_they_lie(session: Session) -> None:
    giver = organisation(session)
    uganda = Actor("state", state="UGA", label="user:9")
    kenyan, ugandan = open_need(session), open_need(session, uganda, state="UGA")
    offer = open_offer(session, giver, places=["Least developed countries"])
    assert [match["need_id"] for match in matches.matches_of_offer(session, COORDINATOR, offer.id or 0)] == [ugandan.id]
    everywhere = open_offer(session, giver, places=["199", "KEN"])
    found = matches.matches_of_offer(session, COORDINATOR, everywhere.id or 0)
    assert {match["need_id"] for match in found} == {kenyan.id, ugandan.id}
    with pytest.raises(InvalidInput) as caught:
        open_offer(session, giver, places=["997"])
    assert list(caught.value.fields) == ["places.0"]
