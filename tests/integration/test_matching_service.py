"""Needs and offers through their life: who may do what, what is kept of it, what is told, what is refused."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.catalogue import search
from registry.compliance.models import Assessment, Standard
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.events.models import Event
from registry.matching import expiry, listing, needs, offers
from registry.matching.forms import need_forms, offer_forms
from registry.matching.lifecycle import a_year_later
from registry.matching.listing import Filters
from registry.matching.views import need_views, offer_views
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


def events(session: Session) -> list[tuple[str, str, int]]:
    rows = session.execute(select(Event).order_by(Event.id)).scalars()  # type: ignore[arg-type]
    return [(event.type, event.visibility, event.record_version) for event in rows]


def fields(action: Any, *args: Any, **kwargs: Any) -> set[str]:
    with pytest.raises(InvalidInput) as caught:
        action(*args, **kwargs)
    return set(caught.value.fields)


def test_a_draft_needs_a_title_only_and_stays_private(session: Session) -> None:
    need = needs.create_need(session, KENYA, {"title": "Something"})
    assert (need.state, need.status, need.visibility, need.version) == ("KEN", "draft", "members", 1)
    assert events(session) == [("need.created", "private", 1)]
    for stranger in (ANONYMOUS, FRANCE, donor(1)):
        with pytest.raises(NotFound):
            needs.get_need(session, stranger, need.id or 0)
    assert needs.get_need(session, COORDINATOR, need.id or 0) is need


def test_what_goes_in_comes_out(session: Session) -> None:
    form = need_form(
        reference="KE-1", description="Two\nlines", language="fr", priority="high", min_viable_share=0.5,
        endorsing_authority="Ministry", partner_wished="Somebody", visibility="public",
        requirements=[{"standard": "iti", "clause": "iti-8"}],
    )  # fmt: skip
    need = needs.create_need(session, KENYA, form)
    stored = need_forms(session, [need.id or 0])[need.id or 0]
    assert stored == stored | {
        **form,
        "lines": stored["lines"],
        "requirements": [{"standard": "iti", "clause": "iti-8", "assessment_id": None}],
        "themes": sorted(form["themes"]),
    }
    assert stored["lines"][0] == {
        "type": "equipment", "description": "", "quantity": None, "unit": None,
        "money": {"amount": 100_000_00, "currency": "USD", "value_date": "2026-11-01"},
    }  # fmt: skip
    assert needs.update_need(session, KENYA, need.id or 0, stored, 1).version == 1  # the same again changes nothing
    giver = organisation(session)
    offer = offers.create_offer(
        session, donor(giver),
        offer_form(giver, conditions=[{"kind": "reported", "instrument": "poa", "within_months": 24}],
                   expires_at="2027-06-30", places=["Kenya", "014", "UGA"]),
    )  # fmt: skip
    stored = offer_forms(session, [offer.id or 0])[offer.id or 0]
    assert stored["expires_at"] == "2027-06-30T23:59:59+00:00"
    assert stored["places"] == ["014", "KEN", "UGA"]
    assert stored["conditions"] == [{"kind": "reported", "instrument": "poa", "within_months": 24}]
    assert offers.update_offer(session, donor(giver), offer.id or 0, stored, 1).version == 1


def test_money_without_a_date_is_of_the_day_of_entry_and_keeps_it(session: Session) -> None:
    line = {"type": "funding", "money": {"amount": {"written": "91,501.05"}, "currency": "EUR"}}
    need = needs.create_need(session, KENYA, need_form(lines=[line]), now=NOW)
    money = need_forms(session, [need.id or 0])[need.id or 0]["lines"][0]["money"]
    assert money == {"amount": 91_501_05, "currency": "EUR", "value_date": "2026-11-23"}
    line["money"]["value_date"] = None  # type: ignore[index]
    assert needs.update_need(session, KENYA, need.id or 0, {"lines": [line]}, 1).version == 1


def test_opening_names_each_thing_that_is_missing(session: Session) -> None:
    need = needs.create_need(session, KENYA, {"title": "Empty"})
    assert fields(needs.open_need, session, KENYA, need.id, 1) == {"themes", "lines", "window_start", "window_end"}
    past = needs.create_need(session, KENYA, need_form(window_start="2019-01-01", window_end="2020-01-01"))
    assert fields(needs.open_need, session, KENYA, past.id, 1) == {"window_end"}
    giver = organisation(session)
    offer = offers.create_offer(session, donor(giver), {"title": "Empty", "expires_at": "2020-01-01"})
    assert fields(offers.open_offer, session, donor(giver), offer.id, 1) == {"types", "expires_at"}


def test_a_need_lives_by_its_transitions_and_each_is_told(session: Session) -> None:
    need = open_need(session)
    assert need.opened_at is not None
    need_id = need.id or 0
    needs.withdraw_need(session, KENYA, need_id, {"reason": "Not now"}, 2)
    assert (need.status, need.status_reason, need.version) == ("withdrawn", "Not now", 3)
    renewal = {"window_start": "2028-01-01", "window_end": "2029-01-01"}
    opened_first = need.opened_at
    needs.renew_need(session, KENYA, need_id, renewal, 3)
    assert (need.status, need.status_reason, need.closed_at) == ("open", None, None)
    assert need.opened_at == opened_first  # it has waited since then
    assert need.window_end is not None and need.window_end.isoformat() == "2029-01-01"
    needs.close_need(session, KENYA, need_id, {"reason": "Met"}, 4)
    assert need.status == "closed"
    told = [kind for kind, visibility, _ in events(session) if kind.startswith("need.") and visibility == "members"]
    assert told == ["need.opened", "need.withdrawn", "need.renewed", "need.closed"]
    history = needs.need_history(session, KENYA, need_id)
    assert [(step.version, step.changes.get("status")) for step in history] == [
        (5, ["open", "closed"]), (4, ["withdrawn", "open"]), (3, ["open", "withdrawn"]), (2, ["draft", "open"]),
        (1, [None, "draft"]),
    ]  # fmt: skip
    assert history[1].changes["window_end"] == ["2028-01-01", "2029-01-01"]


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        ("draft", {"withdraw", "close", "renew"}),
        ("open", {"open", "renew"}),
        ("withdrawn", {"open", "withdraw", "close"}),
        ("closed", {"open", "withdraw", "close", "renew", "update"}),
    ],
)
def test_a_step_out_of_turn_is_a_conflict_that_names_the_status(
    session: Session, status: str, refused: set[str]
) -> None:
    need = needs.create_need(session, KENYA, need_form())
    need_id = need.id or 0
    if status != "draft":
        needs.open_need(session, KENYA, need_id, None)
    if status == "withdrawn":
        needs.withdraw_need(session, KENYA, need_id, {}, None)
    if status == "closed":
        needs.close_need(session, KENYA, need_id, {"reason": "Met"}, None)
    steps: dict[str, Any] = {
        "open": lambda: needs.open_need(session, KENYA, need_id, None),
        "withdraw": lambda: needs.withdraw_need(session, KENYA, need_id, {}, None),
        "close": lambda: needs.close_need(session, KENYA, need_id, {"reason": "x"}, None),
        "renew": lambda: needs.renew_need(
            session, KENYA, need_id, {"window_start": "2027-01-01", "window_end": "2028-01-01"}, None
        ),
        "update": lambda: needs.update_need(session, KENYA, need_id, {"title": "x"}, None),
    }
    for name in refused:
        with pytest.raises(Conflict, match=status):
            steps[name]()


def test_closing_wants_a_reason_and_renewing_a_window_that_lies_ahead(session: Session) -> None:
    need = open_need(session)
    assert fields(needs.close_need, session, KENYA, need.id, {}, None) == {"reason"}
    needs.withdraw_need(session, KENYA, need.id or 0, {}, None)
    assert fields(needs.renew_need, session, KENYA, need.id, {}, None) == {"window_start", "window_end"}
    past = {"window_start": "2019-01-01", "window_end": "2020-01-01"}
    assert fields(needs.renew_need, session, KENYA, need.id, past, None) == {"window_end"}


def test_only_the_state_changes_its_needs_and_only_the_donor_its_offers(session: Session) -> None:
    need = open_need(session, visibility="public")
    giver, other = organisation(session), organisation(session, "Other")
    offer = open_offer(session, giver)
    for stranger in (FRANCE, COORDINATOR, donor(giver), Actor("admin", label="user:9")):
        with pytest.raises(NotAllowed):
            needs.update_need(session, stranger, need.id or 0, {"title": "Mine"}, None)
        with pytest.raises(NotAllowed):
            needs.create_need(session, stranger, need_form())
    for stranger in (KENYA, COORDINATOR, donor(other)):
        with pytest.raises(NotAllowed):
            offers.withdraw_offer(session, stranger, offer.id or 0, {}, None)
        with pytest.raises(NotAllowed):
            offers.create_offer(session, stranger, offer_form(giver))
    with pytest.raises(InvalidInput) as caught:
        needs.update_need(session, KENYA, need.id or 0, {"state": "FRA"}, None)
    assert set(caught.value.fields) == {"state"}


def test_an_older_version_is_refused(session: Session) -> None:
    need = open_need(session)
    needs.update_need(session, KENYA, need.id or 0, {"title": "Second"}, 2)
    with pytest.raises(VersionMismatch) as caught:
        needs.update_need(session, KENYA, need.id or 0, {"title": "Third"}, 2)
    assert caught.value.current == 3
    with pytest.raises(VersionMismatch):
        needs.withdraw_need(session, KENYA, need.id or 0, {}, 2)


def test_an_open_need_stays_matchable(session: Session) -> None:
    need = open_need(session)
    assert fields(needs.update_need, session, KENYA, need.id, {"themes": []}, None) == {"themes"}


def test_references_are_unique(session: Session) -> None:
    needs.create_need(session, KENYA, {"title": "a", "reference": "K-1"})
    assert fields(needs.create_need, session, KENYA, {"title": "b", "reference": "K-1"}) == {"reference"}


def test_a_requirement_names_an_assessment_of_the_same_state_only(session: Session) -> None:
    standard = Standard(slug="iti", version="1", sha256="0" * 64, document="{}", loaded_at=NOW)
    session.add(standard)
    session.flush()
    assessments = [Assessment(state=state, standard_id=standard.id or 0, standard="iti") for state in ("KEN", "FRA")]
    session.add_all(assessments)
    session.flush()
    own, foreign = (item.id for item in assessments)
    requirement = {"standard": "iti", "clause": "iti-8", "assessment_id": own}
    need = open_need(session, requirements=[requirement])
    shown = need_views(session, KENYA, [need.id or 0])[need.id or 0]
    assert shown["requirements"] == [requirement]
    hidden = need_views(session, COORDINATOR, [need.id or 0])[need.id or 0]
    assert hidden["requirements"] == [{**requirement, "assessment_id": None}]
    requirement = {**requirement, "assessment_id": foreign}
    path = "requirements.0.assessment_id"
    assert fields(needs.create_need, session, KENYA, need_form(requirements=[requirement])) == {path}


def test_offers_expire_by_their_clock_and_needs_when_their_window_has_passed(session: Session) -> None:
    giver = organisation(session)
    offer, lasting = open_offer(session, giver), open_offer(session, giver, expires_at="2099-01-01")
    assert offer.opened_at is not None and offer.expires_at is not None
    assert offer.expires_at == a_year_later(offer.opened_at.replace(microsecond=0))
    need = open_need(session)
    assert expiry.expire_due(session, system("scheduler"), offer.expires_at - timedelta(seconds=1)) == 0
    assert expiry.expire_due(session, system("scheduler"), offer.expires_at) == 1
    assert (offer.status, lasting.status, need.status) == ("expired", "open", "open")
    assert expiry.expire_due(session, system("scheduler"), datetime(2028, 1, 1, 23, 59, tzinfo=NOW.tzinfo)) == 0
    assert expiry.expire_due(session, system("scheduler"), datetime(2028, 1, 2, tzinfo=NOW.tzinfo)) == 1
    assert need.status == "expired"
    offers.renew_offer(session, donor(giver), offer.id or 0, {}, None)
    assert offer.status == "open" and offer.expires_at > NOW
    told = [kind for kind, _, _ in events(session)]
    assert {"offer.expired", "need.expired", "offer.renewed"} <= set(told)


def test_a_year_after_a_leap_day_is_the_28th() -> None:
    assert a_year_later(datetime(2028, 2, 29, tzinfo=NOW.tzinfo)).isoformat().startswith("2029-02-28")


def test_an_offer_is_of_the_donors_own_organisation_or_of_the_one_named(session: Session) -> None:
    giver = organisation(session)
    assert offers.create_offer(session, donor(giver), {"title": "x"}).organisation_id == giver
    form = {name: value for name, value in offer_form(giver).items() if name != "organisation_id"}
    actor = system("cli")
    assert offers.create_offer(session, actor, {**form, "organisation": "Giving Agency"}).organisation_id == giver
    assert fields(offers.create_offer, session, actor, {**form, "organisation": "Nobody"}) == {"organisation"}
    assert fields(offers.create_offer, session, actor, {**form, "organisation_id": 999}) == {"organisation_id"}
    assert fields(offers.create_offer, session, actor, form) == {"organisation_id"}
    organisation(session, "Giving Agency")
    assert fields(offers.create_offer, session, actor, {**form, "organisation": "Giving Agency"}) == {"organisation"}


def test_lists_show_what_the_actor_may_see_by_every_filter(session: Session) -> None:
    giver = organisation(session)
    public = open_need(session, title="Tracing in Kenya", visibility="public", themes=[THEMES[3]])
    members = open_need(session, title="Marking")
    private = open_need(session, title="Secret", visibility="private")
    draft = needs.create_need(session, KENYA, {"title": "Draft"})
    french = open_need(session, FRANCE, state="FRA", title="Légal", priority="urgent", visibility="public")

    def seen(actor: Actor, **filters: Any) -> set[int]:
        page = listing.list_needs(session, actor, Filters(**filters))
        assert page.total == len(page.items)
        return {item["id"] for item in page.items}

    assert seen(ANONYMOUS) == {public.id, french.id}
    assert seen(donor(giver)) == {public.id, members.id, french.id}
    assert seen(KENYA) == {public.id, members.id, private.id, draft.id, french.id}
    assert seen(KENYA, states=["KEN"], statuses=["open"]) == {public.id, members.id, private.id}
    assert seen(KENYA, themes=[THEMES[3]]) == {public.id}
    assert seen(KENYA, types=["training"], regions=["150"]) == {french.id}
    assert seen(KENYA, priorities=["urgent"]) == {french.id}
    assert seen(KENYA, q="legal") == {french.id}
    assert seen(KENYA, q="кения tracing") == {public.id}
    assert seen(ANONYMOUS, q="secret") == set()
    assert fields(listing.list_needs, session, KENYA, Filters(regions=["nowhere"])) == {"region"}
    titles, cursor = [], None
    while True:
        page = listing.list_needs(session, KENYA, Filters(), "title", cursor, 2)
        titles += [item["title"] for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(titles) == titles and len(titles) == 5


def test_offers_are_found_by_what_they_reach(session: Session) -> None:
    giver, other = organisation(session), organisation(session, "Other")
    east = open_offer(session, giver)
    world = open_offer(session, other, places=[], themes=[], types=["training"])
    french = open_offer(session, giver, places=["FRA"], themes=[THEMES[4]])

    def seen(**filters: Any) -> set[int]:
        return {item["id"] for item in listing.list_offers(session, ANONYMOUS, Filters(**filters)).items}

    assert seen() == {east.id, world.id, french.id}
    assert seen(states=["KEN"]) == {east.id, world.id}
    assert seen(regions=["150"]) == {world.id, french.id}
    assert seen(regions=["202"]) == {east.id, world.id}
    assert seen(themes=[THEMES[4]]) == {world.id, french.id}
    assert seen(types=["training"]) == {world.id}
    assert seen(organisations=[other]) == {world.id}
    assert seen(q="восточная африка") == {east.id}


def test_the_ledger_adds_up_per_currency_and_shows_the_rate(session: Session) -> None:
    lines = [
        {"type": "funding", "money": {"amount": 1000_00, "currency": "USD", "value_date": "2024-05-01"}},
        {"type": "training", "money": {"amount": 500_00, "currency": "EUR", "value_date": "2024-05-01"}},
        {"type": "equipment", "money": {"amount": 250_00, "currency": "EUR", "value_date": "2024-06-01"}},
        {"type": "expertise"},
    ]
    need = open_need(session, lines=lines)
    ledger = need_views(session, KENYA, [need.id or 0])[need.id or 0]["ledger"]
    assert ledger["asked"] == [{"currency": "EUR", "amount": 750_00}, {"currency": "USD", "amount": 1000_00}]
    assert ledger["unknown_lines"] == 1
    euro = next(rate for rate in ledger["rates"] if rate["currency"] == "EUR")
    assert abs(ledger["asked_usd_cents"] - (1000_00 + 750_00 * float(euro["usd_per_unit"]))) <= 1
    assert "proposed" not in ledger
    giver = organisation(session)
    offer = open_offer(session, giver)
    view = offer_views(session, ANONYMOUS, [offer.id or 0])[offer.id or 0]
    assert (view["budget_usd_cents"], view["organisation_name"]) == (500_000_00, "Giving Agency")
    assert "organisation" not in view


def test_every_change_is_audited_and_indexed_with_it(database: Database) -> None:
    with database.transaction() as session:
        need = open_need(session)
    with database.reading() as session:
        rows = session.execute(text("SELECT action, subject, detail FROM audit_entry ORDER BY id")).all()
        assert [row.action for row in rows] == ["need.created", "need.opened"]
        assert {row.subject for row in rows} == {f"need:{need.id}"}
        assert orjson.loads(rows[1].detail)["version"] == 2
        assert session.execute(search.matching_ids("need", "police")).scalars().all() == [need.id]
