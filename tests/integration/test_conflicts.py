"""Where sources disagree: conflicts open, a person decides once, and only something new is asked again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.accounts.models import User
from registry.catalogue.conflicts import deciding, disagreement, listing
from registry.catalogue.editing import release_fields, update_programme
from registry.catalogue.models import Organisation, OrganisationIdentifier, Programme
from registry.catalogue.programmes import Incoming, get_programme, store_batch
from registry.catalogue.provenance import sources_of
from registry.catalogue.same_as.judging import judge, judge_records
from registry.catalogue.upkeep import look_after
from registry.errors import Conflict, InvalidInput, NotAllowed, NotFound, VersionMismatch
from registry.events.models import Event

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HERE = system("test")
E: Any = Event
P: Any = Programme


def document(ref: str, **more: Any) -> dict[str, Any]:
    return {
        "iati_identifier": ref,
        "language": "en",
        "title": [{"text": "Marking in Mali", "lang": "en"}],
        "reporting_org": {"ref": "XM-EX-1", "narratives": [{"text": "Example Agency"}]},
        "status": "2",
        "dates": [{"type": "2", "date": "2024-03-01"}],
        "countries": [{"code": "ML"}],
        "budgets": [{"value": {"amount": 100_000_00, "currency": "USD", "value_date": "2024-03-01"}}],
        **more,
    }


class World:
    """A programme that two feeds bring, and the means to let either of them say something else."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ids = [self.say("feed:1", None), self.say("feed:2", None)]
        self.look()

    def say(self, source: str, programme_id: int | None, days: int = 0, **more: Any) -> int:
        incoming = Incoming(document("XM-EX-1-7", **more), programme_id, ["marking"], "scope all")
        stored = store_batch(
            self.session, [incoming], source=source, run_id=1, actor=HERE, now=NOW + timedelta(days=days)
        )
        self.session.expire_all()
        return stored[0].programme_id

    def first(self, **more: Any) -> None:
        self.say("feed:1", self.ids[0], 1, **more)
        self.look()

    def second(self, **more: Any) -> None:
        self.say("feed:2", self.ids[1], 1, **more)
        self.look()

    def look(self) -> None:
        look_after(self.session, "programme", self.ids, HERE, NOW)
        self.session.expire_all()

    def conflicts(self, state: str | None = "open", actor: Actor = HERE) -> dict[str, dict[str, Any]]:
        return {item["field"]: item for item in listing.list_conflicts(self.session, actor, state=state).items}

    def decide(self, actor: Actor, field: str, decision: str | None, side: int | None = None) -> dict[str, Any]:
        item = self.conflicts(None)[field]
        form = {"decision": decision, "side": side, "reason": "asked the partner"}
        deciding.decide(self.session, actor, item["id"], form, item["version"], NOW)
        return self.conflicts(None)[field]

    def value(self, field: str) -> Any:
        return get_programme(self.session, HERE, self.ids[0])[1].get(field)


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


@pytest.fixture
def coordinator(session: Session) -> Actor:
    user = User(email="c@example.org", name="C", role="coordinator", password_hash="x", session_key="x")
    session.add(user)
    session.flush()
    return Actor("coordinator", user.id, label=f"user:{user.id}")


def test_sources_that_agree_make_no_conflict(world: World) -> None:
    assert world.conflicts(None) == {}
    other_words = [{"text": "marking, in MALI!", "lang": "en"}, {"text": "Marquage", "lang": "fr"}]
    nearly = [{"value": {"amount": 100_900_00, "currency": "USD", "value_date": "2024-03-01"}}]
    world.second(title=other_words, budgets=nearly, dates=[{"type": "1", "date": "2024-03-01"}], status=None)
    assert world.conflicts(None) == {}, "case, punctuation, another language, rounding and silence are no disagreement"


