"""What the pages of needs and offers share: the form, one record with its matches and history, the steps of its life.

`add_life` hangs them into a slice's blueprint; what differs stands in need_pages.py and offer_pages.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from registry.accounts import policy
from registry.errors import InvalidInput, VersionMismatch
from registry.http import actor, session
from registry.matching import entries, suggesting
from registry.matching.alongside import alongside
from registry.matching.entries import Kind
from registry.matching.ledger.views import ledger as ledger_of
from registry.web.conflicts import conflict_page
from registry.web.entry_forms import shown_again
from registry.web.forms import Form, expected_version
from registry.web.history_view import revisions
from registry.web.presentation import theme_name

Values = dict[str, Any]
STEPS = ("open", "withdraw", "close", "renew")
HELPING = ("add_line", "suggest_themes", "check")
"""Buttons that save nothing"""


@dataclass(frozen=True)
class Entry:
    """What differs between the two. Operations take session and actor first, as services do."""

    kind: Kind
    create: Callable[..., Any]
    update: Callable[..., Any]
    views: Callable[..., dict[int, Values]]
    matches: Callable[..., list[Values]]
    others: Callable[..., list[tuple[str, str]]]
    """Open records of the other side, to be compared with."""
    typed: Callable[[MultiDict[str, str]], Values]
    """A form → what the schema reads."""
    values: Callable[[Mapping[str, Any]], Values]
    """What is stored → what the form shows."""
    words: Callable[[str], str]
    blank: Values
    """What an empty form begins with."""
    rows: str
    """The field whose lines the form can add to."""
    choices: Callable[[], Values]
    """What else the form's template reads."""
    drafted: str
    done: Mapping[str, str]
    """Step → what to say when it is taken."""
    sent: Callable[[Values], Values] = dict
    """Data as the form's inputs send it, for whoever was overtaken by somebody else."""
    by_field: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """The fields of a form that people compare."""
    beside: Callable[[Mapping[str, Any]], Values] = lambda _form: {}
    """What stands beside a form with these values, for those who may change the record."""

    @property
    def name(self) -> str:
        return self.kind.name

    @property
    def id_name(self) -> str:
        return f"{self.kind.name}_id"

    def url(self, view: str, record_id: int | None) -> str:
        """The address of one of a record's pages."""
        address: Values = {self.id_name: record_id}
        return url_for(f"web.{self.name}s.{view}", **address)

    def read(self, record_id: int, action: str) -> Any:
        """The record, for somebody who may do this to it. Raises NotFound, NotAllowed."""
        record = entries.read(session(), actor(), self.kind, record_id)
        policy.require(actor(), f"{self.name}.{action}", record)
        return record

    def stored(self, record_id: int) -> Values:
        """What is stored, as the form shows it."""
        return self.values(self.kind.forms(session(), [record_id])[record_id])

    def step(self, record_id: int, action: str, version: int, given: Values | None = None) -> Any:
        """Take one step of the record's life."""
        return entries.change_status(session(), actor(), self.kind, record_id, action, given, version)

    def form(self, form: Form, record: Any = None, more: bool = False) -> str:
        """The page of the form; `more`: with one line more."""
        rows = max(len(form.value(self.rows) or ()) + more, 1)
        known: Values = {self.name: record, "form": form, "rows": rows, "words": self.words}
        return render_template(f"{self.name}s/form.html", **known, **self.choices(), **self.beside(form.values))

    def page(self, record: Any, form: Form, acting: str = "") -> str:
        """The record's page; `acting`: the step whose form is shown again."""
        view = self.views(session(), actor(), [record.id])[record.id]
        history = entries.history(session(), actor(), self.kind, record.id)
        told = self.beside(view) if policy.can(actor(), f"{self.name}.judge", record) else {}
        return render_template(
            f"{self.name}s/show.html",
            **told,
            **{self.name: view},
            form=form,
            blank=Form(),
            words=self.words,
            acting=acting,
            may={name: policy.can(actor(), f"{self.name}.{name}", record) for name in ("update", *STEPS)},
            matches=self.matches(session(), actor(), record.id),
            others=self.others(session(), actor()),
            alongside=alongside(session(), actor(), self.name, record.id),
            ledger=ledger_of(session(), actor(), f"{self.name}_id", record.id),
            history=revisions(history, self.words),
            data_url=f"/api/v1/{self.name}s/{record.id}",
        )


