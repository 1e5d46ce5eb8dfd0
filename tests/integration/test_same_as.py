"""Records that are the same: found, judged, counted once and taken apart again, on both engines."""

import random
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from registry.accounts.actor import ANONYMOUS, Actor, system
from registry.accounts.models import User
from registry.catalogue import listing, organisations
from registry.catalogue.editing import archive_programme, update_programme
from registry.catalogue.history import versions
from registry.catalogue.models import Organisation, OrganisationIdentifier, Programme
from registry.catalogue.programmes import Incoming, store_batch
from registry.catalogue.same_as import blocking
from registry.catalogue.same_as.candidates import find_candidates
from registry.catalogue.same_as.clusters import members_of, set_standing
from registry.catalogue.same_as.estimating import estimate, model_in_force
from registry.catalogue.same_as.judging import judge, judge_records
from registry.catalogue.same_as.models import SameAsKey, SameAsPair
from registry.errors import Conflict, InvalidInput, NotAllowed, VersionMismatch
from registry.events.models import Event

NOW = datetime(2026, 11, 20, tzinfo=UTC)
HERE = system("test")
P: Any = Programme
PAIR: Any = SameAsPair
E: Any = Event


def document(ref: str, title: str, **more: Any) -> dict[str, Any]:
    """A programme of Mali for a million dollars, unless said otherwise."""
    return {
        "iati_identifier": ref,
        "title": [{"text": title, "lang": "en"}],
        "reporting_org": {"ref": "XM-EX-1", "narratives": [{"text": "Example Agency"}]},
        "participating_orgs": [{"role": "1", "ref": "XM-EX-2", "narratives": [{"text": "A Donor"}]}],
        "countries": [{"code": "ML"}],
        "dates": [{"type": "2", "date": "2024-03-01"}],
        "budgets": [{"value": {"amount": 100_000_000, "currency": "USD", "value_date": "2024-03-01"}}],
        **more,
    }


def store(session: Session, source: str, *documents: dict[str, Any], ids: list[int] | None = None) -> list[int]:
    known: list[int | None] = list(ids or [None] * len(documents))
    incoming = [Incoming(d, i, ["marking"], "scope all") for d, i in zip(documents, known, strict=True)]
    stored = store_batch(session, incoming, source=source, run_id=1, actor=HERE, now=NOW)
    session.expire_all()
    return [item.programme_id for item in stored]


def find(session: Session, ids: list[int], kind: str = "programme") -> Any:
    found = find_candidates(session, kind, ids, HERE, NOW)
    session.expire_all()
    return found


def pairs(session: Session) -> dict[tuple[int, int], SameAsPair]:
    session.expire_all()
    return {(p.first_id, p.second_id): p for p in session.execute(select(SameAsPair)).scalars()}


def shown(session: Session, actor: Actor = ANONYMOUS, **filters: Any) -> list[int]:
    asked = listing.Filters(filters.pop("q", ""), filters, filters.pop("duplicates", False))
    return sorted(row.id for row in listing.list_programmes(session, actor, asked).rows)


def places(session: Session) -> dict[int, tuple[int | None, int | None, int]]:
    rows = session.execute(select(P.id, P.cluster_id, P.lead_id, P.sources).order_by(P.id))
    return {id_: (cluster, lead, sources) for id_, cluster, lead, sources in rows}


@pytest.fixture
def coordinator(session: Session) -> Actor:
    user = User(email="c@example.org", name="C", role="coordinator", password_hash="x", session_key="x")
    session.add(user)
    session.flush()
    return Actor("coordinator", user.id, label=f"user:{user.id}")


def say(session: Session, actor: Actor, first: int, second: int, verdict: str, kind: str = "programme") -> SameAsPair:
    data = {"kind": kind, "first_id": first, "second_id": second, "verdict": verdict, "reason": "seen"}
    return judge_records(session, actor, data, NOW).pair


