"""Starting a run: of a feed over HTTP, or of a file at hand. What happens then stands in course.py and passage.py.

fetch → verify → split → read → apply batch by batch → settle. A run that was killed is taken over by the next one: its
document is split anew, and what was counted already is passed over.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import Session

from registry.accounts.actor import Actor, system
from registry.db import Database
from registry.settings import Settings
from registry.sync import runs
from registry.sync.course import Course
from registry.sync.feeds import feed_for_files
from registry.sync.models import Feed
from registry.sync.report import Report
from registry.sync.rules import Stop, never
from registry.sync.runs import Progress, no_progress


def run_feed(
    database: Database,
    settings: Settings,
    feed_id: int,
    *,
    trigger: str = "hand",
    actor: Actor | None = None,
    progress: Progress = no_progress,
    dry_run: bool = False,
    stop: Stop = never,
) -> Report:
    """Fetch a feed and apply it. What goes wrong with the source ends the run as failed, with its reason.

    `stop` is asked now and then whether to go on. Raises NotFound; Conflict while another run of the feed is alive; and
    whatever is this registry's own trouble, after noting it on the run.
    """
    with database.reading() as session:
        feed = runs.find_feed(session, feed_id)
    run = Course(
        database, settings, actor, trigger, progress, dry_run, lambda session: runs.find_feed(session, feed_id)
    )
    run.stop = stop
    return run.carry_out(lambda: run.sync(feed))


def import_file(
    database: Database,
    settings: Settings,
    path: Path,
    adapter: str,
    *,
    feed_name: str = "imports",
    scope: str | None = None,
    config: Mapping[str, Any] | None = None,
    actor: Actor | None = None,
    progress: Progress = no_progress,
    dry_run: bool = False,
) -> Report:
    """Apply a file at hand under the feed of this name, made where there is none. Absence says nothing here.

    Every import is read: there is no shortcut for a file that was seen before. Raises as run_feed.
    """

    def opening(session: Session) -> Feed:
        return feed_for_files(session, actor or system("cli"), feed_name, adapter, scope, config)

    run = Course(database, settings, actor, "import", progress, dry_run, opening, scope)
    run.file = path
    return run.carry_out(lambda: run.read(path))
