"""The process that solves: a request as JSON on standard input, the answer as JSON on standard output.

{"instance": …} (instance.py, or the inputs of a round: posing.py) or {"problem": …} (posing.py), with `fairness` and
`nodes`. A request that does not fit is answered with {"error": message, "fields": {path: [message]}}.
"""

import sys
from typing import Any

import orjson

from registry import priority
from registry.errors import InvalidInput
from registry.matching.allocation import instance, posing
from registry.matching.allocation.allocating import allocate
from registry.matching.allocation.problem import Problem
from registry.matching.allocation.reasons import NODES


def main() -> None:
    """Answer one request, at low priority: pages and small writes go first."""
    priority.lower()
    request = orjson.loads(sys.stdin.buffer.read())
    try:
        problem = _read(request["instance"]) if "instance" in request else posing.pose(request["problem"])
    except InvalidInput as error:
        sys.stdout.buffer.write(orjson.dumps({"error": str(error), "fields": error.fields}))
        return
    found = allocate(problem, request.get("fairness", "none"), request.get("nodes", NODES))
    sys.stdout.buffer.write(orjson.dumps(found.as_dict()))


def _read(content: Any) -> Problem:
    is_round = isinstance(content, dict) and "problem" in content
    return posing.read(content["problem"]) if is_round else instance.read(content)


if __name__ == "__main__":
    main()
