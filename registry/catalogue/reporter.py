"""Nobody speaks for another organisation: who reports a programme that a person enters, and its identifier's prefix.

An account of a donor or agency reports for its own organisation and for those it holds a mandate for (mandates.py);
coordinators enter programmes for others. In both cases an identifier that begins with the identifier of an organisation
is that organisation's.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.catalogue.folding import plain_key
from registry.catalogue.mandates import MAY_NOT, reports_for
from registry.catalogue.models import Organisation
from registry.catalogue.parties import IDENTIFIER
from registry.catalogue.rows import usable_ref
from registry.errors import N_, InvalidInput

REF, REPORTER, NUMBER = "document.reporting_org.ref", "document.reporting_org", "document.iati_identifier"
OTHERS_NUMBER = N_(
    "This identifier begins with the identifier of another organisation. Begin it with an identifier of the reporting"
    " organisation, or leave it out."
)
NO_PREFIX = N_(
    "Begin the identifier with one of the reporting organisation's own (its page lists them; a coordinator adds"
    " missing ones), or leave it out."
)


def reporter_of(session: Session, actor: Actor, document: Mapping[str, Any]) -> int | None:
    """The organisation that reports this document, as far as it is known here; checked against who enters it.

    Raises InvalidInput at the document's reporting organisation, or at its identifier.
    """
    given = document.get("reporting_org") or {}
    ref = usable_ref(given.get("ref"))
    found = session.execute(select(IDENTIFIER.c.organisation_id).where(IDENTIFIER.c.value == ref)).scalar()
    own = actor.organisation_id
    if own is not None:
        mine = {own} | reports_for(session, own)
        if not ref:
            found = _named(session, given, own, mine)
        if found not in mine:
            raise InvalidInput({REF if ref else REPORTER: [MAY_NOT]})
    if document.get("iati_identifier") and not document.get("derived_identifier"):
        _check_number(session, str(document["iati_identifier"]), found, strict=own is not None)
    return found


def _named(session: Session, given: Mapping[str, Any], own: int, mine: set[int]) -> int | None:
    """The one of these organisations that goes by a name given; the own where none is."""
    names = {plain_key(item.get("text") or "") for item in given.get("narratives") or ()} - {""}
    if not names:
        return own
    for organisation in session.execute(select(Organisation).where(Organisation.id.in_(mine))).scalars():  # type: ignore[union-attr]
        known = (organisation.name, organisation.acronym or "", *organisation.names.values())
        if names <= {plain_key(name) for name in known}:
            return organisation.id
    return None


def _check_number(session: Session, identifier: str, reporter: int | None, *, strict: bool) -> None:
    """Raise InvalidInput where the longest known prefix is another organisation's; `strict`: or where none is known."""
    key = "".join(identifier.split()).upper()
    # `XM-1` is no prefix of `XM-11-A`: an identifier ends where no letter or digit follows it.
    prefixes = [key[:end] for end in range(1, min(len(key), 200)) if not key[end].isalnum()]
    if strict and reporter is not None:
        prefixes = [prefix for prefix in prefixes if len(key) > len(prefix) + 1]
    rows = session.execute(
        select(IDENTIFIER.c.value, IDENTIFIER.c.organisation_id).where(IDENTIFIER.c.value.in_([*prefixes, key]))
    ).all()
    longest = max(rows, key=lambda row: len(row.value), default=None)
    if longest is None or longest.value == key:
        if strict or longest is not None:
            raise InvalidInput({NUMBER: [NO_PREFIX]})
    elif longest.organisation_id != reporter:
        raise InvalidInput({NUMBER: [OTHERS_NUMBER]})
