"""Too much goes missing at once: the brake asks a person, nothing goes meanwhile, and the answer is remembered."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from registry.accounts.actor import ANONYMOUS, Actor
from registry.db import Database
from registry.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, VersionMismatch
from registry.events.models import Event
from registry.settings import Settings
from registry.sync import course, holds
from registry.sync.models import FeedRecord, Hold
from registry.sync.runner import run_feed
from tests.support.absent import LISTED, Clock, Source, archived, missing, sources
from tests.support.iati import many

COORDINATOR = Actor(role="coordinator", user_id=1, label="user:1")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(course, "utcnow", clock)
    return clock


@pytest.fixture
def source(database: Database, settings: Settings, clock: Clock) -> Iterator[Source]:
    """A feed of forty records that has run once."""
    with sources(database, settings) as make:
        source = make()
        source.sync(*LISTED)
        yield source


def current(source: Source) -> tuple[Hold, int]:
    with source.database.reading() as session:
        return holds.current(session, COORDINATOR, source.feed.id or 0)


def decide(source: Source, decision: str, reason: str = "the partner said so", version: int | None = None) -> Hold:
    hold, _ = current(source)
    with source.database.transaction() as session:
        return holds.decide(session, COORDINATOR, hold.id or 0, decision, reason, version)


def events(source: Source) -> list[str]:
    with source.database.reading() as session:
        types = session.execute(select(Event.type).where(Event.kind == "hold").order_by(Event.id)).scalars()
        return [type_.removeprefix("feed.") for type_ in types]


@pytest.mark.parametrize("held", [0, 5, 19])
def test_nothing_goes_while_the_question_is_open_however_long_and_what_is_released_goes_after_the_grace(
    source: Source, clock: Clock, held: int
) -> None:
    source.publish(*LISTED[:held])
    for number in range(3):
        report = source.sync()
        assert (report.run.status, report.run.reason_code) == ("not_modified" if number else "succeeded", "brake")
        assert f"{40 - held} of the feed's 40" in (report.run.reason or "")
        clock.pass_days(10)
    assert not archived(source.database) and events(source) == ["held"]
    hold, left = current(source)
    assert (hold.missing, hold.live, left, hold.version) == (40 - held, 40, 40 - held, 1)
    decide(source, holds.RELEASE, "")
    assert source.sync().run.archived == 0, "one complete snapshot after the answer is not two"
    assert source.sync().run.archived == 40 - held
    assert len(archived(source.database)) == 40 - held and events(source) == ["held", "released"]
    with pytest.raises(NotFound):
        current(source)


def test_what_is_refused_stays_and_is_not_asked_about_again(source: Source, clock: Clock) -> None:
    source.sync(*LISTED[:10])
    decide(source, holds.REFUSE)
    for _ in range(3):
        clock.pass_days(10)
        assert source.sync().run.reason_code == "kept"
    source.sync(*LISTED[:10], "<!-- another file, the same records -->")
    assert not archived(source.database) and events(source) == ["held", "refused"]
    # Some return, a few more go: those few are within what is plausible, and age by themselves.
    assert source.sync(*LISTED[3:30]).run.reason_code == "kept"
    assert missing(source.database).keys() == {f"XX-TEST-{n}" for n in (1, 2, 3, *range(31, 41))}
    clock.pass_days(10)
    source.sync()
    assert set(archived(source.database)) == {"XX-TEST-1", "XX-TEST-2", "XX-TEST-3"}


def test_a_refusal_does_not_cover_others_that_go_missing_later(source: Source) -> None:
    source.sync(*LISTED[:18])
    decide(source, holds.REFUSE)
    assert source.sync(*many(60)).run.reason_code is None
    source.sync(*many(60)[:18])
    hold, left = current(source)
    assert (hold.status, hold.missing, left) == ("open", 42, 42), "returned in between: asked anew"


def test_an_answer_can_be_taken_back_as_long_as_the_records_are_missing(source: Source, clock: Clock) -> None:
    source.sync(*LISTED[:10])
    decide(source, holds.RELEASE)
    source.sync()
    decide(source, holds.REFUSE)
    clock.pass_days(30)
    assert source.sync().run.archived == 0
    decide(source, holds.RELEASE)
    assert source.sync().run.archived == 30
    with source.database.transaction() as session, pytest.raises(Conflict):
        holds.decide(session, COORDINATOR, 1, holds.REFUSE, "too late", None)


def test_records_that_return_are_let_out_and_a_question_nobody_needs_to_answer_passes(
    source: Source, clock: Clock
) -> None:
    source.sync(*LISTED[:10])
    first, _ = current(source)
    clock.pass_days(30)
    source.sync(*LISTED[:15])
    second, left = current(source)
    assert (second.id, second.missing, left, second.version) == (first.id, 25, 25, 2)
    assert second.begun_at == first.begun_at
    source.sync(*LISTED[:20])
    assert events(source) == ["held", "held", "recovered"]
    assert set(missing(source.database).values()) == {1}, "what was missed while the brake held does not count"
    assert source.sync(*LISTED[:20], "<!-- -->").run.archived == 0, "neither do its days"
    clock.pass_days(7)
    assert source.sync().run.archived == 20


def test_who_answers_a_question_that_changed_meanwhile_is_told(source: Source) -> None:
    source.sync(*LISTED[:10])
    seen, _ = current(source)
    source.sync(*LISTED[:5])
    with pytest.raises(VersionMismatch):
        decide(source, holds.RELEASE, version=seen.version)
    assert decide(source, holds.RELEASE, version=seen.version + 1).status == "released"


def test_an_answer_needs_the_right_and_what_stays_a_reason(source: Source) -> None:
    source.sync(*LISTED[:10])
    with pytest.raises(InvalidInput) as wrong:
        decide(source, holds.REFUSE, "")
    assert list(wrong.value.fields) == ["reason"]
    with source.database.transaction() as session, pytest.raises(NotAuthenticated):
        holds.decide(session, ANONYMOUS, 1, holds.RELEASE, "", None)


def test_a_preview_asks_nothing(source: Source) -> None:
    source.publish(*LISTED[:10])
    preview = run_feed(source.database, source.settings, source.feed.id or 0, dry_run=True)
    assert preview.run.reason_code == "brake"
    with pytest.raises(NotFound):
        current(source)
    assert not missing(source.database) and not events(source)


def test_the_records_asked_about_are_found_by_their_question(source: Source) -> None:
    source.sync(*LISTED[:10])
    hold, _ = current(source)
    with source.database.reading() as session:
        asked = session.execute(select(FeedRecord).where(FeedRecord.hold_id == hold.id)).scalars().all()
    assert {record.remote_id for record in asked} == {f"XX-TEST-{n}" for n in range(11, 41)}
    assert all(record.missing_since for record in asked)
