"""Tables that people hand in by a form's file: looked at first, then entered."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from registry.accounts.actor import Actor
from registry.catalogue.tabular import FORMATS, ImportReport, Row, read_rows
from registry.errors import N_, InvalidInput
from registry.http import actor, session
from registry.web.forms import Form

Importer = Callable[[Any, Actor, Iterable[Row], bool], ImportReport]


def imported(importer: Importer) -> ImportReport:
    """What became of the form's file; nothing is written unless the form says `do=enter`. Raises InvalidInput."""
    given = request.files.get("file")
    ending = (given.filename or "").rpartition(".")[2].lower() if given else ""
    if given is None or ending not in FORMATS:
        raise InvalidInput({"file": [N_("Choose a file whose name ends in .csv, .xlsx or .json.")]})
    with TemporaryDirectory(prefix="casa-table-") as folder:
        path = Path(folder) / f"table.{ending}"
        given.save(path)
        return importer(session(), actor(), read_rows(path, ending), request.form.get("do") != "enter")


def import_page(importer: Importer, template: str, **shown: Any) -> ResponseReturnValue:
    """The page of an import (partials/import_*.html are part of it): for a GET empty, else with what became."""
    report, form, status = None, Form({}), 200
    if request.method == "POST":
        try:
            report = imported(importer)
        except InvalidInput as error:
            form, status = Form({}, error.fields), error.status
    entered = request.form.get("do") == "enter"
    return render_template(template, report=report, form=form, entered=entered, **shown), status
