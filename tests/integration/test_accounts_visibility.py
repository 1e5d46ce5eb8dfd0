"""Which rows there are for whom: the conditions for queries say what the policy says of a record at hand."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import case, select
from sqlmodel import Session, SQLModel

from registry.accounts import policy
from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.accounts.models import AuditEntry, IdempotencyKey, Token, User
from registry.catalogue.models import Organisation, Programme
from registry.compliance.models import Assessment, Standard
from registry.db import Database, utcnow
from registry.events.models import Event
from registry.matching.models import Match, Need, Offer
from registry.sync.models import Feed, FeedRecord, Run
from tests.support.people import actor_for, make_user

VISIBILITIES = ("public", "members", "private")


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    donor = make_user(database, "donor")
    users = {
        "Kenya": make_user(database, "state", state="KEN"),
        "Ghana": make_user(database, "state", state="GHA"),
        "donor": donor,
        "colleague": make_user(database, "agency", organisation_id=donor.organisation_id),
        "agency": make_user(database, "agency"),
        "coordinator": make_user(database, "coordinator"),
        "admin": make_user(database, "admin"),
    }
    return {"anonymous": ANONYMOUS, **{name: actor_for(user) for name, user in users.items()}, "cli": system("cli")}


def seen(session: Session, actor: Actor, model: type[SQLModel]) -> list[Any]:
    return list(session.scalars(select(model).where(policy.visible(actor, model)).order_by(model.id)))  # type: ignore[attr-defined]


def needs_offers_programmes(session: Session, organisation_id: int) -> None:
    for visibility in VISIBILITIES:
        for status in ("draft", "open", "closed"):
            session.add(Need(state="KEN", title="Need", status=status, visibility=visibility))
            session.add(Offer(organisation_id=organisation_id, title="Offer", status=status, visibility=visibility))
        for owner in (organisation_id, None):
            session.add(
                Programme(iati_identifier="x", title="x", visibility=visibility, reporting_organisation_id=owner)
            )


def test_queries_and_the_policy_agree_on_every_record(database: Database, people: dict[str, Actor]) -> None:
    organisation_id = people["donor"].organisation_id or 0
    with database.transaction() as session:
        needs_offers_programmes(session, organisation_id)
        session.add(Standard(slug="poa", version="1", sha256="", document="{}", loaded_at=utcnow()))
        session.flush()
        for status in ("draft", "published"):
            session.add(Assessment(state="KEN", standard_id=1, standard="poa", status=status))
    models: Sequence[tuple[str, Any]] = [
        ("need", Need),
        ("offer", Offer),
        ("programme", Programme),
        ("assessment", Assessment),
    ]
    with database.reading() as session:
        for name, actor in people.items():
            for kind, model in models:
                every = session.scalars(select(model).order_by(model.id)).all()
                expected = [record.id for record in every if policy.can(actor, f"{kind}.read", record)]
                found = [record.id for record in seen(session, actor, model)]
                assert found == expected, f"{name} and {kind}"
                # A condition, not only a filter: listings count with it.
                counts = select(case((policy.visible(actor, model), 1), else_=0)).select_from(model)
                assert sum(session.scalars(counts)) == len(expected)


def test_a_match_is_visible_where_both_of_its_sides_are(database: Database, people: dict[str, Actor]) -> None:
    organisation_id = people["donor"].organisation_id or 0
    with database.transaction() as session:
        needs_offers_programmes(session, organisation_id)
        session.flush()
        for need in session.scalars(select(Need)):
            for offer in session.scalars(select(Offer)):
                session.add(
                    Match(need_id=need.id, offer_id=offer.id, score=0.5, weights_version="1", computed_at=utcnow())
                )
    with database.reading() as session:
        for name, actor in people.items():
            needs, offers = ({row.id for row in seen(session, actor, model)} for model in (Need, Offer))
            pairs = {(row.need_id, row.offer_id) for row in seen(session, actor, Match)}
            assert pairs == {(need, offer) for need in needs for offer in offers}, name
        assert len(seen(session, people["anonymous"], Match)) == 4
        assert len(seen(session, people["coordinator"], Match)) == 81


def test_an_unpublished_assessment_leaves_no_trace_for_anybody_else(
    database: Database, people: dict[str, Actor]
) -> None:
    with database.transaction() as session:
        for kind, visibility in (
            ("assessment", "private"),
            ("need", "private"),
            ("need", "members"),
            ("need", "public"),
        ):
            session.add(
                Event(uid=f"{kind} {visibility}", type=f"{kind}.updated", kind=kind, record_id=1, record_version=1,
                      visibility=visibility, state="KEN", data="{}", at=utcnow())
            )  # fmt: skip
    with database.reading() as session:
        found = {name: {event.uid for event in seen(session, actor, Event)} for name, actor in people.items()}
    everything = {"assessment private", "need private", "need members", "need public"}
    assert found["Kenya"] == found["cli"] == everything
    assert found["coordinator"] == found["admin"] == everything - {"assessment private"}
    assert found["Ghana"] == found["donor"] == {"need members", "need public"}
    assert found["anonymous"] == {"need public"}


def test_an_organisations_events_are_its_own_members_to_see(database: Database, people: dict[str, Actor]) -> None:
    with database.transaction() as session:
        session.add(
            Event(uid="1", type="offer.created", kind="offer", record_id=1, record_version=1, visibility="private",
                  organisation_id=people["donor"].organisation_id, data="{}", at=utcnow())
        )  # fmt: skip
    with database.reading() as session:
        having = {name for name, actor in people.items() if seen(session, actor, Event)}
    assert having == {"donor", "colleague", "coordinator", "admin", "cli"}


def test_feeds_are_for_members_and_their_runs_for_staff(database: Database, people: dict[str, Actor]) -> None:
    with database.transaction() as session:
        session.add(Feed(name="f", adapter="iati"))
        session.flush()
        session.add(Run(feed_id=1, trigger="hand", started_at=utcnow(), heartbeat_at=utcnow()))
        session.add(FeedRecord(feed_id=1, remote_id="x", sha256="", outcome="ignored", run_id=1))
    staff = {"coordinator", "admin", "cli"}
    with database.reading() as session:
        for model, expected in ((Feed, set(people) - {"anonymous"}), (Run, staff), (FeedRecord, staff)):
            assert {name for name, actor in people.items() if seen(session, actor, model)} == expected


def test_accounts_and_tokens_are_their_owners_and_the_log_is_the_administrators(
    database: Database, people: dict[str, Actor]
) -> None:
    with database.transaction() as session:
        session.add(
            Token(user_id=people["donor"].user_id or 0, name="t", secret_sha256="", scopes="", created_at=utcnow(),
                  expires_at=utcnow())
        )  # fmt: skip
        session.add(AuditEntry(at=utcnow(), actor="x", action="x", previous_sha256="", sha256=""))
    with database.reading() as session:
        assert not seen(session, people["anonymous"], User)
        assert [user.id for user in seen(session, people["coordinator"], User)] == [people["coordinator"].user_id]
        assert len(seen(session, people["admin"], User)) == 7
        assert {name for name, actor in people.items() if seen(session, actor, Token)} == {"donor", "admin", "cli"}
        assert {name for name, actor in people.items() if seen(session, actor, AuditEntry)} == {"admin", "cli"}
        assert len(seen(session, people["anonymous"], Organisation)) == 2


def test_a_table_without_a_rule_is_shown_to_nobody() -> None:
    with pytest.raises(LookupError):
        policy.visible(system("cli"), IdempotencyKey)
