"""One try of one message: signed, posted, its answer judged. No database."""

import logging
import random
import time
from collections.abc import Callable

from registry.db import utcnow
from registry.events.signing import signed_headers
from registry.outbound.addresses import Allowed
from registry.outbound.patience import retry_after_seconds
from registry.outbound.posting import Answer, post
from registry.outbound.urls import FetchFailed
from registry.webhooks import rules
from registry.webhooks.claiming import Job
from registry.webhooks.reasons import DELIVERY_REASONS
from registry.webhooks.settling import Outcome

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LONGEST_DETAIL = 1000
log = logging.getLogger(__name__)


def send(job: Job, allowed: Allowed, deadline: float, stop: Callable[[], bool]) -> Outcome | None:
    """Post the message. None: `stop` was set on the way, and whether it arrived is not known.

    `deadline`: seconds for everything together.
    """
    at, begun = utcnow(), time.monotonic()
    headers = signed_headers(job.secrets, job.event_uid, int(at.timestamp()), job.body)
    reason: str | None
    answer: Answer | None = None
    try:
        answer = post(
            job.url,
            job.body,
            {"Content-Type": CONTENT_TYPE, **headers},
            allowed=allowed,
            deadline=deadline,
            stop=stop,
        )
        reason, detail = judge(answer.status), answer.excerpt
    except FetchFailed as error:
        if error.code == "cancelled":
            return None
        reason, detail = error.code if error.code in DELIVERY_REASONS else "connection", str(error)
    except Exception as error:  # one receiver's trouble must not end the others'; the reason is kept with the try
        log.exception("a message to %s could not be sent", job.origin)
        reason, detail = "internal", type(error).__name__
    return Outcome(
        job,
        at,
        int((time.monotonic() - begun) * 1000),
        reason,
        answer.status if answer else None,
        "".join(c for c in detail if c.isprintable())[:LONGEST_DETAIL],
        retry_after_seconds(answer.retry_after, utcnow()) if answer else None,
        random.random(),  # noqa: S311  (spreads tries; guards nothing)
    )


def judge(status: int) -> str | None:
    """Why an answer with this status is not a success; None where it is."""
    verdict = rules.verdict_on(status)
    if verdict == rules.DONE:
        return None
    if verdict == rules.GONE:
        return "gone"
    return "redirect" if 300 <= status < 400 else "http_status"
