"""The gate: whatever comes in is loaded through a marshmallow schema, and its errors name the field by a dotted path.

Paths are the API's names joined by dots, with list positions: `lines.0.amount`; a dot inside a name is written `%2E`.
What concerns the whole is `_schema`, what concerns a nested object as a whole has that object's path.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from marshmallow import Schema, ValidationError, fields

from registry.errors import N_, InvalidInput

LARGEST_ID = 2**63 - 1
DEEPEST = 32
"""Levels of nesting taken in: more than any of our forms has, fewer than any serialiser gives up at."""


class RecordId(fields.Integer):
    """The integer key of a record: 1 … 2^63-1, so that no engine sees a number it cannot hold."""

    default_error_messages = {"id": N_("This is not the number of a record.")}

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool | float):
            raise self.make_error("id")
        number = super()._deserialize(value, attr, data, **kwargs)
        if number is None or not 1 <= number <= LARGEST_ID:
            raise self.make_error("id")
        return int(number)


class Patch(Schema):
    """Put before a form's schema to make the one of its PATCH: nothing is required, what is left out stays as it is.

    A class of its own (`class NeedPatch(Patch, NeedForm)`), so that the API's description names it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"partial": True, **kwargs})


def load(schema: Schema, data: Any, partial: bool = False) -> dict[str, Any]:
    """The data as the schema gives it; `partial`: required fields may be missing, and defaults are not filled in.

    Raises InvalidInput with paths as described above.
    """
    unfit = dict(_unfit(data))
    if unfit:
        raise InvalidInput(unfit)
    try:
        loaded: dict[str, Any] = schema.load(data, partial=partial or None)
    except ValidationError as error:
        raise InvalidInput(flatten(error.messages, schema)) from None
    return loaded


def flatten(messages: Any, schema: Schema | None = None) -> dict[str, list[str]]:
    """marshmallow's nested messages as path → messages; the schema tells a dictionary's keys from its fields' names."""
    found: dict[str, list[str]] = {}
    for path, message in _flatten("", messages, schema):
        found.setdefault(path or "_schema", []).append(message)
    return found


def _flatten(path: str, messages: Any, node: Schema | fields.Field | None) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            if name == "_schema":
                yield from _flatten(path, inner, None)
            elif isinstance(node, fields.Mapping) and isinstance(inner, dict):
                # marshmallow says whether key or value is wrong; a path has one place for both.
                for part, field in (("key", node.key_field), ("value", node.value_field)):
                    if part in inner:
                        yield from _flatten(_join(path, name), inner[part], field)
            else:
                yield from _flatten(_join(path, name), inner, _inside(node, name))
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from _flatten(path, inner, node)
    else:
        yield path, str(messages)


def _inside(node: Schema | fields.Field | None, name: Any) -> Schema | fields.Field | None:
    if isinstance(node, fields.Nested):
        node = node.schema
    if isinstance(node, fields.List | fields.Tuple):
        return node.inner if isinstance(node, fields.List) else None
    if not isinstance(node, Schema) or isinstance(name, int):
        return node  # many=True: the position stands between the schema and its fields
    return next((field for key, field in node.fields.items() if name in (key, field.data_key)), None)


def _join(path: str, name: Any) -> str:
    part = str(name).replace(".", "%2E")
    return f"{path}.{part}" if path else part


def _unfit(data: Any) -> Iterator[tuple[str, list[str]]]:
    """What no field may hold, whatever its schema says: NUL and lone surrogates (no engine takes them), deep nests."""
    stack: list[tuple[str, Any, int]] = [("", data, 0)]
    while stack:
        path, value, depth = stack.pop()
        if isinstance(value, str):
            if "\0" in value or not _is_unicode(value):
                yield path or "_schema", [N_("There are characters in this text that cannot be stored.")]
        elif isinstance(value, dict | list | tuple):
            if depth > DEEPEST:
                yield path, [N_("This is nested too deeply.")]
                continue
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for name, inner in items:
                if isinstance(name, str) and ("\0" in name or not _is_unicode(name)):
                    yield path or "_schema", [N_("There is no such field.")]
                elif isinstance(inner, str | dict | list | tuple):
                    stack.append((_join(path, name), inner, depth + 1))


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def encode_opaque(values: list[Any]) -> str:
    """Plain values as one token for addresses, of which callers know nothing but that they may hand it back."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode_opaque(token: str, field: str) -> list[Any]:
    """What encode_opaque was given. Raises InvalidInput naming the field for anything else."""
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        raise invalid_token(field) from None
    if not isinstance(values, list):
        raise invalid_token(field)
    return values


def invalid_token(field: str) -> InvalidInput:
    """The error for a token that this registry did not give out, or gave out for another question."""
    return InvalidInput({field: [N_("This is not a cursor that this registry gave for this list.")]})