def test_each_field_that_matters_is_compared(world: World) -> None:
    world.second(
        title=[{"text": "Marking in Niger", "lang": "en"}],
        status="3",
        dates=[{"type": "2", "date": "2024-04-01"}],
        countries=[{"code": "ML"}, {"code": "NE"}],
        budgets=[{"value": {"amount": 100_000_00, "currency": "EUR", "value_date": "2024-03-01"}}],
    )
    assert world.conflicts().keys() == set(disagreement.FIELDS)
    countries = world.conflicts()["countries"]
    assert [side["gist"] for side in countries["sides"]] == [["MLI"], ["MLI", "NER"]]
    assert [side["source"] for side in countries["sides"]] == ["feed:1", "feed:2"]
    assert countries["programme_id"] == world.ids[0], "it stands with the record whose value is in force"
    world.second()
    assert world.conflicts() == {} and {item["state"] for item in world.conflicts(None).values()} == {"gone"}
    told = world.session.execute(select(E.type, E.visibility).where(E.kind == "conflict").order_by(E.id)).all()
    assert [tuple(row) for row in told] == [("conflict.opened", "private")] * 5 + [("conflict.gone", "private")] * 5


def test_a_decision_is_remembered_until_something_new_is_said(world: World, coordinator: Actor) -> None:
    world.second(status="3")
    kept = world.decide(coordinator, "status", "keep")
    assert (kept["state"], kept["decision"], kept["reason"]) == ("decided", "keep", "asked the partner")
    world.look()
    world.second(status="3", title=[{"text": "Another", "lang": "en"}])
    assert world.conflicts().keys() == {"title"}
    world.second(status="2")
    world.second(status="3")
    assert world.conflicts() == {}, "what was judged is not asked again"
    world.second(status="4")
    assert world.conflicts().keys() == {"status"}, "a value that nobody has judged is"
    world.decide(coordinator, "status", "both")
    world.first(status="5")
    assert world.conflicts()["status"]["sides"][0]["gist"] == "5"


def test_taking_the_others_value_is_an_edit_and_can_be_taken_back(world: World, coordinator: Actor) -> None:
    world.second(status="3")
    taken = world.decide(coordinator, "status", "take", 1)
    assert world.value("status") == "3" and taken["state"] == "decided"
    with pytest.raises(Conflict):
        world.decide(coordinator, "status", "keep")
    world.look()
    assert world.conflicts() == {}
    back = world.decide(coordinator, "status", None)
    assert world.value("status") == "2" and (back["state"], back["decision"]) == ("open", None)
    assert sources_of(world.session, HERE, world.ids[0]).records[0].leading
    with pytest.raises(InvalidInput):
        world.decide(coordinator, "status", "take", 7)
    with pytest.raises(Conflict):
        world.decide(coordinator, "status", None)


def test_a_persons_edit_wins_and_what_the_feed_says_later_is_kept_beside_it(world: World, coordinator: Actor) -> None:
    update_programme(world.session, coordinator, world.ids[0], {"document": {"status": "4"}}, None, now=NOW)
    world.look()
    assert world.conflicts() == {}, "who wrote over it has seen what both feeds say"
    world.first(status="2", description=None)
    assert world.conflicts() == {}, "the feed says what it said when the person wrote over it"
    world.first(status="3")
    asked = world.conflicts()["status"]
    assert [(side["source"], side["gist"]) for side in asked["sides"]] == [("person", "4"), ("feed:1", "3"),
                                                                           ("feed:2", "2")]  # fmt: skip
    assert world.value("status") == "4"
    field = next(each for each in sources_of(world.session, ANONYMOUS, world.ids[0]).fields if each.name == "status")
    assert field.in_force and (field.in_force.value, field.in_force.source, field.in_force.priority) == (
        "4", "person", 100)  # fmt: skip
    assert field.in_force.user_id is None, "whose edit it is, is not everybody's business"
    assert [(said.source, said.value, said.at.day) for said in field.others] == [
        ("feed:1", "3", 21), ("feed:2", "2", 20)]  # fmt: skip
    world.decide(coordinator, "status", "take", 1)
    assert (
        world.value("status") == "3"
        and get_programme(world.session, HERE, world.ids[0])[2]["status"].source == "feed:1"
    )
    world.decide(coordinator, "status", None)
    assert world.value("status") == "4" and world.conflicts().keys() == {"status"}
    edit = get_programme(world.session, HERE, world.ids[0])[2]["status"]
    assert (edit.source, edit.user_id, edit.at) == ("person", coordinator.user_id, NOW), "the edit as it was"


