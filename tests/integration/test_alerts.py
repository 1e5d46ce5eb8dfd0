"""The consumer `alerts`: who is told of what, once, and never of what they may not see."""

from typing import Any

import pytest
from sqlalchemy import update

from registry.accounts.actor import system
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts import following, notices, searches
from registry.alerts.models import Mail, Notice
from registry.catalogue.models import Programme
from registry.catalogue.programmes import Incoming, store_batch
from registry.db import Database, utcnow
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound
from registry.events.consumers import CONSUMER, Happening
from registry.matching import needs
from registry.settings import Settings
from registry.webhooks.models import Subscription
from registry.webhooks.subscriptions import create_subscription, disable
from tests.support.alerts import SETTINGS, consume, rows, save, titles
from tests.support.matching import KENYA, THEMES, open_need, open_offer, organisation
from tests.support.people import make_user
from tests.support.web_world import document


@pytest.fixture
def donor(database: Database) -> User:
    return make_user(database, "donor")


def need(database: Database, **changed: Any) -> int:
    with database.transaction() as session:
        return open_need(session, **changed).id or 0


def test_a_person_is_told_once_of_what_begins_to_fit(database: Database, donor: User) -> None:
    need(database, title="Here before")
    save(database, donor, filters={"theme": [THEMES[0]]})
    first = need(database, title="Fits", visibility="public")
    need(database, title="Another theme", themes=[THEMES[5]])
    consume(database)
    assert titles(database, donor) == ["Fits"]
    with database.transaction() as session:  # the same events again, and a change that changes nothing of the fit
        session.execute(update(CONSUMER).values(position=0))
        needs.update_need(session, KENYA, first, {"title": "Still fits"}, None)
    consume(database)
    assert titles(database, donor) == ["Still fits"]


def test_what_stops_fitting_is_news_when_it_fits_again(database: Database, donor: User) -> None:
    save(database, donor, filters={"priority": ["urgent"]})
    number = need(database, priority="urgent")
    consume(database)
    for priority in ("low", "urgent"):
        with database.transaction() as session:
            needs.update_need(session, KENYA, number, {"priority": priority}, None)
        consume(database)
    assert len(titles(database, donor)) == 2


def test_nobody_is_told_of_what_they_may_not_see(database: Database, donor: User) -> None:
    coordinator, stranger = make_user(database, "coordinator"), make_user(database, "state", state="FRA")
    for person in (donor, coordinator, stranger):
        save(database, person)
    number = need(database, visibility="private", title="Secret")
    consume(database)
    assert (titles(database, donor), titles(database, stranger)) == ([], [])
    assert titles(database, coordinator) == ["Secret"]
    with database.transaction() as session:
        needs.update_need(session, KENYA, number, {"visibility": "members", "title": "Shared"}, None)
    consume(database)
    assert titles(database, donor) == ["Shared"]
    with database.transaction() as session:  # told, and then hidden: the notice shows no more than the list
        needs.update_need(session, KENYA, number, {"visibility": "private", "title": "Hidden again"}, None)
    assert titles(database, donor) == []
    with database.reading() as session:
        assert notices.count_unread(session, actor_of_user(donor)) == 0
        assert notices.count_unread(session, actor_of_user(coordinator)) == 1


def test_drafts_and_disabled_accounts_are_passed_over(database: Database, donor: User) -> None:
    coordinator = make_user(database, "coordinator")
    save(database, coordinator)
    save(database, donor)
    with database.transaction() as session:
        session.get_one(User, donor.id).disabled_at = utcnow()
        draft = needs.create_need(session, KENYA, {"state": "KEN", "title": "A draft"}).id or 0
    consume(database)
    assert rows(database, Notice) == [] and draft
    need(database)
    consume(database)
    assert {row.user_id for row in rows(database, Notice)} == {coordinator.id}


def test_offers_and_programmes_are_found_too(database: Database) -> None:
    coordinator = make_user(database, "coordinator")
    save(database, coordinator, "offer", filters={"state": ["KEN"]})
    save(database, coordinator, "programme", q="stockpiles", filters={"country": ["KEN"]})
    with database.transaction() as session:
        open_offer(session, organisation(session), title="Reaches Kenya")
        incoming = [Incoming(document(1), None, [], "scope all")]
        store_batch(session, incoming, source="feed:1", run_id=1, actor=system("test"), now=utcnow())
    consume(database)
    assert titles(database, coordinator) == ["Reaches Kenya", "Safer stockpiles, phase 1"]
    with database.transaction() as session:
        session.execute(update(Programme).values(archived_at=utcnow()))
    assert titles(database, coordinator) == ["Reaches Kenya"]


