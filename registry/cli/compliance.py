"""`casa standards …` and `casa score`: the library of standards, and how far a State is on one of them."""

import sys
from pathlib import Path
from typing import Any

import click

from registry.catalogue.identity import is_demonstration
from registry.catalogue.reference import resolve_state
from registry.cli import Context, pass_context, print_json
from registry.compliance import editions, library, listing, scorecard
from registry.compliance.differences import compare
from registry.compliance.editions import Edition
from registry.errors import N_, InvalidInput, NotFound
from registry.matching.embargoes import reading as embargo_file
from registry.matching.embargoes.rules import Proof
from registry.matching.requirements import needs_by_clause
from registry.reporting import templates
from registry.settings import data_path

as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
files_argument = click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))

CORE = ("poa", "iti", "att", "firearms-protocol")
"""Standards whose share read at a source is told together with that of the embargoes"""


@click.group("standards")
def standards_command() -> None:
    """The library of standards: list, check, load, compare."""


@standards_command.command("list")
@as_json_option
@pass_context
def list_command(context: Context, as_json: bool) -> None:
    """List the standards that are loaded, each with its current edition."""
    with context.database.reading() as session:
        found = listing.list_standards(session)
    if as_json:
        print_json({"standards": found})
        return
    for item in found:
        click.echo(
            f"{item['standard']:<20} {item['version']:<8} {item['status']:<10} {item['sha256'][:12]}  "
            f"{item['clauses']:>3} clauses ({item['checked_clauses']} checked)  {editions.text_in(item['title'])}"
        )
    if not found:
        click.echo("No standards are loaded: run `casa standards load`.", err=True)


