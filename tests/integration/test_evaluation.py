"""`casa evaluate CSV`: rankings measured against who funded what; bad rows named, the others counted."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from registry.catalogue.models import Organisation, OrganisationIdentifier, Programme, ProgrammeFacet
from registry.cli import Context, casa
from registry.db import Database
from registry.errors import InvalidInput, NotAllowed
from registry.matching.evaluation.evaluating import evaluate, past_programmes
from registry.matching.forms import OFFER
from tests.support.matching import KENYA, NOW, THEMES, open_need, open_offer, organisation


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Any:
    context = Context()
    context._database = database

    def invoke(text: str, *more: str) -> Result:
        path = tmp_path / "labels.csv"
        path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(casa, ["evaluate", str(path), *more], obj=context, catch_exceptions=False)

    return invoke


@pytest.fixture
def ids(database: Database) -> dict[str, int]:
    """A need; an offer that fits well; one that fits less, of another organisation."""
    with database.transaction() as session:
        need = open_need(session)
        near, far = organisation(session, "Near"), organisation(session, "Far")
        session.add(OrganisationIdentifier(organisation_id=far, value="ZZ-FAR"))
        good = open_offer(session, near, themes=THEMES[:2], places=["KEN"])
        poor = open_offer(session, far, places=[], budget=900_000_00)
    return {"need": need.id or 0, "good": good.id or 0, "poor": poor.id or 0, "near": near, "far": far}


def test_ours_and_the_baselines_are_measured(run: Any, ids: dict[str, int]) -> None:
    found = json.loads(run(f"need,offer\n{ids['need']},{ids['good']}\n", "--json").output)
    assert (found["needs"], found["states"], found["candidates"], found["unreachable"]) == (1, 1, 2, 0)
    ranks = {name: measures["mrr"]["value"] for name, measures in found["rankings"].items()}
    assert ranks == {"casa": 1.0, "random": 0.75, "frequent_theme": 0.75, "past_countries": 0.75, "largest_budget": 0.5}
    assert found["ahead_of"]["largest_budget"]["mrr"]["value"] == 0.5


def test_an_organisation_may_be_named_instead_of_an_offer(run: Any, ids: dict[str, int]) -> None:
    for name in ("ZZ-FAR", "Far", str(ids["far"])):
        found = json.loads(run(f"need,organisation\n{ids['need']},{name}\n", "--json").output)
        assert found["rankings"]["casa"]["hit@1"]["value"] == 0.0
        assert found["rankings"]["casa"]["mrr"]["value"] == 0.5


def test_a_spent_offer_still_counts_as_it_was(run: Any, ids: dict[str, int], database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(OFFER).where(OFFER.c.id == ids["good"]).values(status="closed"))
    found = json.loads(run(f"need,offer\n{ids['need']},{ids['good']}\n", "--json").output)
    assert found["rankings"]["casa"]["hit@1"]["value"] == 1.0


def test_a_funder_that_the_rules_exclude_is_missed_and_counted(
    run: Any, ids: dict[str, int], database: Database
) -> None:
    with database.transaction() as session:
        blocked = open_offer(session, ids["near"], types=["expertise"])
    result = run(f"need,offer\n{ids['need']},{blocked.id}\n")
    assert "no funder is possible by the rules for 1 of the needs" in result.output
    assert "casa" in result.output and "largest_budget" in result.output


def test_bad_rows_are_named_by_field_and_the_others_count(run: Any, ids: dict[str, int]) -> None:
    rows = [f"{ids['need']},{ids['good']},", "999999,1,", f"{ids['need']},abc,", f"{ids['need']},,", f",{ids['good']},",
            f"{ids['need']},{ids['good']},Far", f"{ids['need']},,Nobody"]  # fmt: skip
    found = json.loads(run("need,offer,organisation\n" + "\n".join(rows) + "\n", "--json").output)
    assert found["rows"] == 7 and found["needs"] == 1
    assert [(error["row"], error["field"]) for error in found["errors"]] == [
        (3, "need"), (4, "offer"), (5, "offer"), (6, "need"), (7, "organisation"), (8, "organisation")
    ]  # fmt: skip


def test_a_table_of_other_columns_or_without_any_good_row_is_refused(run: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        run("need,funder\n1,2\n")
    assert "funder" in refused.value.fields["columns"][0]
    with pytest.raises(InvalidInput) as empty:
        run("need,offer\n999999,1\n")
    assert "Row 2" in " ".join(empty.value.fields["file"])


def test_programmes_in_force_count_as_past_work(database: Database) -> None:
    with database.transaction() as session:
        body = session.get(Organisation, organisation(session))
        assert body is not None
        for number, archived in enumerate((None, None, NOW - timedelta(days=1))):
            programme = Programme(iati_identifier=f"ZZ-{number}", title="Work", created_at=NOW, updated_at=NOW)
            programme.archived_at = archived
            session.add(programme)
            session.flush()
            for facet, value in (("organisation", str(body.id)), ("organisation", "name:x"), ("country", "KEN")):
                session.add(ProgrammeFacet(programme_id=programme.id or 0, facet=facet, value=value))
        session.flush()
        assert past_programmes(session) == {(body.id, "KEN"): 2}


def test_only_the_staff_may_evaluate(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotAllowed):
        evaluate(session, KENYA, {})