def test_one_identifier_in_two_feeds_is_one_programme(session: Session) -> None:
    (a,) = store(session, "feed:1", document("XM-EX-1-7", "Marking of weapons in Mali"))
    (b,) = store(session, "feed:2", document("xm-ex-1-7", "Marquage des armes", countries=[{"code": "NE"}]))
    assert shown(session) == [a, b]
    found = find(session, [a, b])
    assert (found.found, found.regrouped) == (1, 2)
    pair = pairs(session)[a, b]
    assert (pair.rule, pair.verdict, pair.decided_by) == ("identifier", "same", "rule")
    assert places(session) == {a: (a, None, 2), b: (a, a, 1)}
    assert shown(session) == [a]
    assert shown(session, duplicates=True) == [a, b]
    assert shown(session, source=["feed:2"]) == [a], "the leading record stands for what the other feed brings"
    assert shown(session, q="marquage") == [a], "and is found by the other's words"
    assert shown(session, country=["NER"]) == [], "but says what it says itself"
    assert listing.count_programmes(session, ANONYMOUS, listing.Filters()) == 1
    assert listing.facet_totals(session, ANONYMOUS, listing.Filters(), "country") == {"MLI": 1}
    assert listing.facet_totals(session, ANONYMOUS, listing.Filters(), "source") == {"feed:1": 1, "feed:2": 1}
    filtered = listing.Filters(values={"theme": ["marking"]})
    assert listing.facet_totals(session, ANONYMOUS, filtered, "source") == {"feed:1": 1, "feed:2": 1}
    joined = session.execute(select(E.type, E.record_id, E.record_version).where(E.type == "programme.joined")).all()
    assert sorted(tuple(row) for row in joined) == [("programme.joined", a, 2), ("programme.joined", b, 2)]


def test_an_other_identifier_and_a_third_partys_report_join_too_but_a_parent_does_not(session: Session) -> None:
    a, b, c = store(
        session, "feed:1", document("XM-1", "One"), document("XM-2", "Two"), document("XM-3", "Three")
    )  # fmt: skip
    other = [{"ref": "XM-1", "type": "A9"}]
    third, parent = [{"ref": "XM-2", "type": "5"}], [{"ref": "XM-3", "type": "1"}]
    d, e, f = store(
        session, "feed:2",
        document("YY-1", "Un", other_identifiers=other),
        document("YY-2", "Deux", related_activities=third),
        document("YY-3", "Three", related_activities=parent),
    )  # fmt: skip
    find(session, [a, b, c, d, e, f])
    joined = {pair: found.rule for pair, found in pairs(session).items() if found.verdict}
    assert joined == {(a, d): "other_identifier", (b, e): "other_identifier"}
    assert (c, f) not in pairs(session), "related otherwise, so not the same, however alike"


def test_what_looks_alike_is_suggested_with_its_reasons_and_joined_by_nobody_but_a_person(
    session: Session, coordinator: Actor
) -> None:
    (a,) = store(session, "feed:1", document("XM-1", "Marking and registration of weapons in Mali"))
    (b,) = store(session, "feed:2", document("YY-9", "Mali: marking and registration of weapons"))
    (c,) = store(session, "feed:2", document("YY-10", "Water for schools", countries=[{"code": "PE"}], budgets=[]))
    find(session, [a, b, c])
    assert list(pairs(session)) == [(a, b)]
    pair = pairs(session)[a, b]
    model, label = model_in_force(session, "programme")
    assert pair.verdict is None and pair.model == label and model.band(pair.bits) == "strong"
    assert shown(session) == [a, b, c]
    with pytest.raises(NotAllowed):
        judge(session, Actor("agency", 1, organisation_id=1), pair.id or 0, "same", "", None)
    with pytest.raises(VersionMismatch):
        judge(session, coordinator, pair.id or 0, "same", "", 7)
    assert judge(session, coordinator, pair.id or 0, "same", "same work", 1, NOW).moved == 2
    assert shown(session) == [a, c]
    with pytest.raises(Conflict):
        say(session, coordinator, a, b, "different")


