"""Sends e-mails that are due: each claimed, put together, handed to the mail server, settled in its own transaction."""

import logging
import random
import threading
from collections import Counter
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.accounts.models import User
from registry.alerts import mails, notices
from registry.alerts.composing import NoAddress, compose
from registry.alerts.mails import Claim, Outcome
from registry.alerts.models import CANCELLED, FAILED, WAITING, Mail
from registry.alerts.posting import Postman, Unreachable
from registry.db import Database, utcnow
from registry.settings import Settings

NOTICE_DAYS = 365
PRUNE_BATCH = 1000
log = logging.getLogger(__name__)


def send_due(database: Database, settings: Settings, stop: threading.Event | None = None) -> Counter[str]:
    """Make digests that are due and send what is due; returns how many e-mails by now stand how.

    A server that is away costs one try: what was claimed waits, and nothing else is tried now.
    """
    counts: Counter[str] = Counter()
    _make_digests(database)
    if not settings.sends_mail:
        with database.transaction() as session:
            counts[CANCELLED] += mails.cancel_waiting(session, "no_server", utcnow())
        return counts
    while not (stop and stop.is_set()):
        with database.transaction() as session:
            claims = mails.claim(session, utcnow())
        if not claims or not _send(database, settings, claims, counts):
            break
    return counts


def _make_digests(database: Database) -> None:
    while True:
        with database.transaction() as session:
            if not mails.make_digests(session, utcnow()):
                return


def _send(database: Database, settings: Settings, claims: list[Claim], counts: Counter[str]) -> bool:
    """Returns whether there is any use in going on."""
    try:
        postman = Postman(settings)
    except Unreachable as error:
        log.warning("e-mails wait: %s: %s", error.outcome.reason, error.outcome.detail)
        for claim in claims:
            counts[_settle(database, claim, error.outcome)] += 1
        return False
    with postman:
        for number, claim in enumerate(claims, 1):
            try:
                outcome, broke = _try(database, settings, postman, claim), False
            except Unreachable as error:  # it may be this one that broke it: the others go over another connection
                outcome, broke = error.outcome, True
            counts[_settle(database, claim, outcome)] += 1
            if broke:
                with database.transaction() as session:
                    mails.release(session, claims[number:])
                break
    return True


def _try(database: Database, settings: Settings, postman: Postman, claim: Claim) -> Outcome:
    try:
        with database.reading() as session:
            mail = session.get_one(Mail, claim.id)
            user = session.get_one(User, mail.user_id)
            if user.disabled_at is not None or user.no_mail_since is not None:
                return Outcome(CANCELLED, "unwanted")
            message = compose(session, settings, mail, user, utcnow())
        if message is None:
            return Outcome(CANCELLED, "nothing")
        return postman.send(message, settings.mail_from, user.email)
    except NoAddress:
        return Outcome(FAILED, "address")
    except Unreachable:
        raise
    except Exception as error:  # one e-mail's trouble must not hold up the others; its reason is kept in the row
        log.exception("e-mail %s could not be sent", claim.id)
        return Outcome(WAITING, "internal", type(error).__name__)


def _settle(database: Database, claim: Claim, outcome: Outcome) -> str:
    with database.transaction() as session:
        chance = random.random()  # noqa: S311  (spreads tries; guards nothing)
        return mails.settle(session, claim, outcome, utcnow(), chance) or "lost"


def prune(session: Session, before: datetime, now: datetime) -> int:
    """Forget one batch of old e-mails and notices. Returns how many."""
    gone = mails.prune(session, before, PRUNE_BATCH)
    return gone + notices.prune(session, now - timedelta(days=NOTICE_DAYS), PRUNE_BATCH)
