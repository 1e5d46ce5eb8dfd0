"""What a run takes of the machine's memory: its own process and the readers beside it, together, as Linux counts it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

AIM = 300
"""MB, the run and its readers together"""
EVERY = 0.05
"""Seconds between two looks"""


def bench_memory(path: Path, count: int, line: Callable[[str, str, str, float, str], None]) -> None:
    """Import a file of `count` activities with `casa import` into a fresh SQLite database and print the peaks.

    The figure is the sum of each process's own peak (VmHWM), whenever it had it: never less than what was taken at
    one time, and pages that the processes share are in it more than once.
    """
    with tempfile.TemporaryDirectory() as folder:
        casa = [sys.executable, "-m", "registry.cli"]
        environment = os.environ | {"CASA_DATA_DIR": folder, "CASA_DATABASE_URL": ""}
        subprocess.run([*casa, "init"], env=environment, check=True, stdout=subprocess.DEVNULL)
        begun = time.perf_counter()
        arguments = [*casa, "import", "programmes", str(path), "--format", "iati", "--scope", "all"]
        run = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL)
        peaks = _watch(run)
    if run.returncode:
        raise RuntimeError(f"the import ended with exit code {run.returncode}")
    took = time.perf_counter() - begun
    total, own = sum(peaks.values()) // 1024, peaks[run.pid] // 1024
    aim = f"≤ {AIM} MB: run {own} MB, {len(peaks) - 1} readers {total - own} MB ({took:.0f} s)"
    line(f"peak memory, {count:,} activities, SQLite", f"{total:,} MB", f"{AIM} MB", total / AIM, aim)


def _watch(run: subprocess.Popen[bytes]) -> dict[int, int]:
    """The peak of each of a run's processes until its end, KB."""
    peaks: dict[int, int] = {}
    while run.poll() is None:
        for process in (run.pid, *_children(run.pid)):
            peaks[process] = max(peaks.get(process, 0), _peak(process))
        time.sleep(EVERY)
    return peaks


def _children(process: int) -> list[int]:
    """Those that have begun their own program: before, they are their parent under another number."""
    found: list[int] = []
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += [int(child) for child in tasks.read_text().split()]
        except OSError:
            continue  # that thread has just ended
    return [child for child in found if _command(child) not in (b"", _command(process))]


def _peak(process: int) -> int:
    """KB; 0 where the process is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    fields = dict(entry.split(":", 1) for entry in status.splitlines())
    return int(fields["VmHWM"].split()[0]) if "VmHWM" in fields else 0


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