def test_mails_at_once_are_gathered_and_nobody_gets_one_against_their_will(database: Database, donor: User) -> None:
    quiet = make_user(database, "coordinator")
    for person in (donor, quiet):
        save(database, person, delivery="at_once")
    with database.transaction() as session:
        session.get_one(User, quiet.id).no_mail_since = utcnow()
    need(database, title="One")
    consume(database)
    need(database, title="Two")
    consume(database)
    (mail,) = rows(database, Mail)
    assert mail.user_id == donor.id
    told = rows(database, Notice)
    assert {row.mail_id for row in told if row.user_id == donor.id} == {mail.id}
    assert [row.mail_id for row in told if row.user_id == quiet.id] == [None, None]
    assert not any(row.in_digest for row in told)


def test_the_owner_hears_of_a_webhook_that_was_switched_off(database: Database, donor: User) -> None:
    form = {"name": "Dashboard", "url": "https://receiver.example/hook", "types": [], "states": []}
    with database.transaction() as session:
        made, _ = create_subscription(session, actor_of_user(donor), donor, form, SETTINGS)
    with database.transaction() as session:
        disable(session, system("courier"), session.get_one(Subscription, made.id), "gone", utcnow())
    consume(database)
    consume(database)
    assert titles(database, donor) == ["Dashboard"]
    assert [mail.cause for mail in rows(database, Mail)] == ["webhook"]


def test_looking_twice_at_one_event_writes_one_notice(database: Database, donor: User) -> None:
    save(database, donor)
    number = need(database)
    event = Happening(1, "u-1", "need.opened", "need", number, 2, "members", "KEN", None, "{}", utcnow())
    with database.reading() as session:
        found = following.look(session, [event])
    for _ in range(2):  # two processes that looked at the same time
        with database.transaction() as session:
            following.act(session, found)
    assert len(rows(database, Notice)) == 1
    with database.reading() as session:
        assert not following.look(session, [event])


def test_searches_are_bounded_and_ones_own(database: Database, donor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    number = save(database, donor)
    other = actor_of_user(make_user(database, "admin"))
    with database.transaction() as session:
        with pytest.raises(NotFound):
            searches.get_search(session, other, number)
        with pytest.raises(NotAllowed):
            searches.save_search(session, other, donor, _form(), SETTINGS)
    need(database, visibility="public")
    monkeypatch.setattr(searches, "MOST_RECORDS", 0)
    with pytest.raises(InvalidInput, match="attention"):
        save(database, donor)
    monkeypatch.setattr(searches, "MOST_PER_PERSON", 1)
    with pytest.raises(Conflict):
        save(database, donor)


def _form(**changed: Any) -> dict[str, Any]:
    return {"name": "A search", "kind": "need", "q": "", "filters": {}, "delivery": "in_app", **changed}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "table"}, "kind"),
        ({"filters": {"colour": ["red"]}}, "filters.colour"),
        ({"filters": {"state": ["Atlantis"]}}, "filters.state"),
        ({"filters": {"region": ["999"]}}, "filters.region"),
        ({"filters": {"theme": ["x" * 201]}}, "filters.theme.0"),
        ({"name": " \n "}, "name"),
        ({"delivery": "pigeon"}, "delivery"),
    ],
)
def test_what_does_not_fit_is_refused_by_field(sqlite_database: Database, given: dict[str, Any], field: str) -> None:
    person = make_user(sqlite_database, "coordinator")
    with pytest.raises(InvalidInput) as refused:
        save(sqlite_database, person, **{"kind": "need", **given})
    assert field in refused.value.fields


def test_without_a_mail_server_only_the_app_tells(sqlite_database: Database) -> None:
    person = make_user(sqlite_database, "coordinator")
    with sqlite_database.transaction() as session, pytest.raises(InvalidInput) as refused:
        searches.save_search(session, actor_of_user(person), person, _form(delivery="daily"), Settings())
    assert "delivery" in refused.value.fields


def test_only_the_person_takes_back_that_they_want_no_mail(sqlite_database: Database) -> None:
    person = make_user(sqlite_database, "coordinator")
    for actor, still_none in ((system("cli"), True), (actor_of_user(person), False)):
        with sqlite_database.transaction() as session:
            owner = session.get_one(User, person.id)
            owner.no_mail_since = utcnow()
            searches.save_search(session, actor, owner, _form(delivery="daily"), SETTINGS)
            assert (owner.no_mail_since is not None) is still_none