def test_a_judgement_taken_back_restores_everything(session: Session, coordinator: Actor) -> None:
    ids = store(session, "feed:1", *[document(f"XM-{n}", f"Programme number {n}") for n in range(4)])
    find(session, ids)
    listed, placed = shown(session), places(session)
    totals = listing.facet_totals(session, ANONYMOUS, listing.Filters(), "theme")
    first = say(session, coordinator, ids[0], ids[1], "same")
    second = say(session, coordinator, ids[1], ids[3], "same")
    assert shown(session) == [ids[0], ids[2]] and members_of(session, "programme", ids[3]) == [ids[0], ids[1], ids[3]]
    judge(session, coordinator, first.id or 0, None, "", None, NOW)
    assert places(session)[ids[1]] == (ids[1], None, 2)
    judge(session, coordinator, second.id or 0, None, "a slip", None, NOW)
    assert (shown(session), places(session)) == (listed, placed)
    assert listing.facet_totals(session, ANONYMOUS, listing.Filters(), "theme") == totals
    story = [step.changes["verdict"] for step in versions(session, "same_as", second.id or 0)]
    assert story == [["same", None], [None, "same"]]
    with pytest.raises(Conflict):
        judge(session, coordinator, second.id or 0, None, "", None, NOW)


def test_different_is_not_bridged_and_the_contradiction_is_marked(session: Session, coordinator: Actor) -> None:
    a, b, c = store(session, "feed:1", *[document(f"XM-{n}", f"Programme {n}") for n in "abc"])
    find(session, [a, b, c])
    say(session, coordinator, a, b, "same")
    apart = say(session, coordinator, a, c, "different")
    assert shown(session) == [a, c]
    say(session, coordinator, b, c, "same")
    assert shown(session) == [a, b, c], "as long as judgements contradict each other none of them counts"
    assert {pair.contradicted for pair in pairs(session).values()} == {True}
    judge(session, coordinator, apart.id or 0, "unsure", "not so sure", None, NOW)
    assert shown(session) == [a]
    assert {pair.contradicted for pair in pairs(session).values()} == {False}


def test_a_rule_never_overrules_a_person_and_comes_back_when_the_person_does(
    session: Session, coordinator: Actor
) -> None:
    (a,) = store(session, "feed:1", document("XM-1", "One"))
    (b,) = store(session, "feed:2", document("XM-1", "Another"))
    find(session, [a, b])
    pair = pairs(session)[a, b]
    judge(session, coordinator, pair.id or 0, "different", "the number was given twice", None, NOW)
    assert shown(session) == [a, b]
    find_candidates(session, "programme", [a, b], HERE, NOW, anew=True)
    assert pairs(session)[a, b].verdict == "different" and shown(session) == [a, b]
    judge(session, coordinator, pair.id or 0, None, "", None, NOW)
    assert pairs(session)[a, b].decided_by == "rule" and shown(session) == [a]


def test_a_rule_that_no_longer_holds_takes_its_judgement_with_it(session: Session) -> None:
    (a,) = store(session, "feed:1", document("XM-1", "Marking in Mali"))
    (b,) = store(session, "feed:2", document("XM-1", "Destruction of surplus", budgets=[]))
    find(session, [a, b])
    assert shown(session) == [a]
    store(session, "feed:2", document("XM-99", "Destruction of surplus", budgets=[], countries=[]), ids=[b])
    find(session, [b])
    assert shown(session) == [a, b] and not pairs(session)


def test_the_leading_record_is_the_one_whose_source_counts_most(session: Session, coordinator: Actor) -> None:
    (a,) = store(session, "feed:1", document("XM-1", "One"))
    (b,) = store(session, "feed:2", document("XM-1", "One"))
    find(session, [a, b])
    owner = session.execute(select(P.reporting_organisation_id).where(P.id == b)).scalar_one()
    set_standing(session, "feed:2", owner, None, HERE, NOW)
    assert shown(session) == [b], "the reporting organisation's own feed"
    set_standing(session, "feed:1", None, 99, HERE, NOW)
    assert shown(session) == [a], "what a person set"
    update_programme(session, coordinator, a, {"visibility": "private"}, None)
    assert shown(session) == [b], "nobody loses sight of a programme because a hidden record is the same"
    assert shown(session, coordinator) == [b] and shown(session, coordinator, duplicates=True) == [a, b]
    assert places(session)[b] == (a, None, 1), "and the number of records gives the hidden one not away"
    update_programme(session, coordinator, a, {"visibility": "public"}, None)
    archive_programme(session, coordinator, a, "gone", None)
    assert shown(session) == [b], "another takes its place when the leading one goes"