@standards_command.command("check")
@files_argument
@as_json_option
def check_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Check FILES (files or folders; without any, this registry's own) without a database. Exit 1: one is wrong."""
    paths = library.standard_files(files or [data_path("standards")])
    try:
        found, outside = library.read_all(paths)
        problems: dict[str, list[str]] = {}
    except InvalidInput as error:
        found, outside, problems = [], [], error.fields
    forms = [] if files else sorted((data_path("standards") / templates.FOLDER).glob("*.yaml"))
    for path in forms:
        try:
            templates.read(path)
        except InvalidInput as error:
            problems = {**problems, **error.fields}
    embargo_facts = [] if files else _embargo_facts(problems)
    known = sum(proof.checked for proof in embargo_facts)
    core = [edition for edition in found if edition.slug in CORE]
    core_facts = sum(len(edition.requirements) for edition in core) + len(embargo_facts)
    core_known = sum(edition.checked_clauses for edition in core) + known
    if as_json:
        checked = [_named(edition) for edition in found]
        facts = {"facts": len(embargo_facts), "checked": known}
        report = {"ok": not problems, "standards": checked, "problems": problems, "outside": outside}
        print_json(
            report if files else report | {"embargoes": facts, "core": {"facts": core_facts, "checked": core_known}}
        )
    else:
        for edition in found:
            clauses = len(edition.requirements)
            known_here = edition.checked_clauses
            click.echo(
                f"ok  {edition.slug} {edition.version}: {clauses} clauses, "
                f"{known_here} ({known_here / clauses:.0%}) checked"
            )
        if forms:
            click.echo(f"Templates of national reports: {len(forms)} read")
        if embargo_facts:
            share = known / len(embargo_facts)
            click.echo(f"Embargo facts: {known} of {len(embargo_facts)} ({share:.0%}) read at a source")
            click.echo(
                "Programme of Action, Tracing Instrument, Arms Trade Treaty, Firearms Protocol and embargoes together: "
                f"{core_known} of {core_facts} ({core_known / core_facts:.0%}) checked"
            )
        if outside:
            click.echo(f"Mapped to standards that are not in the library: {', '.join(outside)}")
        for place, messages in problems.items():
            click.echo(f"{place}: {' '.join(messages)}", err=True)
    if problems:
        sys.exit(1)


def _embargo_facts(problems: dict[str, list[str]]) -> list[Proof]:
    """The proofs of all that the file of embargoes states; what is wrong with the file joins `problems`."""
    try:
        regimes = embargo_file.read(data_path("standards") / embargo_file.FILE).regimes
    except InvalidInput as error:
        problems |= error.fields
        return []
    return [proof for regime in regimes for _, proof in regime.facts()]


@standards_command.command("load")
@files_argument
@click.option("--dry-run", is_flag=True, help="Say what would be loaded; write nothing.")
@as_json_option
@pass_context
def load_command(context: Context, files: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
    """Load FILES (without any, all of this registry's own): new editions beside the old ones, all files or none."""
    paths = list(files or [data_path("standards")])
    if dry_run:
        with context.database.reading() as session:
            report = library.load(session, context.actor, paths, dry_run=True)
    else:
        with context.database.transaction() as session:
            report = library.load(session, context.actor, paths)
    if as_json:
        print_json({"dry_run": dry_run, **report.as_dict()})
        return
    for item in report.planned:
        before = f" (after {item.previous})" if item.previous else ""
        click.echo(f"{item.outcome.replace('_', ' '):<12} {item.edition.slug} {item.edition.version}{before}")


@standards_command.command("diff")
@click.argument("old")
@click.argument("new")
@as_json_option
@pass_context
def diff_command(context: Context, old: str, new: str, as_json: bool) -> None:
    """Show which clauses differ between two editions, each a file or a loaded one (iti, iti@1.0.0).

    Exit 1 where NEW may not follow OLD: a removed id without a migration, a version number that hides the change.
    """
    before, after = _edition(context, old), _edition(context, new)
    difference = compare(before, after)
    if as_json:
        print_json({"old": _named(before), "new": _named(after), **difference.as_dict()})
    else:
        for sign, clauses in (("+", difference.added), ("-", difference.removed), ("~", difference.changed)):
            for clause in clauses:
                click.echo(f"{sign} {clause}")
        for reason in difference.refusals:
            click.echo(f"Refused: {reason}", err=True)
    if difference.refusals:
        sys.exit(1)


@click.command("score")
@click.argument("state")
@click.argument("standard")
@as_json_option
@pass_context
def score_command(context: Context, state: str, standard: str, as_json: bool) -> None:
    """Score the latest assessment of STANDARD by STATE (any code or name), whatever its status, which is shown."""
    known = resolve_state(state)
    if known is None:
        raise NotFound(N_("There is no State %(state)s."), state=state)
    with context.database.reading() as session:
        slug = editions.find(session, standard).slug
        assessment = scorecard.latest(session, context.actor, known.alpha3, slug, published_only=False)
        card = scorecard.scorecard(
            session,
            assessment,
            lambda a, clauses: needs_by_clause(session, context.actor, a.state, a.standard, clauses),
        )
        demonstration = is_demonstration(session)
    if as_json:
        print_json({**card, "demonstration": demonstration})
        return
    if demonstration:
        click.echo("Demonstration data: invented, not a fact about this State.")
    click.echo(f"{known.name()}, {slug} {card['version']}, assessment {card['assessment_id']} ({card['status']})")
    click.echo(f"fulfilled: {_interval(card)}, band {card['band'] or '-'} ({card['band_label'] or 'none applies'})")
    click.echo(f"answered: {card['answered']} of {card['applicable']}, not applicable: {card['not_applicable']}")
    for section in card["sections"]:
        click.echo(f"  {'  ' * section['depth']}{section['title']}: {_interval(section)}")
    for gap in card["gaps"]:
        needs = "".join(f" → need {need['id']} ({need['status']})" for need in gap["linked_needs"])
        click.echo(f"gap {gap['ref']} {gap['clause']}, weight {gap['weight']['exact']}{needs}")


def _edition(context: Context, name: str) -> Edition:
    if Path(name).is_file():
        return library.read_file(Path(name))
    slug, _, version = name.partition("@")
    with context.database.reading() as session:
        return editions.pinned(session, editions.find(session, slug, version or None).id or 0)


def _named(edition: Edition) -> dict[str, str]:
    return {"standard": edition.slug, "version": edition.version, "sha256": edition.sha256}


def _interval(figures: dict[str, Any]) -> str:
    if figures["low"] is None:
        return "unknown"
    low, high = figures["low"]["value"], figures["high"]["value"]
    return f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"
