"""What machines ask an installation: `/healthz` (the process lives), `/readyz` (it can serve), `/metrics` (figures).

/healthz and /readyz answer anybody, without a word about the data. /metrics answers callers on this machine that came
without a proxy, people who coordinate or administer, and tokens with scope `admin`: its figures count private records.
"""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from registry.accounts.actor import Actor
from registry.api import gauges, metrics
from registry.api.answers import json_response
from registry.db import utcnow
from registry.errors import N_, NotAllowed
from registry.http import actor, registry_app, session
from registry.outages import OUTAGE

blp = Blueprint("health", __name__)


@blp.get("/healthz")
def healthz() -> Response:
    """This process answers. Asks no database, so a slow one does not make a supervisor kill it."""
    return json_response({"status": "ok"})


@blp.get("/readyz")
def readyz() -> Response:
    """Whether this process can serve: the database answers and has this version's tables; else 503 with what is wrong.

    The scheduler's last sign of life is shown and not asked for: pages work without it.
    """
    try:
        with registry_app().database.reading() as reading:
            migrated = _revision(reading) == _newest_revision()
            scheduler = gauges.scheduler(reading, utcnow()) if migrated else None
    except DBAPIError as error:
        OUTAGE.note(error, "/readyz is answered 503")
        return json_response({"status": "unavailable", "database": "does not answer"}, 503)
    found = {"status": "ok" if migrated else "unavailable", "database": "ok"}
    found["migrations"] = "ok" if migrated else "not at this version: run `casa init`"
    return json_response({**found, "scheduler": scheduler}, 200 if migrated else 503)


def _revision(reading: Session) -> str | None:
    return reading.execute(text("SELECT version_num FROM alembic_version")).scalar()


@cache
def _newest_revision() -> str | None:
    return ScriptDirectory(str(Path(__file__).parents[1] / "migrations")).get_current_head()


@blp.get("/metrics")
def metrics_text() -> Response:
    """Figures in Prometheus' text format: this process's requests, and the database's counts."""
    if not _may_read(actor()):
        raise NotAllowed(N_("Figures are for callers on this machine, coordinators, administrators and admin tokens."))
    lines = [*metrics.lines(), *gauges.lines(session(), utcnow())]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(who: Actor) -> bool:
    if who.scopes is not None:
        return "admin" in who.scopes and who.sees_all
    # A proxy on this machine makes everybody local; what it forwards carries one of these.
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"))
    return who.sees_all or (request.remote_addr in ("127.0.0.1", "::1") and not forwarded)
