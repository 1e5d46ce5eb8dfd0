"""Pages of long lists by keyset: the next page starts behind the last row seen, so deep pages cost what the first does.

A slice names its orders once and asks for pages:

    SORTS = {"updated_at": Sort((Need.updated_at, Need.id), descending=True), "title": Sort((Need.title, Need.id))}
    rows, next_cursor = keyset(session, select(Need.id, Need.title), sort_of("-title", SORTS), cursor, 50)

The statement selects the sort columns (or their whole entity); the last of them is unique. Rows without a value come
last in either direction, on both engines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlmodel import Session

from registry.errors import InvalidInput
from registry.schemas import LARGEST_ID, decode_opaque, encode_opaque, invalid_token


@dataclass(frozen=True)
class Sort:
    """An order: columns in one direction, the last of them unique. `nullable`: the first may be null."""

    columns: tuple[Any, ...]
    descending: bool = False
    nullable: bool = False
    name: str = ""

    @property
    def signature(self) -> str:
        """What a cursor of this order carries, so that it is refused in another."""
        return f"{self.name or ','.join(str(column.key) for column in self.columns)}{'-' * self.descending}"


class Page(NamedTuple):
    """Rows of one page and the cursor of the next; None: this was the last."""

    rows: Sequence[Row[Any]]
    next: str | None


def sort_of(text: str | None, sorts: Mapping[str, Sort]) -> Sort:
    """The order that `title`, `-title` (the other direction) … names; without text the first of `sorts` in its own.

    Raises InvalidInput naming `sort` and what is possible.
    """
    if not text:
        name = next(iter(sorts))
        return replace(sorts[name], name=name)
    name = text.removeprefix("-")
    if name not in sorts:
        possible = ", ".join(option for known in sorts for option in (known, f"-{known}"))
        raise InvalidInput({"sort": [f"This list is sorted by one of: {possible}."]})
    return replace(sorts[name], name=name, descending=text.startswith("-"))


def keyset(session: Session, statement: Select[Any], sort: Sort, cursor: str | None, limit: int) -> Page:
    """At most `limit` rows of the statement in this order, behind the cursor. Raises InvalidInput for a bad cursor."""
    after = decode_cursor(cursor, sort) if cursor else None
    # Plain rows past the ORM's own compilation, which costs as much as the query; entities need the ORM.
    plain = all(isinstance(item["expr"], ColumnElement) for item in statement.column_descriptions)
    execute: Any = session.connection().execute if plain else session.execute
    if not sort.nullable:
        rows = execute(_part(statement, sort, after, limit + 1)).all()
    else:
        # Two ranges of one index instead of an expression no index serves: rows with a value, then those without.
        first, rest = sort.columns[0], replace(sort, columns=sort.columns[1:])
        rows = []
        if after is None or after[0] is not None:
            rows = list(execute(_part(statement.where(first.is_not(None)), sort, after, limit + 1)).all())
        if len(rows) <= limit:
            behind = after[1:] if after is not None and after[0] is None else None
            rows += execute(_part(statement.where(first.is_(None)), rest, behind, limit + 1 - len(rows))).all()
    if len(rows) <= limit:
        return Page(rows, None)
    rows = rows[:limit]
    return Page(rows, encode_cursor([_value(rows[-1], column) for column in sort.columns], sort))


def _part(statement: Select[Any], sort: Sort, after: Sequence[Any] | None, limit: int) -> Select[Any]:
    if after is not None:
        left = tuple_(*sort.columns)
        right = tuple_(*(literal(value, column.type) for value, column in zip(after, sort.columns, strict=True)))
        statement = statement.where(left < right if sort.descending else left > right)
    order = [column.desc() if sort.descending else column.asc() for column in sort.columns]
    return statement.order_by(*order).limit(limit)


def _value(row: Row[Any], column: Any) -> Any:
    if column in row._mapping:
        return row._mapping[column]
    if isinstance(column, InstrumentedAttribute) and column.class_ in row._mapping:
        return getattr(row._mapping[column.class_], column.key)
    raise LookupError(f"the statement does not select {column}, by which it is sorted")


def encode_cursor(values: Sequence[Any], sort: Sort) -> str:
    """The place behind a row whose sort columns have these values."""
    return encode_opaque([sort.signature, *values])


def decode_cursor(cursor: str, sort: Sort) -> list[Any]:
    """The values that encode_cursor was given. Raises InvalidInput naming `cursor` for garbage or another order's."""
    signature, *texts = decode_opaque(cursor, "cursor") or [None]
    if signature != sort.signature or len(texts) != len(sort.columns):
        raise invalid_token("cursor")
    values = [_typed(text, _kind(column)) for text, column in zip(texts, sort.columns, strict=True)]
    if None in (values[1:] if sort.nullable else values):
        raise invalid_token("cursor")
    return values


def _kind(column: Any) -> type:
    kind: type = getattr(column.type, "impl_instance", column.type).python_type  # of what a decorated type stands on
    return kind


def _typed(value: Any, kind: type) -> Any:
    """A JSON value as the column's type; a forged cursor must not reach the database with another one."""
    if value is None:
        return None
    if isinstance(value, str) and issubclass(kind, date):
        return _moment(value, kind)
    if isinstance(value, bool):
        raise invalid_token("cursor")
    if isinstance(value, int) and kind in (int, float) and abs(value) <= LARGEST_ID:
        return kind(value)
    if (isinstance(value, float) and kind is float) or (isinstance(value, str) and kind is str and "\0" not in value):
        return value
    raise invalid_token("cursor")


def _moment(text: str, kind: type[date]) -> date:
    try:
        moment = kind.fromisoformat(text)
    except ValueError:
        raise invalid_token("cursor") from None
    if isinstance(moment, datetime) and moment.tzinfo is None:
        raise invalid_token("cursor")
    return moment
