"""Rows of a table, each stored within its own savepoint, so that a bad row takes nobody with it. Knows no kind.

A dry run is the same code, rolled back at its end.
"""

from collections.abc import Callable, Iterable

from sqlmodel import Session

from registry.accounts import audit
from registry.catalogue.tabular import ImportReport, Row
from registry.errors import InvalidInput, RegistryError

NameColumn = Callable[[str], str]
"""A form's path (`lines.0.money.amount`) → the column that a person filled in (`amount_1`)."""
Prepare = Callable[[Row], tuple[Callable[[], str], NameColumn]]
"""A row → what stores it and says `created`, `updated` or `unchanged`, and how to name its columns in errors"""


def import_each(
    session: Session,
    rows: Iterable[Row],
    prepare: Prepare,
    require_columns: Callable[[tuple[str, ...]], None],
    dry_run: bool,
) -> ImportReport:
    """Store rows; every row is counted once. At most some 1,000 rows per transaction.

    Raises what `require_columns` raises for the columns of a table (none for JSON).
    """
    report = ImportReport()
    mark = audit.pending(session)
    whole = session.begin_nested()
    checked: tuple[str, ...] = ()
    for row in rows:
        if row.columns is not checked:
            require_columns(row.columns)
            checked = row.columns
        _import(session, row, prepare, report)
    if dry_run:
        whole.rollback()
        audit.forget_since(session, mark)
    else:
        whole.commit()
    return report


def require_once(seen: dict[str, int], key: str, number: int, field: str) -> None:
    """Note that row `number` has this key. Raises InvalidInput where an earlier row has it."""
    if seen.setdefault(key, number) != number:
        raise InvalidInput({field: [f"Row {seen[key]} of this file has “{key}” already: one of the two must go."]})


def require_known(columns: Iterable[str], known: Iterable[str], kind: str, usual: Iterable[str]) -> None:
    """Raise InvalidInput under `columns` where some are not known; `usual`: those that the message lists."""
    allowed = set(known)
    unknown = [name for name in columns if name not in allowed]
    if unknown:
        names = ", ".join(f"“{name}”" for name in unknown)
        raise InvalidInput({"columns": [f"Not columns of {kind}: {names}. Columns are: {', '.join(usual)}."]})


def _import(session: Session, row: Row, prepare: Prepare, report: ImportReport) -> None:
    if row.problem:
        report.refuse(row.number, [("", row.problem)])
        return
    store, column_of = prepare(row)
    mark = audit.pending(session)
    savepoint = session.begin_nested()
    try:
        outcome = store()
        savepoint.commit()
    except RegistryError as error:
        # One bad row among many: its reason goes into the report, the others go on.
        savepoint.rollback()
        audit.forget_since(session, mark)
        fields = error.fields if isinstance(error, InvalidInput) else {"": [str(error)]}
        report.refuse(row.number, [(column_of(path), text) for path, texts in fields.items() for text in texts])
    else:
        report.count(outcome)