def _helped(entry: Entry, data: Values, record: Any = None, version: int | None = None) -> str:
    """The form again, nothing saved: with one line more, or with the themes ticked that its text suggests."""
    if request.form.get("do") == "add_line":
        return entry.form(Form(shown_again(data), version=version), record, more=True)
    if request.form.get("do") == "check":
        return entry.form(Form(shown_again(data), version=version), record)
    ticked = list(data.get("themes") or ())
    text = f"{data.get('title') or ''}\n{data.get('description') or ''}"
    found = [one.theme for one in suggesting.suggest(text) if one.theme not in ticked]
    if found:
        names = ", ".join(theme_name(theme) for theme in found)
        flash(gettext("Ticked because of the text: %(themes)s. Take away what does not fit.", themes=names), "good")
    else:
        flash(gettext("The text suggests no further theme. Say in the title and description what it is about."), "bad")
    return entry.form(Form(shown_again({**data, "themes": ticked + found}), version=version), record)


def add_life(pages: Blueprint, entry: Entry) -> None:
    """Add the pages `new`, `show` and `edit` and the posts `create`, `update` and `act`."""
    path = f"/{entry.name}s"
    one = f"{path}/<int:{entry.id_name}>"

    @pages.get(f"{path}/new")
    def new() -> ResponseReturnValue:
        """An empty form."""
        policy.require(actor(), f"{entry.name}.create")
        return entry.form(Form(entry.blank))

    @pages.post(f"{path}/new")
    def create() -> ResponseReturnValue:
        """Save a draft, or save and open; a helping button only gives the form back with more in it."""
        policy.require(actor(), f"{entry.name}.create")
        data = entry.typed(request.form)
        if request.form.get("do") in HELPING:
            return _helped(entry, data)
        try:
            record = entry.create(session(), actor(), data)
            if request.form.get("do") == "open":
                record = entry.step(record.id, "open", record.version)
        except InvalidInput as error:
            return entry.form(Form(shown_again(data), error.fields)), error.status
        flash(gettext(entry.drafted if record.status == "draft" else entry.done["open"]), "good")
        return redirect(entry.url("show", record.id), 303)

    @pages.get(f"{one}/edit")
    def edit(**address: int) -> ResponseReturnValue:
        """The form with what is stored."""
        record = entry.read(address[entry.id_name], "update")
        return entry.form(Form(entry.stored(record.id), version=record.version), record)

    @pages.post(f"{one}/edit")
    def update(**address: int) -> ResponseReturnValue:
        """Save; where somebody else was faster, show both."""
        record_id = address[entry.id_name]
        record = entry.read(record_id, "update")
        data, version = entry.typed(request.form), expected_version(request.form)
        form = Form(shown_again(data), version=version)
        if request.form.get("do") in HELPING:
            return _helped(entry, data, record, version)
        try:
            record = entry.update(session(), actor(), record_id, data, version)
            if request.form.get("do") == "open" and record.status == "draft":
                entry.step(record_id, "open", record.version)
        except InvalidInput as error:
            return entry.form(form.with_errors(error), record), error.status
        except VersionMismatch as error:
            url = entry.url("edit", record_id)
            return conflict_page(
                entry.sent(data), entry.stored(record_id), version=error.current, url=url, edit_url=url,
                words=entry.words, by_field=entry.by_field,
            )  # fmt: skip
        flash(gettext("Saved."), "good")
        return redirect(entry.url("show", record_id), 303)

    @pages.get(one)
    def show(**address: int) -> ResponseReturnValue:
        """One record."""
        return entry.page(entry.read(address[entry.id_name], "read"), Form())

    @pages.post(f"{one}/<any({', '.join(STEPS)}):action>")
    def act(action: str, **address: int) -> ResponseReturnValue:
        """One step of the life cycle; what is missing is said at its field."""
        record = entry.read(address[entry.id_name], "read")
        version = expected_version(request.form)
        asked = () if action == "open" else ("reason", "window_start", "window_end")
        given = {name: request.form[name] for name in asked if request.form.get(name)}
        try:
            entry.step(record.id, action, version, given)
        except InvalidInput as error:
            if action == "open":
                return entry.form(Form(entry.stored(record.id), error.fields, record.version), record), error.status
            return entry.page(record, Form(given, error.fields), action), error.status
        flash(gettext(entry.done[action]), "good")
        return redirect(entry.url("show", record.id), 303)
