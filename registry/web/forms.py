"""Forms: an input's name is the dotted path of its field (`lines.0.money.amount`), so a schema's errors find it.

What was typed is always kept: a form that is shown again shows the very strings that came. A dot inside a name is
written `%2E`, as in registry.schemas.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from registry.errors import N_, InvalidInput

CONTROLS = frozenset({"csrf_token", "version", "do"})
"""Inputs of the form itself, not of the record."""
WRITTEN = ".written"
"""End of the name of an amount's input: what a person typed, which the schema reads (see matching/fields.py)."""


def nested(values: MultiDict[str, str], lists: Iterable[str] = ()) -> dict[str, Any]:
    """Form values as nested data: `money.amount` → `{"money": {"amount": …}}`, `lines.0.type` → `{"lines": [{…}]}`.

    Names in `lists` collect all their values. Rows come in the order of their numbers, without gaps.
    """
    several = set(lists)
    root: dict[str, Any] = {name: [] for name in several}
    for name in values:
        if name in CONTROLS:
            continue
        value: Any = [text for text in values.getlist(name) if text] if name in several else values[name]
        place = root
        *path, last = keys(name)
        for key in path:
            inner = place.setdefault(key, {})
            if not isinstance(inner, dict):  # `a=1&a.b=2`: no form of ours sends this
                break
            place = inner
        else:
            place[last] = value
    made: dict[str, Any] = _with_lists(root)
    return made


def keys(name: str) -> list[str]:
    """The keys on the way to a field."""
    return [key.replace("%2E", ".") for key in name.split(".")]


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(item) for key, item in value.items()}


def is_blank(row: Any, ignoring: Iterable[str] = ()) -> bool:
    """Whether a row of a form holds nothing but empty strings, apart from the fields named (which have defaults)."""
    if isinstance(row, Mapping):
        return all(name in ignoring or is_blank(item, ignoring) for name, item in row.items())
    if isinstance(row, list):
        return all(is_blank(item, ignoring) for item in row)
    return row is None or row == "" or (isinstance(row, str) and not row.strip())


@dataclass
class Form:
    """A form to be shown: values as typed or as stored, errors by dotted path."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    version: int | None = None
    """Of the record when the form was first shown: what the save expects to find."""

    def value(self, name: str) -> Any:
        """The value at `lines.0.type`; "" where there is none."""
        place: Any = self.values
        for key in keys(name):
            if isinstance(place, Mapping):
                place = place.get(key)
            elif isinstance(place, list) and key.isdecimal() and int(key) < len(place):
                place = place[int(key)]
            else:
                return ""
        return "" if place is None else place

    def errors_at(self, name: str) -> list[str]:
        """Messages for the input of that name."""
        return [gettext(text) for text in self.errors.get(name.removesuffix(WRITTEN), ())]

    def problems(self, labels: Callable[[str], str] | None = None) -> list[tuple[str, str, str]]:
        """(id of the input, its label, message) of every error, for the summary on top."""
        return [
            (input_id(path), labels(path) if labels else "", gettext(text))
            for path, texts in self.errors.items()
            for text in texts
        ]

    def with_errors(self, error: InvalidInput) -> "Form":
        """This form again, with what was wrong."""
        return Form(self.values, error.fields, self.version)


def input_id(name: str) -> str:
    """The id in the page of the input for a path."""
    return "f-" + name.removesuffix(WRITTEN).replace(".", "-").replace("%2E", "_")


def expected_version(values: Mapping[str, str]) -> int:
    """The version of the record that this form was made from. Raises InvalidInput where the form does not say."""
    text = values.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InvalidInput({"version": [N_("The form does not say which version it changes.")]})
    return int(text)
