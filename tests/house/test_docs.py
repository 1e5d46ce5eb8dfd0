"""Documents that are generated or listed must say what the code says."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from docs import generate
from registry.events.types import EVENT_TYPES
from registry.sync.adapters import ADAPTERS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", generate.PAGES)
def test_reference_pages_are_current(name: str) -> None:
    written = (generate.FOLDER / name).read_text(encoding="utf-8")
    assert written == generate.PAGES[name](), f"docs/reference/{name} is behind the code: run `make docs`"


def test_every_event_type_is_documented() -> None:
    page = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    missing = [name for name in EVENT_TYPES if f"`{name}`" not in page]
    assert not missing


def test_every_adapter_is_documented() -> None:
    page = (ROOT / "docs/sync.md").read_text(encoding="utf-8")
    assert not [name for name in ADAPTERS if f"`{name}`" not in page]


def test_every_dependency_is_explained() -> None:
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    names = [
        re.split(r"[\[><=]", entry)[0] for group in [*groups, *project["dependency-groups"].values()] for entry in group
    ]
    missing = [name for name in names if f"`{name}`" not in page and not name.startswith("types-")]
    assert not missing


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_the_readme_shows_its_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme and "make test" in readme


def test_no_machine_path_or_package_index_is_named() -> None:
    bad = re.compile(r"/(?:work|root|tmp/bash_jobs)/|index-url|pypi\.org|registry\.npmjs|deb\.debian")
    passed_over = {".venv", "var", ".git", "dist"}
    suffixes = {".py", ".md", ".toml", ".lock", ".yaml", ".html", ".js", ".css"}
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in passed_over]
        for path in (Path(folder, name) for name in files):
            if path.suffix in suffixes and path != Path(__file__) and bad.search(path.read_text(encoding="utf-8")):
                found.append(path)
    assert not found, found
