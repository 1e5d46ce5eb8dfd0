"""What an event says as a CloudEvent; every type of event stands in the documentation as it does in the code."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from registry.errors import InvalidInput
from registry.events import cloudevents, feed, origin
from registry.events.rules import Audience, lost
from registry.events.types import EVENT_TYPES
from registry.json_text import dumps
from registry.schemas import encode_opaque

ROW = {
    "uid": "0a1b2c3d-0000-4000-8000-000000000001",
    "type": "need.opened",
    "kind": "need",
    "record_id": 12,
    "record_version": 3,
    **dict.fromkeys(origin.COLUMNS),
    "data": '{"title":"Marking","status":"open"}',
    "at": datetime(2026, 3, 1, 12, 30, 5, 120000, tzinfo=UTC),
    "position": 7,
    "shown": True,
}


def cloud_event(**changed: object) -> dict:
    return cloudevents.cloud_event(SimpleNamespace(**{**ROW, **changed}), "https://registry.test")  # type: ignore[arg-type]


def test_an_event_is_a_cloud_event() -> None:
    assert cloud_event() == {
        "specversion": "1.0",
        "id": "0a1b2c3d-0000-4000-8000-000000000001",
        "source": "https://registry.test",
        "type": "casa.need.opened",
        "time": "2026-03-01T12:30:05.120000Z",
        "subject": "needs/12",
        "datacontenttype": "application/json",
        "sequence": "00000000000000000007",
        "data": {
            "title": "Marking",
            "status": "open",
            "version": 3,
            "href": "https://registry.test/api/v1/needs/12",
        },
    }


def test_what_is_withdrawn_from_the_catalogue_leaves_a_tombstone() -> None:
    assert cloud_event(type="programme.archived", kind="programme")["data"]["tombstone"] is True
    assert "tombstone" not in cloud_event()["data"]


def test_a_subject_is_the_records_address_where_that_is_not_its_number() -> None:
    assert cloud_event(kind="standard", data='{"standard":"iti","version":"1"}')["subject"] == "standards/iti"
    assert cloud_event(kind="run", data='{"feed":4,"id":"x"}')["subject"] == "feeds/runs/12"


def test_sequences_sort_as_text() -> None:
    numbers = [1, 9, 10, 99, 100, 2**40]
    assert sorted(cloud_event(position=n)["sequence"] for n in numbers) == [f"{n:020d}" for n in numbers]


def test_who_lost_sight_of_a_record_is_told_to_drop_it_and_nothing_else() -> None:
    event = cloud_event(shown=False)
    assert event["type"] == "casa.need.hidden" and event["subject"] == "needs/12"
    assert event["data"] == {"version": 3, "href": "https://registry.test/api/v1/needs/12", "tombstone": True}
    assert cloud_event(shown=None)["type"] == "casa.need.hidden", "an unknown owner is nobody's"


def test_summaries_are_taken_over_as_they_are() -> None:
    odd = {"title": 'Quote " and \\ and \n, 小武器', "list": [1, {"a": None}]}
    assert cloud_event(data=dumps(odd))["data"].items() >= odd.items()
    assert set(cloud_event(data="{}")["data"]) == {"version", "href"}


@pytest.mark.parametrize(
    "before, now, loses",
    [
        (Audience("public"), Audience("public"), False),
        (Audience("public"), Audience("members"), True),
        (Audience("members"), Audience("private"), True),
        (Audience("private"), Audience("members"), False),
        (Audience("private", organisation_id=1), Audience("private", organisation_id=1), False),
        (Audience("private", organisation_id=1), Audience("private", organisation_id=2), True),
        (Audience("members", organisation_id=1), Audience("members"), True),
        (Audience("private", organisation_id=1), Audience("public", organisation_id=2), False),
        (Audience("private", "KEN"), Audience("private", "KEN"), False),
        (None, Audience("private"), False),
    ],
)
def test_who_loses_sight_of_a_record(before: Audience | None, now: Audience, loses: bool) -> None:
    assert lost(before, now) == (before if loses else None)


def test_cursors_come_back_and_carry_their_epoch() -> None:
    assert feed.decode_cursor(feed.encode_cursor("e1", "public", 42), "e1", "public") == 42
    for epoch, audience in (("e2", "public"), ("e1", "KEN")):
        with pytest.raises(feed.Expired):
            feed.decode_cursor(feed.encode_cursor("e1", "public", 42), epoch, audience)
    for bad in ("", "garbage", encode_opaque([]), encode_opaque(["e1", 1]), encode_opaque(["e1", "public", 1.5]),
                encode_opaque(["e1", "public", None]), encode_opaque(["e1", "public", True])):  # fmt: skip
        with pytest.raises(InvalidInput):
            feed.decode_cursor(bad, "e1", "public")


def test_the_table_of_event_types_in_the_documentation_says_what_the_code_says() -> None:
    page = (Path(__file__).parents[2] / "docs/events.md").read_text(encoding="utf-8")
    written = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+?) \|$", page, re.M))
    assert written == EVENT_TYPES
