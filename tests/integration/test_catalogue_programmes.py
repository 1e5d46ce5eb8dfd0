"""Programmes from feeds and from people, on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.accounts.models import AuditEntry, User
from registry.catalogue import search
from registry.catalogue.editing import archive_programme, create_programme, release_fields, update_programme
from registry.catalogue.history import versions
from registry.catalogue.models import (
    Organisation,
    OrganisationIdentifier,
    Programme,
    ProgrammeDocument,
    ProgrammeFacet,
)
from registry.catalogue.programmes import Incoming, Stored, archive, get_programme, store_batch
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound, VersionMismatch
from registry.events.models import Event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = system("feed:1 run:1")
P: Any = Programme
E: Any = Event


def document(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "iati_identifier": f"XM-EX-1-P{number}",
        "language": "en",
        "reporting_org": {"ref": "XM-EX-1", "type": "40", "narratives": [{"text": "Example Agency", "lang": "en"}]},
        "title": [{"text": f"Stockpile programme {number}", "lang": "en"}],
        "status": "2",
        "countries": [{"code": "ML", "percentage": 100}],
        "participating_orgs": [{"role": "4", "narratives": [{"text": "Comité local"}]}],
        **more,
    }


def store(session: Session, *documents: dict[str, Any], ids: list[int] | None = None, **more: Any) -> list[Stored]:
    known: list[int | None] = list(ids or [None] * len(documents))
    incoming = [Incoming(d, i, ["stockpile"], "scope all") for d, i in zip(documents, known, strict=True)]
    options = {"source": "feed:1", "run_id": 1, "actor": FEED, "now": NOW, **more}
    stored = store_batch(session, incoming, **options)
    session.expire_all()
    return stored


def events(session: Session) -> list[tuple[str, int, int]]:
    session.flush()
    rows = session.execute(select(E.type, E.record_id, E.record_version).where(E.kind == "programme").order_by(E.id))
    return [tuple(row) for row in rows]  # type: ignore[misc]


def found(session: Session, query: str) -> set[int]:
    return set(session.execute(search.matching_ids("programme", query)).scalars())


@pytest.fixture
def agency(session: Session) -> Actor:
    organisation = Organisation(name="Own Agency", kind="40")
    session.add(organisation)
    session.flush()
    user = User(
        email="a@example.org",
        name="A",
        role="agency",
        organisation_id=organisation.id,
        password_hash="x",
        session_key="x",
    )
    session.add_all([user, OrganisationIdentifier(organisation_id=organisation.id or 0, value="XM-OWN-1")])
    session.flush()
    return Actor("agency", user.id, organisation_id=organisation.id, label=f"user:{user.id}")


@pytest.fixture
def coordinator(session: Session) -> Actor:
    user = User(email="c@example.org", name="C", role="coordinator", password_hash="x", session_key="x")
    session.add(user)
    session.flush()
    return Actor("coordinator", user.id, label=f"user:{user.id}")


def test_a_batch_is_stored_whole(session: Session) -> None:
    first, second = store(session, document(1), document(2, countries=[{"code": "NE"}]))
    assert (first.outcome, second.outcome) == ("created", "created")
    programme, effective, provenance = get_programme(session, ANONYMOUS, first.programme_id)
    assert programme.title == "Stockpile programme 1"
    assert programme.countries == "MLI"
    assert programme.source == "feed:1"
    assert effective == document(1)
    assert provenance["title"].source == "feed:1"
    assert provenance["title"].at == NOW
    assert found(session, "comité local") == {first.programme_id, second.programme_id}
    assert found(session, "尼日尔") == {second.programme_id}
    assert events(session) == [
        ("programme.created", first.programme_id, 1),
        ("programme.created", second.programme_id, 1),
    ]


def test_an_organisation_with_a_reference_is_entered_once_and_one_without_never(session: Session) -> None:
    store(session, document(1))
    store(session, document(2))
    assert session.execute(select(Organisation.name)).scalars().all() == ["Example Agency"]
    facets = session.execute(
        select(ProgrammeFacet.value).where(ProgrammeFacet.facet == "organisation").distinct()  # type: ignore[arg-type]
    ).scalars()
    organisation = session.execute(select(Organisation.id)).scalar_one()
    assert set(facets) == {str(organisation), "name:comite local"}


def test_a_feed_adds_to_an_organisation_but_changes_nothing_a_person_wrote(session: Session) -> None:
    store(session, document(1))
    organisation = session.execute(select(Organisation)).scalar_one()
    organisation.name, organisation.kind = "Corrected name", "22"
    session.flush()
    reporting = {
        "ref": " xm-ex-1",
        "type": "10",
        "narratives": [{"text": "Agence", "lang": "fr"}, {"text": "X", "lang": "en"}],
    }
    store(session, document(2, reporting_org=reporting))
    organisation = session.execute(select(Organisation)).scalar_one()
    assert (organisation.name, organisation.kind) == ("Corrected name", "22")
    assert organisation.names == {"en": "Example Agency", "fr": "Agence"}
    assert set(session.execute(search.matching_ids("organisation", "agence")).scalars()) == {organisation.id}


def test_the_same_document_again_writes_nothing(session: Session) -> None:
    (stored,) = store(session, document(1))
    before = events(session)
    (again,) = store(session, document(1), ids=[stored.programme_id], now=NOW + timedelta(days=1))
    assert again == Stored(stored.programme_id, "unchanged")
    assert events(session) == before
    assert session.get_one(Programme, stored.programme_id).version == 1


def test_a_changed_document_changes_row_facets_search_and_history(session: Session) -> None:
    (stored,) = store(session, document(1))
    changed = document(
        1, title=[{"text": "Marking programme", "lang": "en"}], countries=[{"code": "NE"}, {"code": "BF"}]
    )
    (again,) = store(session, changed, ids=[stored.programme_id], now=NOW + timedelta(days=1))
    assert again.outcome == "updated"
    programme = session.get_one(Programme, stored.programme_id)
    assert (programme.version, programme.title, programme.countries) == (2, "Marking programme", "BFA NER")
    assert programme.created_at == NOW
    countries = select(ProgrammeFacet.value).where(ProgrammeFacet.facet == "country")  # type: ignore[arg-type]
    assert set(session.execute(countries).scalars()) == {"NER", "BFA"}
    assert found(session, "stockpile") == set()
    (step,) = versions(session, "programme", stored.programme_id)
    assert set(step.changes) == {"title", "countries"}
    assert step.actor == "feed:1 run:1"
    assert events(session)[-1] == ("programme.updated", stored.programme_id, 2)


def test_an_archived_programme_leaves_lists_and_comes_back_with_its_history(session: Session) -> None:
    (stored,) = store(session, document(1))
    assert archive(session, [stored.programme_id], "gone from its source", FEED, NOW) == 1
    assert archive(session, [stored.programme_id], "again", FEED, NOW) == 0
    session.expire_all()
    programme, _, _ = get_programme(session, ANONYMOUS, stored.programme_id)
    assert programme.archived_reason == "gone from its source"
    assert found(session, "stockpile") == set()
    assert session.execute(select(func.count()).select_from(ProgrammeFacet)).scalar_one() == 0
    (again,) = store(session, document(1), ids=[stored.programme_id])
    assert again.outcome == "revived"
    assert found(session, "stockpile") == {stored.programme_id}
    assert session.get_one(Programme, stored.programme_id).archived_at is None
    assert [step.version for step in versions(session, "programme", stored.programme_id)] == [3, 2]
    assert [type_ for type_, _, _ in events(session)] == [
        "programme.created",
        "programme.archived",
        "programme.revived",
    ]


def test_a_persons_value_lies_over_the_feeds_until_released(session: Session, coordinator: Actor) -> None:
    (stored,) = store(session, document(1))
    id_ = stored.programme_id
    title = [{"text": "Better title", "lang": "en"}]
    assert update_programme(session, coordinator, id_, {"document": {"title": title, "status": None}}, 1) == 2
    programme, effective, provenance = get_programme(session, ANONYMOUS, id_)
    assert programme.title == "Better title"
    assert "status" not in effective
    assert provenance["title"].source == "person"
    assert provenance["title"].user_id == coordinator.user_id
    assert provenance["countries"].source == "feed:1"
    # the feed goes on, and its other fields come through
    store(session, document(1, title=[{"text": "Feed's new title"}], scope="4"), ids=[id_])
    programme, effective, _ = get_programme(session, ANONYMOUS, id_)
    assert programme.title == "Better title"
    assert effective["scope"] == "4"
    assert found(session, "better") == {id_}
    release_fields(session, coordinator, id_, ["title"], programme.version)
    programme, effective, provenance = get_programme(session, ANONYMOUS, id_)
    assert programme.title == "Feed's new title"
    assert provenance["title"].source == "feed:1"
    assert "status" not in effective


def test_a_persons_themes_stay_when_the_feed_comes_again(session: Session, coordinator: Actor) -> None:
    (stored,) = store(session, document(1))
    update_programme(session, coordinator, stored.programme_id, {"themes": ["marking"]}, 1)
    (again,) = store(session, document(1), ids=[stored.programme_id])
    assert again.outcome == "unchanged"
    (again,) = store(session, document(1, scope="4"), ids=[stored.programme_id])
    assert again.outcome == "updated"
    assert session.get_one(Programme, stored.programme_id).themes == "marking"


def test_what_names_a_feeds_programme_cannot_be_edited(session: Session, coordinator: Actor) -> None:
    (stored,) = store(session, document(1))
    with pytest.raises(InvalidInput) as caught:
        update_programme(session, coordinator, stored.programme_id, {"document": {"iati_identifier": "Y"}}, 1)
    assert set(caught.value.fields) == {"document.iati_identifier"}


def test_an_agency_enters_changes_and_withdraws_its_own_programme(session: Session, agency: Actor) -> None:
    id_ = create_programme(session, agency, {"document": {"title": [{"text": "Ours"}]}, "themes": ["marking"]})
    programme, effective, provenance = get_programme(session, ANONYMOUS, id_)
    assert programme.reporting_organisation_id == agency.organisation_id
    assert effective["reporting_org"]["ref"] == "XM-OWN-1"
    assert programme.iati_identifier.startswith("CASA-")
    assert provenance["title"].source == "person"
    assert update_programme(session, agency, id_, {"document": {"status": "3"}}, 1) == 2
    assert update_programme(session, agency, id_, {"document": {"status": "3"}}, 2) == 2, (
        "nothing changed, nothing written"
    )
    full = {"title": [{"text": "Ours anew"}], "reporting_org": effective["reporting_org"]}
    assert update_programme(session, agency, id_, {"document": full}, 2, replace=True) == 3
    programme, effective, _ = get_programme(session, ANONYMOUS, id_)
    assert "status" not in effective
    assert effective["iati_identifier"] == programme.iati_identifier
    assert programme.themes == ""
    archive_programme(session, agency, id_, "entered twice", 3)
    with pytest.raises(Conflict):
        update_programme(session, agency, id_, {"document": {"status": "2"}}, None)
    session.flush()
    assert [type_ for type_, _, _ in events(session)] == [
        "programme.created", "programme.updated", "programme.updated", "programme.archived"
    ]  # fmt: skip


def test_the_second_of_two_editors_is_told(session: Session, agency: Actor) -> None:
    id_ = create_programme(session, agency, {"document": {"title": [{"text": "Ours"}]}})
    update_programme(session, agency, id_, {"document": {"status": "2"}}, 1)
    with pytest.raises(VersionMismatch) as caught:
        update_programme(session, agency, id_, {"document": {"status": "3"}}, 1)
    assert caught.value.current == 2


def test_others_may_not_write_and_private_programmes_are_not_there_for_them(
    session: Session, agency: Actor, coordinator: Actor
) -> None:
    (feeds,) = store(session, document(1))
    own = create_programme(session, agency, {"document": {"title": [{"text": "Ours"}]}, "visibility": "private"})
    with pytest.raises(NotAllowed):
        update_programme(session, agency, feeds.programme_id, {"document": {"status": "3"}}, None)
    with pytest.raises(NotAuthenticated):
        create_programme(session, ANONYMOUS, {"document": {"title": [{"text": "x"}]}})
    with pytest.raises(NotFound):
        get_programme(session, ANONYMOUS, own)
    with pytest.raises(NotFound):
        update_programme(session, Actor("donor", 9, organisation_id=0), own, {"document": {"status": "3"}}, None)
    assert get_programme(session, agency, own)[0].id == own
    assert get_programme(session, coordinator, own)[0].id == own


def test_an_unknown_programme_is_an_error(session: Session) -> None:
    with pytest.raises(NotFound):
        store(session, document(1), ids=[99])


def test_a_batch_lost_half_way_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        store(session, document(1))
        raise ZeroDivisionError
    with database.reading() as session:
        for model in (Programme, ProgrammeDocument, ProgrammeFacet, Event, AuditEntry, Organisation):
            assert session.execute(select(model)).first() is None
        assert found(session, "stockpile") == set()


def test_a_batch_is_audited_once(database: Database) -> None:
    with database.transaction() as session:
        store(session, document(1), document(2))
    with database.reading() as session:
        (entry,) = session.execute(select(AuditEntry)).scalars()
        assert (entry.action, entry.subject, entry.actor) == ("programme.store", "feed:1", "feed:1 run:1")
