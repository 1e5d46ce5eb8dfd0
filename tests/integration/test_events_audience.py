"""Records that come into sight and go out of it: what each follower is told, and that it ends with what it may see."""

from typing import Any

import pytest

from registry.accounts.actor import system
from registry.catalogue.editing import create_programme, update_programme
from registry.catalogue.models import OrganisationIdentifier, Programme
from registry.catalogue.programmes import Incoming, archive, store_batch
from registry.db import Database, utcnow
from registry.http import RegistryFlask
from registry.matching import needs, offers
from tests.support import matching
from tests.support.follower import Follower
from tests.support.people import actor_for, make_user, token_headers

TEST = system("test")
SCOPES = ["changes:read", "catalogue:read", "needs:read", "offers:read", "assessments:read"]


@pytest.fixture
def followers(app: RegistryFlask) -> dict[str, Follower]:
    """Of the application on each engine."""
    return everybody(app)


@pytest.fixture
def sqlite_followers(sqlite_app: RegistryFlask) -> dict[str, Follower]:
    """Of the application on SQLite only."""
    return everybody(sqlite_app)


def everybody(app: RegistryFlask) -> dict[str, Follower]:
    """One of each audience, having read to the end of an empty registry."""
    database = app.database
    users = {
        "kenya": make_user(database, "state"),
        "uganda": make_user(database, "state", state="UGA"),
        "donor": make_user(database, "donor"),
        "agency": make_user(database, "agency"),
        "staff": make_user(database, "coordinator"),
    }
    found = {name: Follower(app.test_client(), token_headers(database, user, SCOPES)) for name, user in users.items()}
    found["anybody"] = Follower(app.test_client())
    for name, follower in found.items():
        follower.user = users.get(name)  # type: ignore[attr-defined]
        follower.snapshot()
    return found


def holders(followers: dict[str, Follower], subject: str) -> set[str]:
    """Who holds the record after following; each holds exactly what a snapshot now would give it."""
    for name, follower in followers.items():
        assert follower.follow() == 200
        fresh = Follower(follower.client, follower.headers)
        fresh.snapshot()
        assert follower.held == fresh.held, name
    return {name for name, follower in followers.items() if subject in follower.held}


def last(follower: Follower) -> tuple[str, bool]:
    event = follower.seen[-1]
    return event["type"], event["data"].get("tombstone", False)


def programme(database: Database, **more: Any) -> int:
    document = {"title": [{"text": "Safer stockpiles"}], "iati_identifier": "XX-1"}
    with database.transaction() as session:
        return create_programme(session, TEST, {"document": document, **more})


def test_a_programme_goes_out_of_sight_and_comes_back(app: RegistryFlask, followers: dict[str, Follower]) -> None:
    everybody = set(followers)
    id_ = programme(app.database)
    subject = f"programmes/{id_}"
    assert holders(followers, subject) == everybody
    for visibility, expected in (
        ("members", everybody - {"anybody"}), ("private", {"staff"}), ("public", everybody), ("private", {"staff"}),
    ):  # fmt: skip
        with app.database.transaction() as session:
            update_programme(session, TEST, id_, {"visibility": visibility}, None)
        assert holders(followers, subject) == expected, visibility
    assert last(followers["anybody"]) == ("casa.programme.hidden", True)
    assert set(followers["anybody"].seen[-1]["data"]) == {"version", "href", "tombstone"}, "of what happened: nothing"
    assert last(followers["staff"]) == ("casa.programme.updated", False)
    with app.database.transaction() as session:
        update_programme(session, TEST, id_, {"document": {"status": "3"}}, None)
    told = {name: len(follower.seen) for name, follower in followers.items()}
    assert holders(followers, subject) == {"staff"}
    assert {name for name, follower in followers.items() if len(follower.seen) > told[name]} == {"staff"}


