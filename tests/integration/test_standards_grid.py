"""The grid of States and standards shows what is published, and nothing of drafts; regions from five States on."""

from pathlib import Path

from registry.compliance.models import Assessment
from registry.compliance.published import grid, of_regions
from registry.db import Database
from registry.http import RegistryFlask
from tests.support.people import client_for, make_user
from tests.support.standards import answered, load_text, person

EAST_AFRICA = ["KEN", "UGA", "TZA", "RWA", "BDI"]


def published_by(database: Database, states: list[str], folder: Path) -> None:
    with database.transaction() as session:
        load_text(session, folder)
        for state in states:
            assessment: Assessment = answered(session, person(session, state=state), {"rec-all": "full"})
            assessment.status = "published"


def test_drafts_are_not_in_the_grid_even_for_their_own_state(
    app: RegistryFlask, database: Database, tmp_path: Path
) -> None:
    published_by(database, ["KEN"], tmp_path)
    with database.transaction() as session:
        answered(session, person(session, state="UGA"), {"rec-all": "none"})
        assert {state: list(cells) for state, cells in grid(session).items()} == {"KEN": ["small"]}
        assert grid(session, ["UGA"]) == {}
    client = client_for(app, make_user(database, "state", state="UGA"))
    page = client.get("/en/standards/grid").text
    assert "Kenya" in page and "/en/states/UGA" not in page.partition("<table")[2].partition("</table")[0]
    assert "KEN,small,1.0.0," in client.get("/en/standards/grid.csv").text
    listed = client.get("/api/v1/standards/grid").json
    assert listed and [row["state"] for row in listed["items"]] == ["KEN"]
    assert listed["items"][0]["standards"]["small"]["low"]["exact"] == "3/10"


def test_a_region_is_summed_up_from_five_states_on(app: RegistryFlask, database: Database, tmp_path: Path) -> None:
    published_by(database, EAST_AFRICA[:4], tmp_path)
    with database.reading() as session:
        (few,) = of_regions(session, "small").values()
    assert (few.states, few.suppressed, few.most) == (4, True, None)
    published_by(database, EAST_AFRICA[4:], tmp_path)
    listed = client_for(app).get("/api/v1/standards/small/regions").json
    assert listed and [(row["states"], row["median_low"]["exact"]) for row in listed["items"]] == [(5, "3/10")]
    themes = client_for(app).get("/api/v1/states/KEN/themes").json
    assert themes and {row["theme"]: row["low"]["exact"] for row in themes["items"]} == {
        "marking": "0", "record_keeping": "1",
    }  # fmt: skip
