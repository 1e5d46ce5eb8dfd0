"""`Idempotency-Key` on POST: a retry of the same request gets the same answer and does nothing again.

The key belongs to the user and is kept for 24 hours (accounts/idempotency.py). Only answers that changed something are
kept: an error may be tried again with the same key.
"""

import hashlib
import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import orjson
from flask import Response, current_app, request

from registry.accounts import idempotency
from registry.api.etags import mark
from registry.api.problems import Problem
from registry.db import utcnow
from registry.errors import N_, NotAuthenticated
from registry.http import actor, session

REPLAYED = "Idempotency-Replayed"
_KEPT_HEADERS = frozenset({"Content-Type", "Location", "ETag", "Link"})


def idempotent(view: Callable[..., Any] | None = None, *, shown_once: str | None = None) -> Callable[..., Any]:
    """Make a POST safe to repeat under an Idempotency-Key. Stands outermost, above `@blp.arguments`.

    422 where the key came with another request, 409 where the first one is still at work after ten seconds.
    `shown_once`: a field of the answer that is a secret, so that it is not kept; a repeated request gets null there.
    """
    if view is None:
        return partial(idempotent, shown_once=shown_once)

    @wraps(view)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*args, **kwargs)
        if not re.fullmatch(r"[\x21-\x7e]{1,200}", key):
            raise Problem(
                "bad-request", N_("An Idempotency-Key is 1 to 200 printable ASCII characters without spaces.")
            )
        who = actor()
        if who.user_id is None:
            raise NotAuthenticated(N_("An Idempotency-Key belongs to a user: sign in or send a token."))
        owner = f"user:{who.user_id}"
        known = idempotency.claim(session(), owner, key, _fingerprint(), utcnow())
        if known is not None:
            headers = [*map(tuple, orjson.loads(known.headers)), (REPLAYED, "true")]
            return Response(known.body, known.status, headers)
        response = current_app.make_response(view(*args, **kwargs))
        if response.status_code < 400:
            kept = [(name, value) for name, value in response.headers if name in _KEPT_HEADERS]
            body = _without(shown_once, response) if shown_once else response.get_data(as_text=True)
            idempotency.keep(session(), owner, key, response.status_code, kept, body)
        return response

    mark(once, "idempotent")
    return once


def _without(field: str, response: Response) -> str:
    return orjson.dumps({**orjson.loads(response.get_data()), field: None}).decode()


def _fingerprint() -> str:
    """What makes two requests the same: method, address, parameters, body."""
    said = f"{request.method} {request.full_path}\n{request.mimetype}\n".encode()
    return hashlib.sha256(said + request.get_data()).hexdigest()
