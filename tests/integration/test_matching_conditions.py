"""A donor's condition on published answers: counted from what a State published, and looked at again when it does."""

from pathlib import Path

from registry.compliance import assessments
from registry.db import Database
from registry.matching.matches import matches_of_need
from registry.settings import Settings
from registry.worker.consumers import CONSUMERS
from registry.worker.consuming import consume_all
from tests.support.matching import COORDINATOR, open_need, open_offer, organisation
from tests.support.standards import answered, load_text, person

ASKED = {"kind": "answered", "instrument": "small", "at_least": 2}


def test_an_offer_that_asks_for_answers_fits_once_the_state_has_published_so_many(
    database: Database, tmp_path: Path
) -> None:
    def offers() -> int:
        consume_all(database, Settings(), {"rematch": CONSUMERS["rematch"]}, "test")
        with database.reading() as session:
            return len(matches_of_need(session, COORDINATOR, need, 10))

    with database.transaction() as session:
        load_text(session, tmp_path)
        need = open_need(session).id or 0
        open_offer(session, organisation(session), conditions=[ASKED])
        author, reviewer = person(session), person(session)
        assessment = answered(session, author, {"mark-made": "none", "rec-law": "full"})
        assessments.submit(session, author, assessment)
        number = assessment.id or 0
    assert offers() == 0
    with database.transaction() as session:
        assessment = assessments.get_assessment(session, author, number)
        assessments.review(session, reviewer, assessment)
        assessments.publish(session, author, assessment)
    assert offers() == 1
