"""Full-text search: one folded index per kind of record, with the same answers on SQLite and PostgreSQL.

SQLite keeps the tokens in FTS5, PostgreSQL in a tsvector that we write ourselves, so that neither engine's own
parser or stemmer decides what a word is. See docs/search.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, column, delete, false, func, select, table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType
from sqlmodel import Session

from registry.catalogue.folding import fold, is_han, pairs, runs, tokens

__all__ = ["KINDS", "Term", "fold", "index", "matching_ids", "parse_query", "relevance", "remove", "tokens"]

KINDS = ("programme", "organisation", "need", "offer", "listed_party")
MAX_TOKENS = 4000
"""Of one text: what stands further down a very long text is not indexed."""
MAX_TERMS = 24
"""Of one query: the words after these are not looked at."""

_TABLES = {kind: table(f"{kind}_search", column("rowid"), column("title"), column("body")) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must follow one another; `prefix`: the last one need only begin so."""

    words: tuple[str, ...]
    prefix: bool = False


def parse_query(query: str) -> list[Term]:
    """What a query asks for: all of its terms. `"…"` keeps words together; the last word counts as a beginning."""
    pieces = query.split('"')
    if len(pieces) % 2 == 0:  # a quote that was never closed is just a mark
        pieces[-2:] = [pieces[-2] + " " + pieces[-1]]
    found: list[Term] = []
    for position, piece in enumerate(pieces):
        if position % 2:
            found += _phrase(piece)
        else:
            last = position == len(pieces) - 1
            words = runs(piece)
            found += [_word(word, last and at == len(words) - 1) for at, word in enumerate(words)]
    return found[:MAX_TERMS]


def _word(word: str, prefix: bool) -> Term:
    if not is_han(word):
        return Term((word,), prefix)
    return Term(tuple(pairs(word))) if len(word) > 1 else Term((word,), prefix=True)


def _phrase(piece: str) -> list[Term]:
    words = runs(piece)
    if not words:
        return []
    found = tokens(piece)
    if not is_han(words[-1]):
        return [Term(tuple(found))]
    # The phrase may end in the middle of a run: its last character closes no run there.
    return [Term(tuple(found[:-1]))] if len(words[-1]) > 1 else [Term(tuple(found), prefix=True)]


def _fts5(terms: Sequence[Term], title_only: bool) -> str:
    parts = [f'"{" ".join(term.words)}"' + ("*" if term.prefix else "") for term in terms]
    return f"{'{title} : ' if title_only else ''}({' AND '.join(parts)})"


def _tsquery(terms: Sequence[Term], title_only: bool) -> str:
    parts = []
    for term in terms:
        words = [f"'{word}'" + (":A" if title_only else "") for word in term.words]
        if term.prefix:
            words[-1] = f"'{term.words[-1]}':*" + ("A" if title_only else "")
        parts.append("(" + " <-> ".join(words) + ")")
    return " & ".join(parts)


class _Matches(FunctionElement[Any]):
    """Arguments: the index table's body column, the query for FTS5, the query for PostgreSQL."""

    name = "search_matches"
    type = NullType()  # as Boolean, SQLite would get `= 1` behind MATCH
    inherit_cache = True


@compiles(_Matches, "sqlite")
def _matches_sqlite(element: _Matches, compiler: Any, **kw: Any) -> str:
    body, fts5, _tsquery = element.clauses
    return f"{body.table.name} MATCH {compiler.process(fts5, **kw)}"


@compiles(_Matches, "postgresql")
def _matches_postgresql(element: _Matches, compiler: Any, **kw: Any) -> str:
    body, _fts5, tsquery = element.clauses
    return f"{compiler.process(body, **kw)} @@ CAST({compiler.process(tsquery, **kw)} AS tsquery)"


def matching_ids(kind: str, query: str, title_only: bool = False) -> Select[Any]:
    """Ids of the records of a kind that hold all of the query's terms, to be used as `Model.id.in_(…)`.

    Any text is a valid query; one without a single word (`"?!"`) finds nothing.
    """
    index_table = _TABLES[kind]
    terms = parse_query(query)
    if not terms:
        return select(index_table.c.rowid).where(false())
    return select(index_table.c.rowid).where(
        _Matches(index_table.c.body, _fts5(terms, title_only), _tsquery(terms, title_only))
    )


def relevance(kind: str, query: str, id_column: ColumnElement[Any]) -> ColumnElement[int]:
    """1 where the title alone holds all of the query's terms, else 0: what a list by relevance sorts by first."""
    return case((id_column.in_(matching_ids(kind, query, title_only=True)), 1), else_=0)


def index(session: Session, kind: str, texts: Iterable[tuple[int, str, str]]) -> None:
    """Put records into the index, or replace what it holds of them: (id, title, everything else to be found by)."""
    entries = [(record_id, tokens(title)[:MAX_TOKENS], tokens(body)[:MAX_TOKENS]) for record_id, title, body in texts]
    if not entries:
        return
    if session.get_bind().dialect.name == "sqlite":
        statement = text(f"INSERT OR REPLACE INTO {kind}_search (rowid, title, body) VALUES (:id, :title, :body)")  # noqa: S608
        session.execute(
            statement, [{"id": i, "title": " ".join(title), "body": " ".join(body)} for i, title, body in entries]
        )
    else:
        # A literal of every text in one array each: one statement, whatever the batch holds.
        statement = text(
            f"INSERT INTO {kind}_search (rowid, body)"  # noqa: S608
            " SELECT id, CAST(body AS tsvector)"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:bodies AS text[])) AS given(id, body)"
            " ON CONFLICT (rowid) DO UPDATE SET body = excluded.body"
        )
        bodies = {record_id: _tsvector(title, body) for record_id, title, body in entries}
        session.execute(statement, {"ids": list(bodies), "bodies": list(bodies.values())})


def _tsvector(title: Sequence[str], body: Sequence[str]) -> str:
    """A tsvector literal: title words weigh A. The gap keeps a phrase from running out of the title into the body."""
    entries: dict[str, str] = {}
    for position, word in enumerate(title, start=1):
        entries[word] = f"{entries[word]},{position}A" if word in entries else f"'{word}':{position}A"
    for position, word in enumerate(body, start=len(title) + 10):
        entries[word] = f"{entries[word]},{position}" if word in entries else f"'{word}':{position}"
    return " ".join(entries.values())


def remove(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Take records out of the index."""
    index_table = _TABLES[kind]
    session.execute(delete(index_table).where(index_table.c.rowid.in_(ids)))


def count(session: Session, kind: str, query: str) -> int:
    """How many records of a kind match, whoever may see them."""
    return session.execute(select(func.count()).select_from(matching_ids(kind, query).subquery())).scalar_one()