def test_a_hidden_programme_that_is_withdrawn_tells_those_alone_who_saw_it(
    sqlite_app: RegistryFlask, sqlite_followers: dict[str, Follower]
) -> None:
    hidden, shown = programme(sqlite_app.database, visibility="private"), programme(sqlite_app.database)
    with sqlite_app.database.transaction() as session:
        archive(session, [hidden, shown], "over", TEST, utcnow())
    assert holders(sqlite_followers, f"programmes/{hidden}") == set()
    assert [event["subject"] for event in sqlite_followers["anybody"].seen if event["data"].get("tombstone")] == [
        f"programmes/{shown}"
    ]


def test_a_new_owner_sees_a_private_programme_and_the_former_one_loses_sight_of_it(
    app: RegistryFlask, followers: dict[str, Follower]
) -> None:
    """A feed changes who reports; the record stays private."""
    database = app.database
    donor, agency = followers["donor"].user, followers["agency"].user  # type: ignore[attr-defined]
    with database.transaction() as session:
        for user, ref in ((donor, "XX-DONOR"), (agency, "XX-AGENCY")):
            session.add(OrganisationIdentifier(organisation_id=user.organisation_id, value=ref))

    def store(ref: str, known: int | None) -> int:
        document = {
            "iati_identifier": "XX-1",
            "title": [{"text": "Safer stockpiles"}],
            "reporting_org": {"ref": ref, "narratives": [{"text": ref}]},
        }
        with database.transaction() as session:
            (stored,) = store_batch(
                session, [Incoming(document, known, [], "scope all")], source="feed:1", run_id=None, actor=TEST,
                now=utcnow(),
            )  # fmt: skip
        return stored.programme_id

    id_ = store("XX-DONOR", None)
    with database.transaction() as session:
        update_programme(session, TEST, id_, {"visibility": "private"}, None)
        assert session.get_one(Programme, id_).reporting_organisation_id == donor.organisation_id
    assert holders(followers, f"programmes/{id_}") == {"donor", "staff"}
    store("XX-AGENCY", id_)
    assert holders(followers, f"programmes/{id_}") == {"agency", "staff"}
    assert last(followers["donor"]) == ("casa.programme.hidden", True)


def test_needs_and_offers_are_their_owners_until_opened_and_hide_again(
    sqlite_app: RegistryFlask, sqlite_followers: dict[str, Follower]
) -> None:
    database, everybody = sqlite_app.database, set(sqlite_followers)
    kenya = actor_for(sqlite_followers["kenya"].user)  # type: ignore[attr-defined]
    donor = actor_for(sqlite_followers["donor"].user)  # type: ignore[attr-defined]
    with database.transaction() as session:
        need = needs.create_need(session, kenya, matching.need_form(visibility="public")).id or 0
        offer = offers.create_offer(session, donor, matching.offer_form(donor.organisation_id or 0)).id or 0
    assert holders(sqlite_followers, f"needs/{need}") == {"kenya", "staff"}
    assert holders(sqlite_followers, f"offers/{offer}") == {"donor", "staff"}
    with database.transaction() as session:
        needs.open_need(session, kenya, need, None)
        offers.open_offer(session, donor, offer, None)
    assert holders(sqlite_followers, f"needs/{need}") == holders(sqlite_followers, f"offers/{offer}") == everybody
    with database.transaction() as session:
        needs.update_need(session, kenya, need, {"visibility": "members"}, None)
        offers.update_offer(session, donor, offer, {"visibility": "private"}, None)
    assert holders(sqlite_followers, f"needs/{need}") == everybody - {"anybody"}
    assert holders(sqlite_followers, f"offers/{offer}") == {"donor", "staff"}
    assert {event["type"] for event in sqlite_followers["anybody"].seen if event["data"].get("tombstone")} == {
        "casa.need.hidden", "casa.offer.hidden"
    }  # fmt: skip
    with database.transaction() as session:
        needs.withdraw_need(session, kenya, need, {"reason": "met otherwise"}, None)
    assert holders(sqlite_followers, f"needs/{need}") == everybody - {"anybody"}, "withdrawn is a state, not an absence"
