"""The wheel carries all it needs and works outside the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_data_templates_and_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "registry/_data/standards/iti.yaml",
        "registry/_data/standards/themes.yaml",
        "registry/_data/standards/standard.schema.json",
        "registry/catalogue/data/states.csv",
        "registry/web/templates/layout.html",
        "registry/web/static/casa.css",
        "registry/migrations/versions/0001_initial.py",
        "registry/migrations/script.py.mako",
    ):
        assert needed in names
    assert any(name.startswith("registry/_data/seed_data/feeds/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


def test_the_installed_wheel_makes_a_registry_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "CASA_DATA_DIR": str(tmp_path / "var")}
    # -P and the wheel's folder first: the checkout's own package must not be what answers.
    command = [sys.executable, "-P", "-W", "error", "-m", "registry.cli"]
    for arguments in (["init"], ["standards", "list", "--json"], ["score", "KEN", "iti", "--json"]):
        done = subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        if arguments[0] == "score":
            assert done.returncode == 1 and "no assessment" in done.stderr.lower(), done.stderr
        else:
            assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [sys.executable, "-P", "-c", "import registry; print(registry.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(site))
