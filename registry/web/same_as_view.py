"""Two records side by side: what each says per field, what they share, what it counts. No queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from registry.catalogue.folding import plain_key
from registry.catalogue.same_as.model import PRIOR
from registry.catalogue.same_as.profiles import Profile
from registry.errors import N_
from registry.web.labels import LABELS, label
from registry.web.presentation import code_name, day, money, state_name, theme_name

FIELDS = {
    "names": N_("Name"),
    "numbers": N_("Phases and parts"),
    "source": N_("Source"),
    "partners": N_("Organisations"),
    "countries": N_("Countries"),
    "start": N_("Start"),
    "end": N_("End"),
    "amount": N_("Amount"),
    "subjects": N_("Themes and sectors"),
    "acronym": N_("Acronym"),
    "kind": N_("Kind"),
    "state": N_("State"),
    "site": N_("Website"),
    "tails": N_("Identifiers"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or value of one side; `shared`: the other side has it too."""

    text: str
    shared: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One field. `bits` None: a side does not say, so it counts for nothing."""

    words: str
    first: list[Piece]
    second: list[Piece]
    agreement: str
    bits: float | None
    by_words: bool = False
    """The pieces are words of one text, not values of a list"""


def rows(
    item: Mapping[str, Any], profiles: tuple[Profile, Profile], sources: Mapping[str, str]
) -> tuple[list[Row], float]:
    """(fields that either side states, bits of the prior), in the order of the model's fields."""
    parts = {part["field"]: part for part in item["parts"]}
    found = []
    for name in FIELDS:
        first, second = (
            _shown(name, side, other, row, sources)
            for side, other, row in (
                (profiles[0], profiles[1], item["first"]),
                (profiles[1], profiles[0], item["second"]),
            )
        )
        part = parts.get(name)
        if first or second or part:
            agreement = label("agreement", f"{name}.{part['level']}") if part else ""
            bits = part["bits"] if part else None
            found.append(Row(gettext(FIELDS[name]), first, second, agreement, bits, name == "names"))
    return found, parts[PRIOR]["bits"] if PRIOR in parts else 0.0


def _shown(
    name: str, side: Profile, other: Profile, row: Mapping[str, Any] | None, sources: Mapping[str, str]
) -> list[Piece]:
    if name == "names":
        return _title(str((row or {}).get("title") or ""), other.get("names") or ())
    mine, theirs = side.get(name), other.get(name)
    if mine is None:
        return []
    if name == "partners":
        known = {key for keys in theirs or () for key in keys}
        return [Piece(_partner(keys), not known.isdisjoint(keys)) for keys in mine]
    if isinstance(mine, list):
        return [Piece(_value(name, value, sources), value in (theirs or ())) for value in mine]
    return [Piece(_value(name, mine, sources), mine == theirs)]


def _title(title: str, others: Iterable[str]) -> list[Piece]:
    """The title word by word; a word is shared where any title of the other side has it."""
    known = {word for name in others for word in name.split()}
    return [Piece(word, known.issuperset(plain_key(word).split())) for word in title.split()]


def _partner(keys: Sequence[str]) -> str:
    names = [key for key in keys if not key.startswith("=")]
    return (names or [keys[0].removeprefix("=")])[0]


def _value(name: str, value: Any, sources: Mapping[str, str]) -> str:
    if name == "countries" or name == "state":
        return state_name(value)
    if name in ("start", "end"):
        return day(value)
    if name == "amount":
        return money(value, "USD")
    if name == "source":
        return sources.get(value, value)
    if name == "kind":
        return code_name("OrganisationType", value)
    if name == "subjects":
        return code_name("Sector", value) if str(value).isdecimal() else theme_name(value)
    return str(value)


def missing_words(levels: Mapping[str, Iterable[str]]) -> list[str]:
    """Levels of a model that no words stand for: what a test asks."""
    return [f"{name}.{level}" for name, found in levels.items() for level in found
            if f"{name}.{level}" not in LABELS["agreement"] or name not in FIELDS]  # fmt: skip
