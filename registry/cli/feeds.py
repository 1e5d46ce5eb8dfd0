"""`casa feed`: partners' feeds, their runs and what is in quarantine."""

import re
import sys
from typing import Any

import click

from registry.cli import Context, pass_context, print_json
from registry.cli import feed_answers as answers
from registry.cli.feed_choice import as_json, find
from registry.cli.feed_pings import notify_command
from registry.cli.feed_tokens import token_command
from registry.schemas import load
from registry.sync import feeds, listing
from registry.sync.adapters import ADAPTERS
from registry.sync.models import SCOPES, Feed, Run
from registry.sync.report import Report
from registry.sync.runner import run_feed
from registry.sync.runs import Progress
from registry.sync.schemas import VERDICTS, FeedForm, VerdictForm

STAGES = {"fetch": "Fetching", "verify": "Checking", "apply": "Reading"}


@click.group("feed")
def feed_command() -> None:
    """Partners' feeds: add, list, synchronise, look into runs and quarantine."""


def _minutes(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """`60`, `60m`, `12h`, `7d` → minutes."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6})\s*([mhd]?)", text.strip().lower())
    if not found:
        raise click.BadParameter("write minutes, hours or days: 30m, 12h, 7d")
    return int(found[1]) * {"": 1, "m": 1, "h": 60, "d": 1440}[found[2]]


def _settings(_context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, Any]:
    """`key=value` and `columns.title=Project name` → nested settings."""
    config: dict[str, Any] = {}
    for pair in pairs:
        path, found, value = pair.partition("=")
        *above, last = path.split(".")
        place = config
        for name in above:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                raise click.BadParameter(f"“{path}” lies inside a setting that has a value of its own")
        if not (found and path):
            raise click.BadParameter(f"“{pair}”: write key=value")
        place[last] = value
    return config


with_config = click.option(
    "--config", "config", multiple=True, callback=_settings, metavar="KEY=VALUE",
    help="A setting of the format (docs/adapters.md), as often as needed: --config columns.title='Project name'.",
)  # fmt: skip


@feed_command.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--adapter", type=click.Choice(list(ADAPTERS)), default="iati", show_default=True, help="Format.")
@click.option("--scope", type=click.Choice(SCOPES), default="relevant", show_default=True,
              help="Only what is about small arms, or everything.")  # fmt: skip
@click.option("--every", callback=_minutes, help="Interval: 60m, 12h, 7d. Without it the feed runs by hand only.")
@click.option("--organisation", type=int, help="Number of the organisation that publishes it.")
@with_config
@as_json
@pass_context
def add_command(
    context: Context, name: str, url: str, adapter: str, scope: str, every: int | None, organisation: int | None,
    config: dict[str, Any], as_json: bool,
) -> None:  # fmt: skip
    """Add a feed."""
    form = {
        "name": name, "url": url, "adapter": adapter, "scope": scope, "every_minutes": every,
        "organisation_id": organisation, "config": config,
    }  # fmt: skip
    with context.database.transaction() as session:
        feed = feeds.create_feed(session, context.actor, load(FeedForm(), form))
        row = listing.feed_row(session, feed)
    print_json(row) if as_json else click.echo(f"Feed {feed.id} “{feed.name}” added.")


@feed_command.command("list")
@as_json
@pass_context
def list_command(context: Context, as_json: bool) -> None:
    """List the feeds with their last run."""
    with context.database.reading() as session:
        rows = listing.feed_rows(session, context.actor)
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        last = row["last_run"]
        state = f"{last['status']} {last['started_at']:%Y-%m-%d %H:%M}" if last else "never run"
        every = f"every {row['every_minutes']} min" if row["every_minutes"] else "by hand"
        ahead = f", next {row['next_run_at']:%Y-%m-%d %H:%M:%S}" if row["next_run_at"] else ""
        failures = f", {row['failures']} failures in a row" if row["failures"] else ""
        said = f"{row['scope']}, {every}, {state}{failures}{ahead}"
        click.echo(f"{row['id']:>4}  {row['name']}  {said}  {row['url'] or '(files)'}")


@feed_command.command("sync")
@click.argument("feed")
@click.option("--dry-run", is_flag=True, help="Fetch and read, write nothing.")
@as_json
@pass_context
def sync_command(context: Context, feed: str, dry_run: bool, as_json: bool) -> None:
    """Synchronise FEED (its number or name) now."""
    report = sync_with_report(context, find(context, feed), dry_run=dry_run)
    show_report(report, as_json)
    if report.run.status in ("failed", "cancelled"):
        sys.exit(1)


def sync_with_bar(context: Context, feed: Feed) -> Run:
    """Synchronise a feed, showing a bar on standard error. Returns the finished run."""
    return sync_with_report(context, feed).run


def sync_with_report(context: Context, feed: Feed, *, dry_run: bool = False) -> Report:
    """As sync_with_bar, with what went to quarantine."""
    with Bar(feed.name) as bar:
        return run_feed(
            context.database, context.settings, feed.id or 0, actor=context.actor, progress=bar.show, dry_run=dry_run
        )  # fmt: skip


SHOWN = 50
MARKS = {"created": "+", "updated": "~", "revived": "↑", "archived": "-"}


class Bar:
    """A progress bar on standard error, one per stage; none where that is no terminal."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._stage = ""
        self._bar: Any = None
        self._done = 0

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None

    @property
    def show(self) -> Progress:
        return self._show

    def _show(self, stage: str, done: int, everything: int | None) -> None:
        if not sys.stderr.isatty() or not everything:
            return
        if stage != self._stage:
            self._end()
            self._stage, self._done = stage, 0
            label = f"{STAGES.get(stage, stage)} {self.label}"
            self._bar = click.progressbar(length=everything, label=label, file=sys.stderr, width=30)
            self._bar.__enter__()
        self._bar.update(done - self._done)
        self._done = done


def show_report(report: Report, as_json: bool) -> None:
    """Print what a run did."""
    if as_json:
        print_json(report.as_dict())
        return
    run = report.run
    if run.status == "failed":
        click.echo(f"Failed: {run.reason}", err=True)
    elif run.reason:
        click.echo(f"{run.status.replace('_', ' ').capitalize()}: {run.reason}")
    if run.records or run.archived:
        click.echo(
            f"{run.records} records: {run.created} created, {run.updated} updated, {run.unchanged} unchanged, "
            f"{run.ignored} ignored, {run.quarantined} quarantined; {run.archived} archived ({report.seconds:.1f} s)"
        )
    for note in report.notes:
        click.echo(f"  {note}")
    for change in report.changes[:SHOWN] if run.id is None else ():
        fields = f": {', '.join(change.fields)}" if change.fields else ""
        click.echo(f"  {MARKS.get(change.outcome, ' ')} {change.remote_id} {change.title}{fields}")
    if run.id is None and len(report.changes) > SHOWN:
        click.echo(f"  … and {run.created + run.updated + run.archived - SHOWN} more: --json lists the first 1,000")
    for refusal in report.refusals[:20]:
        click.echo(f"  line {refusal.line}: {refusal.remote_id}: {refusal.reason}")
    if len(report.refusals) > 20:
        click.echo(f"  … and {run.quarantined - 20} more: `casa feed quarantine {run.feed_id}`")


@feed_command.command("runs")
@click.argument("feed")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many, newest first.")
@as_json
@pass_context
def runs_command(context: Context, feed: str, limit: int, as_json: bool) -> None:
    """List the last runs of FEED."""
    feed_id = find(context, feed).id or 0
    with context.database.reading() as session:
        rows, _ = listing.run_rows(session, context.actor, feed_id, None, limit)
    if as_json:
        print_json({"items": rows})
        return
    for row in rows:
        click.echo(
            f"{row['id']:>6}  {row['started_at']:%Y-%m-%d %H:%M:%S}  {row['status']:<12} "
            f"+{row['created']} ~{row['updated']} ={row['unchanged']} ignored {row['ignored']} "
            f"quarantined {row['quarantined']} archived {row['archived']}  {row['reason'] or ''}".rstrip()
        )


@feed_command.command("quarantine")
@click.argument("feed")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many.")
@as_json
@pass_context
def quarantine_command(context: Context, feed: str, limit: int, as_json: bool) -> None:
    """List what FEED holds that could not be used, with reason and line."""
    feed_id = find(context, feed).id or 0
    with context.database.reading() as session:
        rows, _ = listing.record_rows(session, context.actor, feed_id, "quarantined", None, limit)
    if as_json:
        print_json({"items": rows})
        return
    if not rows:
        click.echo("Nothing is in quarantine.")
    for row in rows:
        click.echo(f"{row['id']:>6}  line {row['line']}  {row['reason_code']}  {row['remote_id']}: {row['reason']}")


@feed_command.command("verdict")
@click.argument("record", type=int)
@click.argument("verdict", type=click.Choice([*VERDICTS, "none"]))
@as_json
@pass_context
def verdict_command(context: Context, record: int, verdict: str, as_json: bool) -> None:
    """Overrule the classification of remote RECORD (its number); the next run applies it."""
    data = load(VerdictForm(), {"verdict": None if verdict == "none" else verdict})
    with context.database.transaction() as session:
        changed = feeds.set_verdict(session, context.actor, record, data["verdict"])
        row = listing.record_row(changed)
    print_json(row) if as_json else click.echo(f"{row['remote_id']}: {verdict}")


for command in (notify_command, token_command, answers.held_command, answers.release_command, answers.refuse_command):
    feed_command.add_command(command)
