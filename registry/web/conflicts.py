"""Two people changed one record: the page that shows both versions side by side and lets the second decide."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import render_template

from registry.web.history_view import said

HTTP_CONFLICT = 412


def flat(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Nested form values as (input's name, text), as a form sends them again."""
    if isinstance(values, Mapping):
        for name, value in values.items():
            part = str(name).replace(".", "%2E")
            yield from flat(value, f"{path}.{part}" if path else part)
    elif isinstance(values, list) and any(isinstance(item, Mapping) for item in values):
        for number, value in enumerate(values):
            yield from flat(value, f"{path}.{number}")
    elif isinstance(values, list):
        for value in values:
            yield path, str(value)
    else:
        yield path, "" if values is None else str(values)


def conflict_page(
    mine: Mapping[str, Any],
    current: Mapping[str, Any],
    *,
    version: int,
    url: str,
    edit_url: str,
    words: Callable[[str], str],
    by_field: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
    rest: Mapping[str, Any] | None = None,
) -> tuple[str, int]:
    """Both versions of the fields that this form sends, as `by_field` lays them out.

    Sending mine again carries `version`, the one now in force; fields that the form does not send stay as they are.
    `rest`: what else was typed and is in no dispute; keeping what is in force saves it.
    """
    ours_by, theirs_by = by_field(mine), by_field(current)
    rows = [(words(name), said(theirs_by.get(name)), said(ours)) for name, ours in ours_by.items()]
    page = render_template(
        "errors/conflict.html",
        rows=[(name, theirs, ours) for name, theirs, ours in rows if theirs != ours],
        same=sum(theirs == ours for _, theirs, ours in rows),
        inputs=list(flat(mine)),
        rest=None if rest is None else list(flat(rest)),
        version=version,
        url=url,
        edit_url=edit_url,
    )
    return page, HTTP_CONFLICT
