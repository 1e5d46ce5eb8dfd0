"""The house's walls: who may import whom, no late imports, no Flask below the doors, pure rules, readable files."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    {"bulk", "db", "settings", "yaml_files"},
    {"errors", "json_text"},
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


def modules() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        if relative.parts[:2] == ("migrations", "versions"):
            continue
        name = ".".join(("registry", *relative.with_suffix("").parts)).removesuffix(".__init__")
        yield name, path, ast.parse(path.read_text(encoding="utf-8"))


MODULES = {name: (path, tree) for name, path, tree in modules()}


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
                yield (full if full in MODULES else module), node.lineno


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_downward_only(name: str) -> None:
    path, tree = MODULES[name]
    here = room(name)
    if here in GATHERERS:
        return
    for target, line in imported(tree):
        if not target.startswith("registry."):
            continue
        there = room(target)
        if there == here or (here, there) in DOORS_TOGETHER:
            continue
        assert there in HEIGHT, f"{path}:{line}: the room `{there}` stands on no floor"
        if there in ("migrate", "models") and here not in ("cli", "backup"):
            raise AssertionError(f"{path}:{line}: only the command line migrates")
        assert HEIGHT[there] < HEIGHT[here], f"{path}:{line}: {here} may not import {there}"


@pytest.mark.parametrize("name", MODULES)
def test_no_flask_below_the_doors(name: str) -> None:
    path, tree = MODULES[name]
    if room(name) in ABOVE:
        return
    for target, line in imported(tree):
        assert target.split(".")[0] not in WEB_ONLY, f"{path}:{line}: {target} below the doors"


@pytest.mark.parametrize("name", MODULES)
def test_no_imports_inside_functions(name: str) -> None:
    path, tree = MODULES[name]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                assert not isinstance(inner, ast.Import | ast.ImportFrom), (
                    f"{path}:{inner.lineno}: a late import: mend the floors"
                )


PURE = ("registry.catalogue.acts",)
"""Modules as pure as rules, which rules of other slices may read"""


@pytest.mark.parametrize("name", [*PURE, *(n for n in MODULES if n.rsplit(".", 1)[-1] == "rules")])
def test_rules_are_pure(name: str) -> None:
    path, tree = MODULES[name]
    for target, line in imported(tree):
        top = target.split(".")[0]
        pure = top in sys.stdlib_module_names or target.startswith(
            ("registry.errors", *PURE, *[f"registry.{room(name)}"])
        )
        assert pure, f"{path}:{line}: rules import {target}"
        assert not target.endswith((".models", ".service")), f"{path}:{line}: rules read no tables"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("now", "utcnow", "today"), f"{path}:{node.lineno}: rules are handed `now`"


@pytest.mark.parametrize("name", MODULES)
def test_only_settings_reads_the_environment(name: str) -> None:
    path, tree = MODULES[name]
    # The demo hands its own environment on to its processes.
    if name in ("registry.settings", "registry.cli.demo", "registry.cli.processes"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and isinstance(node.value, ast.Name):
            assert node.value.id != "os", f"{path}:{node.lineno}: only settings.py reads the environment"


def test_every_file_can_be_read_in_one_sitting() -> None:
    long = {
        str(p.relative_to(PACKAGE)): n
        for p, n in ((p, len(p.read_text().splitlines())) for p, _ in MODULES.values())
        if n > 330
    }
    tests = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TESTS.rglob("*.py")}
    long |= {path: n for path, n in tests.items() if n > 400}
    assert not long, long


def test_nothing_is_passed_over() -> None:
    """`pass` says nothing: a class has its docstring, an error its treatment."""
    for path in (*PACKAGE.rglob("*.py"), *TESTS.rglob("*.py"), *(PACKAGE.parent / "benchmarks").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not isinstance(node, ast.Pass), f"{path}:{node.lineno}: pass"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    path, tree = MODULES[name]
    assert ast.get_docstring(tree), f"{path} has no docstring"
