"""A small world for the tests of pages: people of every role, programmes, needs, offers, an assessment, a feed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts.models import Notice
from registry.alerts.searches import save_search
from registry.catalogue import editing
from registry.catalogue.models import Organisation, Participation, StateFact
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.rows import sort_key
from registry.catalogue.upkeep import look_after
from registry.compliance import assessments, library
from registry.compliance.contacts import service as contacts
from registry.db import Database
from registry.matching import needs, offers
from registry.matching.ledger.proposing import propose
from registry.matching.models import ExemptionCase
from registry.matching.rounds import service as rounds
from registry.reporting import service as reports
from registry.settings import Settings, data_path
from registry.sync.feeds import create_feed
from registry.sync.models import FeedRecord, Hold, Run
from registry.webhooks.models import Delivery, DeliveryAttempt
from registry.webhooks.subscriptions import create_subscription
from tests.support.people import make_user
from tests.support.web_listed import add_listed

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TEST = system("test")


@dataclass
class World:
    """Ids of what was made."""

    people: dict[str, User] = field(default_factory=dict)
    organisation: int = 0
    programme: int = 0
    need: int = 0
    draft: int = 0
    offer: int = 0
    assessment: int = 0
    round: int = 0
    """Of two scenarios, both solved"""
    feed: int = 0
    run: int = 0
    subscription: int = 0
    """The coordinator's, with one message that failed"""


def document(number: int, **changed: Any) -> dict[str, Any]:
    """A programme's document that has something of everything a page shows."""
    year = 2022 + number % 4
    return {
        "iati_identifier": f"XX-TEST-{number}",
        "language": "en",
        "currency": "EUR",
        "reporting_org": {"ref": "XX-TEST", "type": "40", "narratives": [{"text": "Peace Works"}]},
        "title": [
            {"text": f"Safer stockpiles, phase {number}", "lang": "en"},
            {"text": f"Des stocks plus sûrs, phase {number}", "lang": "fr"},
        ],
        "descriptions": [{"type": "1", "narratives": [{"text": "Stores are repaired and guarded.", "lang": "en"}]}],
        "participating_orgs": [
            {"ref": "XX-GIVE", "role": "1", "narratives": [{"text": "Generous Fund"}]},
            {"role": "4", "narratives": [{"text": "Comité local", "lang": "fr"}]},
        ],
        "status": "2",
        "dates": [
            {"type": "1", "date": f"{year}-01-01"},
            {"type": "2", "date": f"{year}-03-01"},
            {"type": "3", "date": f"{year + 2}-12-31"},
        ],
        "countries": [{"code": "KE", "percentage": 60}, {"code": "UG", "percentage": 40}],
        "locations": [{"ref": "nbo", "name": [{"text": "Nairobi"}], "lat": -1.29, "lon": 36.82}],
        "sectors": [{"vocabulary": "1", "code": "15240", "percentage": 100}],
        "policy_markers": [{"vocabulary": "1", "code": "1", "significance": "1"}],
        "budgets": [
            {
                "type": "1",
                "status": "1",
                "period_start": f"{year}-01-01",
                "period_end": f"{year}-12-31",
                "value": {"amount": 50_000_000, "currency": "EUR", "value_date": f"{year}-01-01"},
            },
            {
                "type": "1",
                "status": "1",
                "period_start": f"{year + 1}-01-01",
                "period_end": f"{year + 1}-12-31",
                "value": {"amount": 25_000_000, "currency": "EUR", "value_date": f"{year + 1}-01-01"},
            },
        ],
        "transactions": [
            {
                "type": "2",
                "date": f"{year}-02-01",
                "value": {"amount": 75_000_000, "currency": "EUR", "value_date": f"{year}-02-01"},
            },
            {
                "type": "3",
                "date": f"{year}-06-01",
                "value": {"amount": 20_000_000, "currency": "EUR", "value_date": f"{year}-06-01"},
                "description": [{"text": "First tranche"}],
            },
        ],
        "documents": [
            {
                "url": "https://example.org/report.pdf",
                "format": "application/pdf",
                "title": [{"text": "Final report"}],
                "categories": ["A01"],
                "languages": ["en"],
            },
            {"url": "javascript:alert(1)", "title": [{"text": "Not a link"}]},
        ],
        "related_activities": [{"ref": f"XX-TEST-{number + 1}", "type": "3"}],
        "results": [
            {
                "type": "1",
                "title": [{"text": "Stores are safe"}],
                "indicators": [
                    {
                        "measure": "1",
                        "title": [{"text": "Stores with a fence"}],
                        "baselines": [{"year": "2021", "value": "2"}],
                        "periods": [
                            {
                                "start": f"{year}-01-01",
                                "end": f"{year}-12-31",
                                "targets": [{"value": "10"}],
                                "actuals": [{"value": "7", "dimensions": [{"name": "type", "value": "police"}]}],
                            },
                            {"start": f"{year + 1}-01-01", "end": f"{year + 1}-12-31", "targets": [{"value": "20"}]},
                        ],
                    }
                ],
            }
        ],
        **changed,
    }