def test_an_edited_field_of_any_kind_is_watched_on_its_own_record(world: World, coordinator: Actor) -> None:
    update_programme(world.session, coordinator, world.ids[0], {"document": {"scope": "4"}}, None, now=NOW)
    world.first(scope="2")
    assert world.conflicts().keys() == {"scope"}
    release_fields(world.session, coordinator, world.ids[0], ["scope"], None, NOW)
    world.look()
    assert world.conflicts() == {} and world.value("scope") == "2"


def test_judgements_stay_with_the_programme_whichever_record_leads(world: World, coordinator: Actor) -> None:
    world.second(status="3")
    world.decide(coordinator, "status", "both")
    update_programme(world.session, coordinator, world.ids[0], {"visibility": "private"}, None, now=NOW)
    world.look()
    update_programme(world.session, coordinator, world.ids[0], {"visibility": "public"}, None, now=NOW)
    world.look()
    assert world.conflicts() == {}


def test_records_that_are_taken_apart_no_longer_disagree(world: World, coordinator: Actor) -> None:
    world.second(status="3")
    data = {"kind": "programme", "first_id": world.ids[0], "second_id": world.ids[1], "verdict": "different",
            "reason": ""}  # fmt: skip
    judged = judge_records(world.session, coordinator, data, NOW)
    world.look()
    assert world.conflicts() == {}
    judge(world.session, coordinator, judged.pair.id or 0, None, "", None, NOW)
    world.look()
    assert world.conflicts().keys() == {"status"}


def test_a_hidden_records_words_are_shown_to_nobody_else(world: World, coordinator: Actor) -> None:
    update_programme(
        world.session, coordinator, world.ids[1], {"visibility": "private", "document": {"status": "6"}}, None, now=NOW
    )
    world.look()
    assert world.conflicts() == {}
    assert [r.id for r in sources_of(world.session, ANONYMOUS, world.ids[0]).records] == [world.ids[0]]
    assert len(sources_of(world.session, coordinator, world.ids[0]).records) == 2


def test_conflicts_are_the_owners_and_the_coordinators(world: World, session: Session) -> None:
    world.second(status="3")
    owner = session.execute(select(P.reporting_organisation_id).where(P.id == world.ids[0])).scalar_one()
    other = Organisation(name="Other")
    session.add(other)
    session.flush()
    session.add(OrganisationIdentifier(organisation_id=other.id or 0, value="XM-OTHER"))
    user = User(
        email="a@example.org", name="A", role="agency", organisation_id=owner, password_hash="x", session_key="x"
    )
    session.add(user)
    session.flush()
    mine, theirs = Actor("agency", user.id, organisation_id=owner), Actor("agency", user.id, organisation_id=other.id)
    assert world.conflicts("open", mine).keys() == {"status"}
    assert listing.conflict_counts(session, mine) == {"open": 1, "decided": 0, "gone": 0}
    assert world.conflicts("open", theirs) == {} == world.conflicts("open", ANONYMOUS)
    item = world.conflicts()["status"]
    form = {"decision": "both", "side": None, "reason": ""}
    with pytest.raises(NotFound):
        deciding.decide(session, theirs, item["id"], form, None, NOW)
    with pytest.raises(VersionMismatch):
        deciding.decide(session, mine, item["id"], form, 99, NOW)
    assert deciding.decide(session, mine, item["id"], form, item["version"], NOW).state == "decided"
    assert not issubclass(NotFound, NotAllowed)


GISTS = st.one_of(
    st.none(),
    st.fixed_dictionaries({}, optional={"en": st.text(max_size=8), "fr": st.text(max_size=8)}).filter(bool),
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a loaded machine the first text takes a moment
@given(GISTS, GISTS)
def test_disagreement_is_mutual_and_nobody_disagrees_with_himself(first: Any, second: Any) -> None:
    assert disagreement.disagree("title", first, second) == disagreement.disagree("title", second, first)
    assert not disagreement.disagree("title", first, first)
    if disagreement.disagree("title", first, second):
        assert disagreement.key("title", first) != disagreement.key("title", second)