def outcome(session: Session) -> tuple[Any, Any]:
    told = {pair: (found.bits, found.parts, found.rule, found.verdict) for pair, found in pairs(session).items()}
    return told, places(session)


def test_the_order_in_which_records_come_does_not_matter(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("registry.catalogue.same_as.candidates.MOST_IN_BLOCK", 3)
    titles = ["Marking of arms", "Marking of weapons", "Weapons marking", "Marking arms in Mali", "Arms marking works"]
    ids = store(session, "feed:1", *[document(f"XM-{n}", title) for n, title in enumerate(titles)])
    ids += store(session, "feed:2", document("XM-0", "Marquage"), document("YY-0", "Marking of arms"))
    find(session, ids)
    expected = outcome(session)
    assert expected[0] and expected[1][ids[5]] == (ids[0], ids[0], 1)
    session.commit()
    for order in [ids[::-1], [ids[i] for i in (3, 0, 6, 2, 5, 1, 4)], *list(permutations(ids))[100:5040:1700]]:
        for model in (SameAsPair, SameAsKey):
            session.execute(model.__table__.delete())  # type: ignore[attr-defined]
        session.execute(select(func.count()).select_from(Programme))
        find_candidates(session, "programme", ids, HERE, NOW, anew=True)
        session.rollback()
        for model in (SameAsPair, SameAsKey):
            session.execute(model.__table__.delete())  # type: ignore[attr-defined]
        for id_ in order:
            find_candidates(session, "programme", [id_], HERE, NOW, anew=True)
        assert outcome(session) == expected, order
        session.rollback()


def test_the_totals_of_a_cluster_are_the_leading_records(session: Session, coordinator: Actor) -> None:
    ids = store(session, "feed:1", *[document(f"XM-{n}", f"Programme {n}") for n in range(3)])
    dollars = select(func.sum(P.budget_usd)).where(P.lead_id.is_(None))
    assert session.execute(dollars).scalar_one() == 3 * 100_000_000
    say(session, coordinator, ids[0], ids[2], "same")
    assert session.execute(dollars).scalar_one() == 2 * 100_000_000
    rows = listing.list_programmes(session, ANONYMOUS, listing.Filters()).rows
    assert {row.id: row.sources for row in rows} == {ids[0]: 2, ids[1]: 1}


def test_chance_agreement_is_counted_in_the_registrys_own_records(session: Session) -> None:
    ids = store(session, "feed:1", *[document(f"XM-{n}", f"Programme in Mali {n}") for n in range(60)])
    find(session, ids)
    before, _ = model_in_force(session, "programme")
    counted = estimate(session, "programme", NOW)
    assert counted is not None and counted.levels["countries"] == {"same": 60 * 59 // 2}
    model, label = model_in_force(session, "programme")
    assert label == "1+2026-11-20"
    agree = model.parts["countries"]["same"].bits
    assert agree < 0.1 < before.parts["countries"]["same"].bits, "where all are in Mali, being in Mali says nothing"
    assert estimate(session, "organisation", NOW) is None


def test_an_identifier_that_everybody_carries_identifies_nothing(session: Session) -> None:
    number = blocking.MOST_UNDER_IDENTIFIER + 1
    ids = [store(session, f"feed:{n}", document("TEST", f"Quite another thing {n}"))[0] for n in range(number)]
    find(session, ids[:-1])
    assert shown(session) == [ids[0], ids[-1]]
    find(session, ids[-1:])
    assert len(shown(session)) == number


def test_only_the_judgements_in_force_count_not_how_they_came_about(session: Session, coordinator: Actor) -> None:
    ids = store(session, "feed:1", *[document(f"XM-{n}", f"Programme {n}") for n in range(5)])
    ids += store(session, "feed:2", document("XM-0", "Programme 0"), document("XM-1", "Programme 1"))
    find(session, ids)
    untouched = places(session)
    between = [(a, b) for i, a in enumerate(ids) for b in ids[i + 1 :]]
    for seed in range(6):
        dice = random.Random(seed)  # noqa: S311  (the same sequences in every run)
        given: dict[tuple[int, int], str | None] = {}
        outcomes = []
        for attempt in range(2):
            mark = session.begin_nested()
            if attempt == 0:
                steps: list[tuple[tuple[int, int], str | None]] = [
                    (dice.choice(between), dice.choice(["same", "same", "different", "unsure", None]))
                    for _ in range(14)
                ]
            else:
                steps = list(given.items())
                dice.shuffle(steps)
            for pair, verdict in steps:
                stored = pairs(session).get(pair)
                if verdict is not None and (stored is None or stored.decided_by != "person"):
                    say(session, coordinator, *pair, verdict)
                elif stored is not None and stored.decided_by == "person":
                    judge(session, coordinator, stored.id or 0, verdict, "", None, NOW)
                else:
                    continue
                given[pair] = verdict
            outcomes.append(places(session))
            together = {tuple(sorted(i for i, p in places(session).items() if p[0] == c)) for c in ids}
            for group in together:
                apart = {pair for pair, verdict in given.items() if verdict == "different"}
                assert not {(a, b) for a in group for b in group if a < b} & apart
            for pair, verdict in given.items():
                if verdict is not None:
                    judge(session, coordinator, pairs(session)[pair].id or 0, None, "", None, NOW)
            assert places(session) == untouched
            mark.rollback()
            session.expire_all()
        assert outcomes[0] == outcomes[1]


def test_two_records_that_are_not_two_records_are_refused(session: Session, coordinator: Actor) -> None:
    (a,) = store(session, "feed:1", document("XM-1", "One"))
    with pytest.raises(InvalidInput) as refused:
        say(session, coordinator, a, a, "same")
    assert list(refused.value.fields) == ["second_id"]
    with pytest.raises(InvalidInput) as refused:
        say(session, coordinator, 999, a, "same")
    assert list(refused.value.fields) == ["first_id"]


def test_organisations_under_two_identifiers_are_one_in_lists_and_filters(
    session: Session, coordinator: Actor
) -> None:  # fmt: skip
    store(session, "feed:1", document("XM-1", "One"))
    elsewhere = {"ref": "44000-EX1", "narratives": [{"text": "Example Agency"}]}
    store(session, "feed:2", document("YY-1", "Two", reporting_org=elsewhere))
    named = {o.name: o.id or 0 for o in session.execute(select(Organisation)).scalars() if o.name != "Example Agency"}
    agency, again = session.execute(
        select(Organisation.id).where(Organisation.name == "Example Agency").order_by(Organisation.id)  # type: ignore
    ).scalars()
    assert agency is not None and again is not None
    find(session, [agency, again, *named.values()], "organisation")
    assert list(pairs(session)) == [(agency, again)]
    assert pairs(session)[agency, again].verdict is None, "a name alone identifies nobody"
    say(session, coordinator, agency, again, "same", "organisation")
    listed = organisations.list_organisations(session, ANONYMOUS, q="example").rows
    assert [(row.id, row.sources) for row in listed] == [(agency, 2)]
    for asked in (agency, again):
        assert len(shown(session, organisation=[str(asked)])) == 2
    counts = listing.facet_totals(session, ANONYMOUS, listing.Filters(), "organisation")
    assert counts == {str(agency): 2, str(named["A Donor"]): 2}


def test_one_identifier_written_in_two_ways_joins_organisations(session: Session) -> None:
    for value in ("XM-DAC-41-114", "XM-DAC-41114"):
        organisation = Organisation(name=f"Known as {value}")
        session.add(organisation)
        session.flush()
        session.add(OrganisationIdentifier(organisation_id=organisation.id or 0, value=value))
    session.flush()
    ids = list(session.execute(select(Organisation.id)).scalars())
    find(session, [id_ for id_ in ids if id_], "organisation")
    assert organisations.count_organisations(session, ANONYMOUS) == 1
