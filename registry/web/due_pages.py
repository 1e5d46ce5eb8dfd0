"""Reports due and invited of all States: by report and year, one instrument State by State, and a calendar."""

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from registry.catalogue.reference import places, states
from registry.compliance.duties import everybody
from registry.compliance.duties.calendars import Entry, ics
from registry.compliance.duties.everybody import Owed
from registry.compliance.duties.reading import duties
from registry.compliance.editions import text_in
from registry.db import utcnow
from registry.http import registry_app, session
from registry.web import choices
from registry.web.i18n import language
from registry.web.presentation import state_name
from registry.web.standards_words import instrument_name

pages = Blueprint("due", __name__)


@pages.get("/reports/due")
def index() -> ResponseReturnValue:
    """Counts by report and year; with an instrument, State by State."""
    instrument, region = _chosen()
    rows = _rows(instrument, region)
    counted = everybody.count(rows)
    return render_template(
        "due/index.html",
        duties={name: _title(name) for name in counted},
        said={name: said for name, (_, said) in duties().items()},
        counted=counted,
        grids=_grids(rows) if instrument else {},
        statuses={name: duty.statuses for name, (duty, _) in duties().items()},
        instruments=sorted(
            (name, instrument_name(name)) for name in {duty.instrument for duty, _ in duties().values()}
        ),
        of={name: duty.instrument for name, (duty, _) in duties().items()},
        regions=choices.regions(),
        instrument=instrument,
        region=region,
        kept={name: value for name, value in (("instrument", instrument), ("region", region)) if value},
        data_url=_with_filters("/api/v1/reports-due", instrument, region),
    )


@pages.get("/reports/due.ics")
def calendar() -> ResponseReturnValue:
    """The days still to come: one entry for each report and day, naming the States."""
    instrument, region = _chosen()
    base = registry_app().settings.public_url.rstrip("/")
    entries = []
    for (duty, on), listed in everybody.to_come(_rows(instrument, region)).items():
        about, said = duties()[duty]
        title = ngettext("%(title)s: %(num)s State", "%(title)s: %(num)s States", len(listed), title=_title(duty))
        text = f"{', '.join(sorted(map(state_name, listed)))}. {said['source']}"
        link = base + url_for("web.due.index", instrument=about.instrument)
        uid = f"{region or 'all'}-{duty}-{on:%Y%m%d}@casa-registry".lower()
        entries.append(Entry(uid, on, title, text, link))
    headers = {"Content-Disposition": 'attachment; filename="reports-due.ics"'}
    return Response(ics(gettext("Reports due and invited"), entries), mimetype="text/calendar", headers=headers)


def _chosen() -> tuple[str | None, str | None]:
    """Instrument and region of the address; what is none of ours is taken for none."""
    instrument, region = request.args.get("instrument"), request.args.get("region")
    known = {duty.instrument for duty, _ in duties().values()}
    return instrument if instrument in known else None, region if region in places() else None


def _rows(instrument: str | None, region: str | None) -> list[Owed]:
    wanted = states().keys() & set(places()[region].members if region else states())
    return everybody.owed_by(session(), utcnow().date(), wanted, instrument)


def _grids(rows: list[Owed]) -> dict[str, dict[str, dict[int, Owed]]]:
    """Duty → State → year → what became of it."""
    found: dict[str, dict[str, dict[int, Owed]]] = {}
    for row in rows:
        found.setdefault(row.due.duty, {}).setdefault(row.state, {})[row.due.on.year] = row
    return found


def _title(duty: str) -> str:
    return text_in(duties()[duty][1]["title"], language())


def _with_filters(url: str, instrument: str | None, region: str | None) -> str:
    given = [f"{name}={value}" for name, value in (("instrument", instrument), ("region", region)) if value]
    return url + ("?" + "&".join(given) if given else "")
