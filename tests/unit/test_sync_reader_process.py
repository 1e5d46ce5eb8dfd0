"""What a reader's process loads: many may run beside each other, so it takes only what reading needs."""

import subprocess
import sys

HEAVY = {"sqlalchemy", "sqlmodel", "pydantic", "flask", "requests", "urllib3", "apscheduler"}


def test_a_reader_loads_no_database_no_pages_and_no_network() -> None:
    script = "import registry.sync.reading, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "lxml" in loaded or "orjson" in loaded
    assert set(loaded) & HEAVY == set()
