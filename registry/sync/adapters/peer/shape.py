"""A document as another registry keeps it: what its feeds read from real files is taken, whatever people would correct.

Only its shape is held to docs/programme-document.md: which names there are, and which kind of value each has. What does
not fit is left out by itself. People's documents have a gate of their own (catalogue/document_schema.py).
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields

from registry.catalogue.document_schema import ProgrammeDocumentSchema
from registry.catalogue.fields import Code
from registry.sync.adapters.text import storable

NOT_ALWAYS = frozenset(("date", "narratives", "period_end", "period_start", "role", "title", "type", "value"))
"""Required of what people write, and lacking in real files"""
MOST_CODE = 200
UNFIT: Any = object()


def fitting(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The document without what does not fit, and where that stood (`budgets.0.value`)."""
    left_out: list[str] = []
    kept = _object(_document(), _storable(document), "", left_out)
    return ({} if kept is UNFIT else kept), left_out


@cache
def _document() -> Schema:
    # Made once: it holds some hundred fields.
    return ProgrammeDocumentSchema()


def _object(schema: Schema, value: dict[str, Any], path: str, left_out: list[str]) -> Any:
    known = {field.data_key or name: field for name, field in schema.fields.items()}
    kept = {}
    for name, inner in value.items():
        fit = _value(known[name], inner, f"{path}{name}", left_out) if name in known else UNFIT
        if fit is UNFIT:
            left_out.append(f"{path}{name}")
        else:
            kept[name] = fit
    lacks = any(field.required and name not in kept and name not in NOT_ALWAYS for name, field in known.items())
    return UNFIT if lacks else kept


def _value(field: fields.Field, value: Any, path: str, left_out: list[str]) -> Any:
    if isinstance(field, fields.Nested):
        return _object(field.schema, value, f"{path}.", left_out) if isinstance(value, dict) else UNFIT
    if isinstance(field, fields.List):
        return list(_items(field.inner, value, path, left_out)) if isinstance(value, list) else UNFIT
    return value if _is_fit(field, value) else UNFIT


def _items(field: fields.Field, values: list[Any], path: str, left_out: list[str]) -> Iterator[Any]:
    for position, value in enumerate(values):
        fit = _value(field, value, f"{path}.{position}", left_out)
        if fit is UNFIT:
            left_out.append(f"{path}.{position}")
        else:
            yield fit


def _is_fit(field: fields.Field, value: Any) -> bool:
    if isinstance(field, Code):
        return isinstance(value, str) and 0 < len(value) <= MOST_CODE
    if isinstance(field, fields.Boolean) or isinstance(value, bool):
        return isinstance(field, fields.Boolean) and isinstance(value, bool)
    if isinstance(field, fields.Float):
        return isinstance(value, int | float)
    try:
        field.deserialize(value)
    except ValidationError:
        return False
    return isinstance(value, int if isinstance(field, fields.Integer) else str)


def _storable(value: Any) -> Any:
    """Without characters that no engine stores."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): _storable(inner) for name, inner in value.items()}
    return [_storable(inner) for inner in value] if isinstance(value, list) else value
