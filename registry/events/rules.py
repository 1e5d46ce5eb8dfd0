"""Who may see an event, and who loses sight of a record by it. Pure."""

from dataclasses import dataclass

WIDTH = {"private": 0, "members": 1, "public": 2}


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may see a record: by its visibility, and its owner (a State or an organisation) whatever that is."""

    visibility: str = "public"
    state: str | None = None
    organisation_id: int | None = None


def lost(before: Audience | None, now: Audience) -> Audience | None:
    """The audience before a change where somebody in it may no longer see the record; None where nobody loses sight."""
    if before is None or now.visibility == "public":
        return None
    owners_stay = (before.state in (None, now.state)) and (before.organisation_id in (None, now.organisation_id))
    return None if owners_stay and WIDTH[before.visibility] <= WIDTH[now.visibility] else before
