"""The house's walls: who may import whom, no late imports, no Flask below the doors, pure rules, readable files.

Each test walks all modules and fails with the list of all that offend.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "registry"
TESTS = Path(__file__).parents[1]

# A module may import its own room and rooms on a lower floor; rooms of one floor do not know each other.
FLOORS = [
    {"app"},
    {"api", "web", "cli", "worker"},
    {"http_files"},
    {"http"},
    {"sync", "alerts", "loop", "reporting"},
    {"matching", "compliance", "webhooks"},
    {"catalogue"},
    {"accounts", "events"},
    {"schemas"},
    {"backup"},
    {"outbound", "migrate", "models", "migrations"},
    {"bulk", "db", "rooms", "settings", "yaml_files"},
    {"outages"},
    {"errors", "json_text", "priority"},
]
HEIGHT = {room: -level for level, rooms in enumerate(FLOORS) for room in rooms}
# `registry.models` only gathers all tables for migrations and tests; cli starts the app's parts and the ticker.
GATHERERS = {"models", "migrations", "migrate"}
DOORS_TOGETHER = {("cli", "worker"), ("app", "app")}
WEB_ONLY = {
    "flask",
    "flask_smorest",
    "flask_babel",
    "flask_wtf",
    "flask_login",
    "flask_compress",
    "werkzeug",
    "jinja2",
    "gunicorn",
}
ABOVE = {"app", "api", "web", "cli", "worker", "http", "http_files"}


@cache
def modules() -> dict[str, tuple[Path, ast.Module]]:
    """Name → its file and its tree, of all but the migrations."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        if relative.parts[:2] == ("migrations", "versions"):
            continue
        name = ".".join(("registry", *relative.with_suffix("").parts)).removesuffix(".__init__")
        found[name] = path, ast.parse(path.read_text(encoding="utf-8"))
    assert len(found) > 300, "the modules were not found"
    return found


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "registry"


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}: the room an import comes from must show"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield (full if full in modules() else module), node.lineno


def said(offences: Iterator[str]) -> str:
    """All of them, one a line: empty where there is none."""
    return "\n".join(offences)


def test_imports_go_downward_only() -> None:
    def offences() -> Iterator[str]:
        for name, (path, tree) in modules().items():
            here = room(name)
            if here in GATHERERS:
                continue
            for target, line in imported(tree):
                there = room(target)
                if not target.startswith("registry.") or there == here or (here, there) in DOORS_TOGETHER:
                    continue
                if there not in HEIGHT:
                    yield f"{path}:{line}: the room `{there}` stands on no floor"
                elif there in ("migrate", "models") and here not in ("cli", "backup"):
                    yield f"{path}:{line}: only the command line migrates"
                elif HEIGHT[there] >= HEIGHT[here]:
                    yield f"{path}:{line}: {here} may not import {there}"

    assert not (found := said(offences())), found


def test_no_flask_below_the_doors() -> None:
    found = said(
        f"{path}:{line}: {target} below the doors"
        for name, (path, tree) in modules().items()
        if room(name) not in ABOVE
        for target, line in imported(tree)
        if target.split(".")[0] in WEB_ONLY
    )
    assert not found, found


def test_no_imports_inside_functions() -> None:
    found = said(
        f"{path}:{inner.lineno}: a late import: mend the floors"
        for path, tree in modules().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    )
    assert not found, found


PURE = ("registry.catalogue.acts", "registry.catalogue.money")
"""Modules as pure as rules, which rules of other slices may read"""


def test_rules_are_pure() -> None:
    def offences() -> Iterator[str]:
        for name in [*PURE, *(n for n in modules() if n.rsplit(".", 1)[-1] == "rules")]:
            path, tree = modules()[name]
            for target, line in imported(tree):
                top = target.split(".")[0]
                if top not in sys.stdlib_module_names and not target.startswith(
                    ("registry.errors", *PURE, *[f"registry.{room(name)}"])
                ):
                    yield f"{path}:{line}: rules import {target}"
                if target.endswith((".models", ".service")):
                    yield f"{path}:{line}: rules read no tables"
            for node in ast.walk(tree):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr in ("now", "utcnow", "today"):
                    yield f"{path}:{called.lineno}: rules are handed `now`"

    assert not (found := said(offences())), found


def test_only_settings_reads_the_environment() -> None:
    # The demo hands its own environment on to its processes, and `serve` sets one for the allocator of gunicorn's.
    excepted = ("registry.settings", "registry.cli.demo", "registry.cli.processes", "registry.cli.setup")
    found = said(
        f"{path}:{node.lineno}: only settings.py reads the environment"
        for name, (path, tree) in modules().items()
        if name not in excepted
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
        if isinstance(node.value, ast.Name) and node.value.id == "os"
    )
    assert not found, found


def test_every_file_can_be_read_in_one_sitting() -> None:
    long = {
        str(p.relative_to(PACKAGE)): n
        for p, n in ((p, len(p.read_text().splitlines())) for p, _ in modules().values())
        if n > 400
    }
    tests = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TESTS.rglob("*.py")}
    long |= {path: n for path, n in tests.items() if n > 400}
    assert not long, long


def test_nothing_is_passed_over() -> None:
    """`pass` says nothing: a class has its docstring, an error its treatment."""
    found = [
        f"{path}:{node.lineno}: pass"
        for path in (*PACKAGE.rglob("*.py"), *TESTS.rglob("*.py"), *(PACKAGE.parent / "benchmarks").rglob("*.py"))
        if "pass" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Pass)
    ]
    assert not found, found


def test_every_module_says_what_it_is_for() -> None:
    found = [str(path) for path, tree in modules().values() if not ast.get_docstring(tree)]
    assert not found, found
