"""Somebody on a sanctions list, and a partner of a like name, for the tests of pages."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import system
from registry.json_text import dumps
from registry.matching import listed
from registry.matching.screening import screening
from registry.matching.screening.screening import Partner

LISTED: dict[str, Any] = {
    "reference": "XXi.001", "kind": "person", "name": "Ron <b>Smith</b>", "original_name": "رون سميث", "regime": "DRC",
    "listed_on": "2012-12-31", "amended_on": ["2016-10-13", "2020-01-01"], "gender": "Male",
    "designations": ["Interim president", "Major general"], "nationalities": ["Kenya"],
    "aliases": [
        {"name": "The Smith", "quality": "low", "note": "nom de guerre"}, {"name": "R. Smyth", "quality": "good"},
    ],
    "addresses": [{"text": "Nairobi, Kenya", "country": "Kenya", "note": "as of 2016"}],
    "births": [{"year": "1971", "type": "approximately"}, {"from_year": "1970", "to_year": "1973", "type": "between"}],
    "birth_places": [{"text": "Goma, Democratic Republic of the Congo"}],
    "documents": [{"type": "Passport", "number": "A-12345", "country": "Kenya"}],
    "comments": "Reportedly left. https://example.org/notice <script>alert(1)</script>", "states": ["COD", "KEN"],
}  # fmt: skip
"""What a list says of somebody, with something of everything a page shows"""


def add_listed(session: Session, source: str, now: datetime) -> None:
    """The list names somebody; a programme's partner is called alike."""
    actor = system("test")
    listed.store_batch(session, [(dumps(LISTED), None)], source=source, actor=actor, now=now)
    like = Partner("name:smith ron", None, "smith ron", ("smith ron",))
    screening.write(session, actor, screening.differences(session, [like]), now)
