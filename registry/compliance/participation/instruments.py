"""The instruments that States take part in: treaties and political commitments among the standards, and those on which
reports are due.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from registry.catalogue.folding import plain_key
from registry.catalogue.reference import states
from registry.compliance import listing
from registry.compliance.duties.reading import duties
from registry.compliance.editions import Text
from registry.compliance.participation.rules import TREATIES
from registry.errors import N_, InvalidInput, NotFound

TYPES = TREATIES | {"political", "regional_political"}
"""Of standards; technical ones and guidelines are nobody's to join."""
NEAR, NEAR_STATE = 0.65, 0.8
"""How alike a suggestion must be, see difflib; ids of instruments are short"""
BEGINNING = 8
"""Letters of a title that say which it is, where only one begins so"""


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument. What is None is not said here; `loaded`: there is a standard to read."""

    id: str
    title: Text
    short: Text
    type: str | None = None
    issuer: str | None = None
    adopted: str | None = None
    in_force: str | None = None
    members: str | None = None
    """`universal`: every State; `parties`, `members`: who joined"""
    source: str | None = None
    url: str | None = None
    checked: bool = False
    """Whether somebody compared these facts with the source"""
    loaded: bool = False


def instruments(session: Session) -> dict[str, Instrument]:
    """Id → instrument, in the order of ids."""
    found = {name: Instrument(name, name, name) for name in {duty.instrument for duty, _ in duties().values()}}
    for edition in listing.current_editions(session):
        said = edition.document["instrument"]
        if said["type"] in TYPES or edition.slug in found:
            found[edition.slug] = Instrument(
                edition.slug, said["title"], said.get("short") or said["title"], said["type"], said["issuer"],
                said.get("adopted"), said.get("in_force"), said.get("participation"), said["source"]["ref"],
                said["source"].get("url"), "checked" in said["source"], True,
            )  # fmt: skip
    return dict(sorted(found.items()))


def get_instrument(session: Session, id_: str) -> Instrument:
    """Raises NotFound."""
    found = instruments(session).get(id_)
    if found is None:
        raise NotFound(N_("There is no such instrument here."))
    return found


def named(session: Session, text: str) -> Instrument:
    """The instrument of an id, short name, or title in any language or how one begins.

    Raises InvalidInput with the nearest ones.
    """
    known, key = instruments(session), plain_key(text)
    keys = {plain_key(word): each for each in known.values() for word in _words(each)}
    if found := keys.get(key):
        return found
    beginning = {each.id: each for word, each in keys.items() if len(key) >= BEGINNING and word.startswith(f"{key} ")}
    if len(beginning) == 1:
        return next(iter(beginning.values()))
    near = dict.fromkeys(keys[word].id for word in difflib.get_close_matches(key, keys, 3, NEAR)) or beginning
    hint = _did_you_mean(near) if near else f"There are: {', '.join(known)}."
    raise InvalidInput({"instrument": [N_("There is no such instrument here."), hint]})


def unknown_state(text: str) -> InvalidInput:
    """The error for a text that names no State, with the nearest ones."""
    keys = {plain_key(name): state for state in states().values() for name in (state.alpha3, *state.names.values())}
    near = dict.fromkeys(
        f"{keys[key].alpha3} ({keys[key].name()})"
        for key in difflib.get_close_matches(plain_key(text), keys, 3, NEAR_STATE)
    )
    words = N_("This is not a State: write its ISO code, for example KEN, or its UN short name.")
    return InvalidInput({"state": [words, *([_did_you_mean(near)] if near else [])]})


def _did_you_mean(names: Iterable[str]) -> str:
    return f"Did you mean: {', '.join(names)}?"


def _words(instrument: Instrument) -> list[str]:
    texts = [
        word for text in (instrument.short, instrument.title)
        for word in ([text] if isinstance(text, str) else text.values())
    ]  # fmt: skip
    return [instrument.id, *texts]