NEED = {
    "title": "Marking machines for the police",
    "description": "Two thirds of the police's weapons carry no mark.",
    "themes": ["marking"],
    "lines": [
        {"type": "equipment", "description": "Machines", "money": {"amount": 100_000_00, "currency": "USD"}},
        {"type": "training", "description": "Operators", "quantity": 40, "unit": "officers"},
    ],
    "window_start": "2027-01-01",
    "window_end": "2028-06-30",
    "priority": "high",
    "visibility": "public",
    "endorsing_authority": "National focal point on small arms",
}
OFFER = {
    "title": "Grants for marking in Eastern Africa",
    "description": "Machines, training of operators and record-keeping.",
    "types": ["equipment", "funding"],
    "themes": ["marking"],
    "places": ["014"],
    "budget": 500_000_00,
    "min_grant": 10_000_00,
    "max_grant": 120_000_00,
    "currency": "USD",
    "window_start": "2026-06-01",
    "window_end": "2029-12-31",
}


CONTACT = {
    "office": "Office of small arms", "email": "arms@ministry.example", "instruments": ["poa"], "source": "itself"
}  # fmt: skip


def build(database: Database, programmes: int = 30) -> World:
    """Fill an empty database."""
    world = World()
    with database.transaction() as session:
        giver = Organisation(name="Generous Fund", sort_name=sort_key("Generous Fund"), kind="60", acronym="GF")
        session.add(giver)
        session.flush()
        world.organisation = giver.id or 0
        library.load(session, TEST, library.standard_files([data_path("standards")]))
    for name, role in (
        ("state", "state"),
        ("reviewer", "state"),
        ("donor", "donor"),
        ("coordinator", "coordinator"),
        ("admin", "admin"),
    ):
        organisation = world.organisation if role == "donor" else None
        world.people[name] = make_user(database, role, organisation_id=organisation, email=f"{name}@example.org")
    world.people["other"] = make_user(database, "state", state="UGA", email="other@example.org")
    with database.transaction() as session:
        _fill(session, world, programmes)
        session.add(
            ExemptionCase(
                need_id=world.need, offer_id=world.offer, state="KEN", organisation_id=world.organisation,
                regime="un-south-sudan", exemption="committee", created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        reports.begin(session, acting(world, "state"), {"template": "poa-iti"}, NOW)
        propose(session, TEST, {"need_id": world.need, "offer_id": world.offer, "amount": 40_000_00}, NOW)
        world.round = rounds.open_round(session, TEST, "Autumn meeting", ["none", "country"], NOW).id or 0
    rounds.work_off(database, TEST, world.round)
    return world


def acting(world: World, name: str) -> Actor:
    """A person of the world as services see them."""
    return actor_of_user(world.people[name])


def _fill(session: Session, world: World, programmes: int) -> None:
    incoming = [
        Incoming(document(number), None, ["stockpile_mgmt"], 'code 15240 + text "stockpiles"')
        for number in range(programmes)
    ]
    feed = create_feed(
        session,
        TEST,
        {
            "name": "Peace Works: activities",
            "adapter": "iati",
            "url": "http://127.0.0.1:9/a.xml",
            "scope": "relevant",
            "every_minutes": 1440,
            "organisation_id": None,
            "enabled": True,
        },
    )
    world.feed = feed.id or 0
    stored = store_batch(session, incoming, source=f"feed:{world.feed}", run_id=1, actor=TEST, now=NOW)
    if stored:
        world.programme = stored[0].programme_id
        editing.update_programme(
            session, acting(world, "coordinator"), world.programme, {"document": {"status": "3"}}, None
        )
        _reported_again(session, world.programme)
    session.add(Participation(state="KEN", instrument="poa", act="report", on=NOW.date(), source="its report"))
    session.add(StateFact(state="KEN", fact="imports", value=True, source="customs", updated_at=NOW))
    state, donor = acting(world, "state"), acting(world, "donor")
    world.offer = _opened_offer(session, donor)
    need = needs.create_need(session, state, NEED)
    needs.open_need(session, state, need.id or 0, None)
    world.need = need.id or 0
    world.draft = needs.create_need(session, state, {"title": "Not finished yet"}).id or 0
    contacts.enter(session, state, CONTACT)
    assessment = assessments.start(session, state, {"standard": "iti"})
    answers = {"mark-made": "none", "mark-import": "partial", "mark-state": "full"}
    known = {clause: {"value": value} for clause, value in answers.items()}
    assessments.answer(session, state, assessment, {"answers": known, "facts": {"manufactures": True}})
    world.assessment = assessment.id or 0
    _ran(session, world)
    add_listed(session, f"feed:{world.feed}", NOW)
    _subscribed(session, world)
    _told(session, world)


def _reported_again(session: Session, programme_id: int) -> None:
    """Another source brings the first programme too, and says otherwise when it begins."""
    again = document(0, dates=[{"type": "2", "date": "2022-02-01"}])
    stored = store_batch(
        session, [Incoming(again, None, [], "scope all")], source="feed:99", run_id=1, actor=TEST, now=NOW
    )  # fmt: skip
    look_after(session, "programme", [programme_id, stored[0].programme_id], TEST, NOW)


def _opened_offer(session: Session, donor: Actor) -> int:
    offer = offers.create_offer(session, donor, OFFER)
    offers.open_offer(session, donor, offer.id or 0, None)
    return offer.id or 0


def _ran(session: Session, world: World) -> None:
    run = Run(
        feed_id=world.feed,
        trigger="hand",
        status="succeeded",
        stage="settle",
        started_at=NOW,
        heartbeat_at=NOW,
        finished_at=NOW,
        records=32,
        created=30,
        ignored=1,
        quarantined=1,
        bytes=120_000,
        http_status=200,
    )
    session.add(run)
    session.flush()
    world.run = run.id or 0
    for outcome, code in (("ignored", "not_relevant"), ("quarantined", "date")):
        session.add(
            FeedRecord(
                feed_id=world.feed,
                remote_id=f"XX-{outcome}",
                sha256="0" * 64,
                outcome=outcome,
                title=f"One {outcome}",
                reason_code=code,
                reason="the 31st of February",
                line=12,
                run_id=world.run,
                fragment="<iati-activity><script>alert(1)</script></iati-activity>"
                if outcome == "quarantined"
                else None,
            )
        )
    hold = Hold(feed_id=world.feed, run_id=world.run, missing=1, live=1, begun_at=NOW, changed_at=NOW)
    session.add(hold)
    session.flush()
    session.add(
        FeedRecord(
            feed_id=world.feed,
            remote_id="XX-gone",
            sha256="0" * 64,
            outcome="applied",
            title="One that its source lacks",
            programme_id=world.programme or None,
            run_id=world.run,
            missing_since=NOW,
            hold_id=hold.id,
        )
    )
    session.flush()


def _told(session: Session, world: World) -> None:
    """The coordinator saved a search, and has a notice of each kind."""
    coordinator = world.people["coordinator"]
    form = {
        "name": "Marking <b>anywhere</b>", "kind": "need", "q": "marking", "filters": {"state": ["KEN"]},
        "delivery": "in_app",
    }  # fmt: skip
    settings = Settings(secret_key="test-secret-key-not-for-use")
    search = save_search(session, actor_of_user(coordinator), coordinator, form, settings, NOW)
    of_search = [("need", world.need), ("programme", world.programme), ("offer", world.offer)]
    for kind, record_id in [*of_search, ("subscription", world.subscription)]:
        session.add(
            Notice(
                user_id=coordinator.id, key=f"1:{kind}", kind=kind, record_id=record_id, created_at=NOW,
                search_id=None if kind == "subscription" else search.id,
            )
        )  # fmt: skip
    session.flush()


def _subscribed(session: Session, world: World) -> None:
    form = {
        "name": "A <b>dashboard</b>",
        "url": "https://receiver.example/hook",
        "types": ["need.*"],
        "states": ["KEN"],
    }
    settings = Settings(secret_key="test-secret-key-not-for-use")
    subscription, _ = create_subscription(session, TEST, world.people["coordinator"], form, settings, NOW)
    world.subscription = subscription.id or 0
    message = Delivery(
        subscription_id=world.subscription,
        event_uid="0f5c",
        event_type="need.opened",
        subject="needs/1",
        position=1,
        body='{"title": "<script>alert(1)</script>"}',
        status="failed",
        reason="http_status",
        attempts=1,
        next_at=NOW,
        created_at=NOW,
        finished_at=NOW,
    )
    session.add(message)
    session.flush()
    detail = "<script>alert(1)</script>"
    session.add(
        DeliveryAttempt(
            delivery_id=message.id, number=1, at=NOW, milliseconds=12, http_status=500, reason="http_status",
            detail=detail,
        )
    )  # fmt: skip
    session.flush()
