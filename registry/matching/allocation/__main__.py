"""The process that solves: a request as JSON on standard input, the answer as JSON on standard output.

{"instance": …} (instance.py) or {"problem": …} (posing.py), with `fairness` and `seconds`. A request that does not fit
is answered with {"error": message, "fields": {path: [message]}}.
"""

import sys

import orjson

from registry.errors import InvalidInput
from registry.matching.allocation import instance
from registry.matching.allocation.allocating import SECONDS, allocate
from registry.matching.allocation.posing import pose


def main() -> None:
    """Answer one request."""
    request = orjson.loads(sys.stdin.buffer.read())
    try:
        problem = instance.read(request["instance"]) if "instance" in request else pose(request["problem"])
    except InvalidInput as error:
        sys.stdout.buffer.write(orjson.dumps({"error": str(error), "fields": error.fields}))
        return
    found = allocate(problem, request.get("fairness", "none"), request.get("seconds", SECONDS))
    sys.stdout.buffer.write(orjson.dumps(found.as_dict()))


if __name__ == "__main__":
    main()
