"""A State's gaps across standards: shown once, filtered, and several of them made one need, once."""

from pathlib import Path

import pytest

from registry.accounts.actor import ANONYMOUS, Actor
from registry.compliance import assessments
from registry.db import Database
from registry.errors import InvalidInput
from registry.http import RegistryFlask
from registry.loop.gap_list import Wanted, gap_list, make_need
from registry.matching import needs
from tests.support.people import client_for, make_user, token_headers
from tests.support.standards import STANDARD, changed, load_text

KENYA = Actor("state", state="KEN", label="user:1")
OTHER = changed(
    ("id: small", "id: other"), ("short: SMALL", "short: OTHER"),
    ("        level: should\n", '        level: should\n        maps: [{to: "small#mark-import", rel: equal}]\n'),
)  # fmt: skip
BOTH = ["small#mark-import", "other#rec-all", "small#mark-import"]


@pytest.fixture
def kenya(database: Database, tmp_path: Path) -> dict[str, int]:
    """Gaps of Kenya in two standards, one of which both of them ask."""
    with database.transaction() as session:
        load_text(session, tmp_path, STANDARD)
        load_text(session, tmp_path, OTHER)
        found = {}
        for slug, given in (
            ("small", {"mark-import": "none"}),
            ("other", {"mark-import": "partial", "rec-all": "none"}),
        ):
            assessment = assessments.start(session, KENYA, {"standard": slug})
            answers = {clause: {"value": value} for clause, value in given.items()}
            assessments.answer(session, KENYA, assessment, {"answers": answers})
            found[slug] = assessment.id or 0
        return found


def names(database: Database, actor: Actor = KENYA, wanted: Wanted | None = None) -> list[list[str]]:
    with database.reading() as session:
        rows = gap_list(session, actor, "KEN", wanted or Wanted())
    return [[f"{gap['standard']}#{gap['clause']}" for gap in row["same"] + row["less"]] for row in rows]


def test_what_two_standards_ask_is_shown_once_and_filters_keep_groups_whole(
    database: Database, kenya: dict[str, int]
) -> None:
    shared = ["other#mark-import", "small#mark-import"]
    assert names(database) == [["other#rec-all"], shared]
    assert names(database, wanted=Wanted(standard="small")) == [shared]
    assert names(database, wanted=Wanted(theme="record_keeping")) == [["other#rec-all"]]
    assert names(database, ANONYMOUS) == [], "drafts are for the State's own people"


def test_gaps_of_two_standards_become_one_need_once(database: Database, kenya: dict[str, int]) -> None:
    with database.transaction() as session:
        first = make_need(session, KENYA, "KEN", {"clauses": BOTH}).id
    with database.transaction() as session:
        assert make_need(session, KENYA, "KEN", {"clauses": BOTH}).id == first, "a double click does nothing twice"
        need = needs.get_need(session, KENYA, first or 0)
        assert need.title == "OTHER: Records (2); SMALL: Marking (1 (b))"
        assert (need.status, need.priority) == ("draft", "high")
        (small,) = (row for row in gap_list(session, KENYA, "KEN", Wanted(standard="small")))
        assert [[n["id"] for n in gap["linked_needs"]] for gap in small["same"]] == [[], [first]]
    assert names(database, wanted=Wanted(without_need=True)) == [["other#mark-import", "small#mark-import"]]


def test_what_is_no_gap_is_named_by_its_place_and_strangers_make_no_need(
    database: Database, kenya: dict[str, int]
) -> None:
    chosen = ["small#mark-import", "small#rec-all", "nowhere#x", "other#rec-all", "other#rec-law"]
    with database.transaction() as session:
        with pytest.raises(InvalidInput) as wrong:
            make_need(session, KENYA, "KEN", {"clauses": chosen})
        assert sorted(wrong.value.fields) == ["clauses.1", "clauses.2", "clauses.4"]
        with pytest.raises(InvalidInput):
            make_need(session, Actor("state", state="UGA", label="user:2"), "KEN", {"clauses": ["small#mark-import"]})


def test_page_and_api_show_the_list_and_make_the_need(
    app: RegistryFlask, database: Database, kenya: dict[str, int]
) -> None:
    user = make_user(database, "state")
    client = client_for(app, user)
    page = client.get("/en/states/KEN/gaps").text
    assert "asks the same" in page and ">0.5</td>" in page, "half a weight is not rounded away"
    headers = token_headers(database, user, ["assessments:read", "assessments:write", "needs:read", "needs:write"])
    made = app.test_client().post("/api/v1/states/KEN/gaps", json={"clauses": BOTH}, headers=headers)
    assert made.status_code == 201 and made.json and len(made.json["requirements"]) == 2
    listed = app.test_client().get("/api/v1/states/KEN/gaps?without_need=true", headers=headers).json
    assert listed and [len(item["same"]) for item in listed["items"]] == [2]
    history = client.get(f"/en/assessments/{kenya['other']}").text
    assert f"/en/needs/{made.json['id']}" in history
