"""What sources say of a programme's fields, in words short enough to stand beside each other. No queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from registry.catalogue.conflicts.disagreement import gist
from registry.catalogue.provenance import FieldSources, Said, Sources
from registry.web.history_view import said
from registry.web.presentation import code_name, day, money, state_name, theme_name
from registry.web.programme_view import field_words


@dataclass(frozen=True, slots=True)
class Voice:
    """One source's word on a field."""

    words: str
    source: str
    at: datetime
    programme_id: int
    corrected: bool


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field: the word in force, how many others say the same, what others say instead."""

    field: str
    words: str
    in_force: Voice | None
    agreeing: int
    others: list[Voice]


def gist_words(name: str, value: Any) -> str:
    """The gist of a field (conflicts/disagreement.py) for people; "" for nothing."""
    if value is None:
        return ""
    if name == "title":
        return " / ".join(value.values())
    if name == "status":
        return code_name("ActivityStatus", value)
    if name == "dates":
        return f"{day(value.get('start')) or '…'} – {day(value.get('end')) or '…'}"
    if name == "countries":
        return ", ".join(state_name(code) for code in value)
    if name == "budgets":
        return ", ".join(money(amount, currency) for currency, amount in sorted(value["amounts"].items()))
    if name == "themes":
        return ", ".join(theme_name(theme) for theme in value)
    return said(value)


def field_rows(found: Sources, names: dict[str, str]) -> list[FieldRow]:
    """A row for each field, those on which sources differ first. `names`: source → words."""
    rows = [_row(each, names) for each in found.fields]
    return sorted(rows, key=lambda row: (not row.others, row.words))


def _row(each: FieldSources, names: dict[str, str]) -> FieldRow:
    first = _voice(each.name, each.in_force, names) if each.in_force else None
    others = [_voice(each.name, other, names) for other in each.others]
    return FieldRow(each.name, field_words(each.name), first, len(each.agreeing), others)


def _voice(name: str, value: Said, names: dict[str, str]) -> Voice:
    words = gist_words(name, gist(name, {name: value.value})) or gettext("nothing")
    return Voice(words, names.get(value.source, value.source), value.at, value.programme_id, value.edit)
