"""Small IATI files for tests, written here: every version, and what publishers make of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import Piece, Record

IATI = ADAPTERS["iati"].bind({})
FIXTURES = Path(__file__).parents[1] / "fixtures" / "iati"
ARMS = "Control of small arms"
BAD_DAY = '<activity-date type="2" iso-date="2020-13-45"/>'  # costs the whole record: it is quarantined


def activity(identifier: str = "XX-TEST-1", title: str = ARMS, extra: str = "", attributes: str = "") -> str:
    """One activity of 2.03."""
    return (
        f'<iati-activity default-currency="USD" xml:lang="en"{attributes and " " + attributes}>'
        f"<iati-identifier>{identifier}</iati-identifier>"
        '<reporting-org ref="XX-TEST" type="10"><narrative>Test ministry</narrative></reporting-org>'
        f"<title><narrative>{title}</narrative></title>"
        "<description><narrative>What it is about.</narrative></description>"
        f'<activity-date type="1" iso-date="2024-01-01"/><recipient-country code="KE"/>{extra}</iati-activity>'
    )


def document(*activities: str, version: str | None = "2.03", attributes: str = "") -> bytes:
    """A file of activities."""
    stated = f' version="{version}"' if version is not None else ""
    head = f"<iati-activities{stated} {attributes}>"
    inside = "\n".join(activities)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{inside}\n</iati-activities>\n'.encode()


def fixture(name: str) -> str:
    """One of the activities in tests/fixtures/iati."""
    return (FIXTURES / f"{name}.xml").read_text(encoding="utf-8")


def many(count: int, title: str = ARMS) -> list[str]:
    return [activity(f"XX-TEST-{number}", f"{title} {number}") for number in range(1, count + 1)]


def write(folder: Path, content: bytes, name: str = "file.xml") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def no_tick(_done: int) -> None:
    """Nobody watches."""


def batches(path: Path, rows: int = 100) -> Iterable[list[Piece]]:
    return IATI.split(path, rows, no_tick)


def read_all(path: Path) -> list[Record]:
    """Every record of a file that is expected to have no fault."""
    return [IATI.read(piece) for batch in batches(path) for piece in batch]


def read_one(folder: Path, content: bytes) -> dict[str, Any]:
    """The document of a file's only activity."""
    (record,) = read_all(write(folder, content))
    return record.document
