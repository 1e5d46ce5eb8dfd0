"""Solving in a process of its own: a round takes seconds and hundreds of megabytes, and may be stopped at any time."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

import registry
from registry.errors import InvalidInput, RegistryError

ROOT = Path(registry.__file__).parents[1]
DEADLINE = 3600
"""Seconds after which a round is given up, with no answer: it never ends a search that then answers otherwise"""


class AllocationFailed(RegistryError):
    """The process that solves did not come to its end."""

    status = 503


def solve_request(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request (`__main__.py`). Raises InvalidInput with the fields, AllocationFailed."""
    command = [sys.executable, "-m", "registry.matching.allocation"]
    try:
        done = subprocess.run(command, input=orjson.dumps(request), capture_output=True, cwd=ROOT, timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        raise AllocationFailed(f"No answer was found within {DEADLINE // 60} minutes.") from None
    if done.returncode:
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise AllocationFailed(f"The round could not be solved: {last[:300]}")
    answer: dict[str, Any] = orjson.loads(done.stdout)
    if "error" in answer:
        raise InvalidInput(answer["fields"])
    return answer
