"""Figures of an import: the first time, the same file again, one change in it, and small page writes meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flask.testing import FlaskClient

from benchmarks import iati_file, limits
from registry.app import create_app
from registry.db import Database
from registry.settings import Settings
from registry.sync.report import Report
from registry.sync.runner import import_file
from tests.support.people import client_for, make_user

SECRET = "bench-secret-key-0001"
EVERY = 0.1
"""Seconds from one page write to the next"""
PAUSES = 100
"""Page writes on a database at rest, for comparison"""
TITLE = b"<narrative>"
NEED = {
    "title": "Marking machines for the police", "themes": "marking", "lines.0.type": "equipment",
    "lines.0.money.amount.written": "91,501.05", "lines.0.money.currency": "USD", "visibility": "public",
    "priority": "high", "language": "en", "do": "save",
}  # fmt: skip
Line = Callable[[str, str, str, float, str], None]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_import(
    engine: str, database: Database, folder: Path, count: int, bare: float, hashed: float, line: Line
) -> None:
    """Import the file that `prepare` wrote, then again, then with one activity changed."""
    settings = Settings(data_dir=folder)

    def run(path: Path) -> tuple[float, Report]:
        start = time.perf_counter()
        report = import_file(database, settings, path, "iati", scope="all")
        return time.perf_counter() - start, report

    path = folder / "activities.xml"
    first, _ = run(path)
    rate = f"{count / first:,.0f}/s"
    line(f"import of {count:,} activities, {engine}", rate, f"{count / bare:,.0f}/s", first / bare,
         "≤ 3 × bare iterparse; ≥ 885/s")  # fmt: skip
    again, report = run(path)
    if report.run.unchanged != count:
        raise RuntimeError(f"{report.run.unchanged} of {count} activities unchanged")
    line(f"the same file again, {engine}", f"{count / again:,.0f}/s", f"{count / hashed:,.0f}/s", again / hashed,
         "≤ 1.5 × parse + hash")  # fmt: skip
    changed, report = run(folder / "changed.xml")
    if (report.run.updated, report.run.unchanged) != (1, count - 1):
        raise RuntimeError(f"{report.run.updated} updated, {report.run.unchanged} unchanged")
    line(f"one activity changed, {engine}", f"{changed:.2f} s", f"{again:.2f} s", changed / again,
         "≤ 1.2 × the unchanged file")  # fmt: skip


def prepare(folder: Path, count: int) -> tuple[float, float]:
    """Write the files; seconds that bare parsing takes, and parsing with hashing."""
    path = folder / "activities.xml"
    iati_file.write(path, count)
    content = path.read_bytes()
    at = content.index(TITLE, len(content) // 2) + len(TITLE)
    (folder / "changed.xml").write_bytes(content[:at] + b"Renamed: " + content[at:])
    return seconds(lambda: limits.parse_touching_everything(path)), seconds(lambda: limits.parse_and_hash(path))


def bench_page_writes(database: Database, folder: Path, count: int, line: Line) -> None:
    """What a person waits for a form to be stored while another process imports `count` activities on SQLite."""
    path = folder / "many.xml"
    iati_file.write(path, count)
    app = create_app(Settings(data_dir=folder, secret_key=SECRET), database)
    app.config["TESTING"] = True
    client = client_for(app, make_user(database, "state", state="KEN"))
    quiet = [_write(client) for _ in range(PAUSES)]
    environment = os.environ | {
        "CASA_DATABASE_URL": database.url,
        "CASA_DATA_DIR": str(folder),
        "CASA_SECRET_KEY": SECRET,
    }
    arguments = ["import", "programmes", str(path), "--format", "iati", "--scope", "all"]
    run = subprocess.Popen(
        [sys.executable, "-m", "registry.cli", *arguments], env=environment, stdout=subprocess.DEVNULL
    )
    waited: list[float] = []
    while run.poll() is None:
        waited.append(_write(client))
        with suppress(subprocess.TimeoutExpired):
            run.wait(EVERY)
    if run.returncode:
        raise RuntimeError(f"the import ended with exit code {run.returncode}")
    for share in (0.5, 0.99):
        ours, limit = percentile(waited, share), percentile(quiet, share)
        aim = f"p99 < 50 ms; {len(waited):,} writes, longest {max(waited):,.0f} ms; limit: database at rest"
        line(
            f"page write p{share * 100:.0f} while importing, SQLite",
            f"{ours:,.1f} ms",
            f"{limit:,.1f} ms",
            ours / limit,
            aim,
        )


def percentile(values: list[float], share: float) -> float:
    """Of at least one value."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _write(client: FlaskClient) -> float:
    """Milliseconds from sending a form to its answer."""
    start = time.perf_counter()
    response = client.post("/en/needs/new", data=NEED)
    took = time.perf_counter() - start
    if response.status_code != 303:
        raise RuntimeError(f"the form was answered with {response.status_code}")
    return took * 1000
