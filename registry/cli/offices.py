"""The demonstration's participation and points of contact: invented, and marked so, through the same services."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.compliance.contacts import service as contacts
from registry.compliance.participation import service as participation

OFFICES = (
    ("KEN", "point_of_contact", "National focal point on small arms", "poa iti", 120, True),
    ("KEN", "tracing", "Firearms tracing desk", "iti firearms-protocol", 30, False),
    ("GHA", "point_of_contact", "National commission on small arms", "poa iti ecowas", 400, True),
    ("GHA", "reporting", "Conventional arms desk", "att unroca", 200, True),
)
"""State, role, office, instruments, days since it was confirmed, whether everybody sees it"""


def load(session: Session, actor: Actor, acts: Iterable[Mapping[str, str]], now: datetime, mark: str) -> None:
    """Enter acts (rows of participation.csv) and offices; `mark` is said in every source."""
    for row in acts:
        on = (now - timedelta(days=int(row["days_ago"]))).date().isoformat()
        form = {"instrument": row["instrument"], "act": row["act"], "on": on, "source": mark}
        participation.enter(session, actor, row["state"], form, now)
    for number, (state, role, office, instruments, days, published) in enumerate(OFFICES, start=1):
        contact = {
            "state": state, "role": role, "office": f"{office} ({mark})", "instruments": instruments,
            "email": f"office{number}@{state.lower()}.example", "languages": "en", "published": published,
            "source": mark, "confirmed_on": (now - timedelta(days=days)).date().isoformat(),
        }  # fmt: skip
        contacts.enter(session, actor, contact, now)
