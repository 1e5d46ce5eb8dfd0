"""JSON as it is stored and hashed: one text for one value. Not in db.py, so that readers need not load a database."""

from typing import Any

import orjson


def dumps(value: Any) -> str:
    """JSON text of a value, keys sorted: the same value always gives the same text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
