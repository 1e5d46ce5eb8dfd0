"""The longest test files begin first, so that no process waits for a long one at the end.

`tests/durations.json` holds file → seconds of one run; `make durations` writes it anew from the run's JUnit report.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree.ElementTree import parse

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "tests" / "durations.json"
SECONDS_A_BYTE = 1 / 1000  # of a file that is not in the table


def in_order(files: set[str]) -> dict[str, int]:
    """Return each file's place, the longest first. Files are paths below the root."""
    known: dict[str, float] = json.loads(TABLE.read_text(encoding="utf-8"))

    def seconds(file: str) -> float:
        return known.get(file, (ROOT / file).stat().st_size * SECONDS_A_BYTE)

    return {file: place for place, file in enumerate(sorted(files, key=lambda file: (-seconds(file), file)))}


def write(report: Path) -> None:
    """Write the table from a JUnit report."""
    found: dict[str, float] = defaultdict(float)
    for case in parse(report).iter("testcase"):  # noqa: S314 - written by our own run
        found[case.attrib["classname"].replace(".", "/") + ".py"] += float(case.attrib["time"])
    here = {file: max(1, round(seconds)) for file, seconds in sorted(found.items()) if (ROOT / file).is_file()}
    TABLE.write_text(json.dumps(here, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
