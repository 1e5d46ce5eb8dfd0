"""The consumer `alerts`: who is to be told of what just happened.

It looks at the records as they are by now, with each reader's own eyes. What is known to fit a search (table
`alert_fit`) is news no more, so an event that comes again tells nobody twice; a record that stops fitting is forgotten,
and is news when it fits again. Nothing is sent here: e-mails are rows that another task brings (mails.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Table, and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from registry.accounts import policy
from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts import mails
from registry.alerts.models import AT_ONCE, DAILY, WEEKLY, Notice, SavedSearch
from registry.alerts.queries import KINDS, fitting_of
from registry.alerts.searches import FIT
from registry.compliance.together.models import Assignment
from registry.db import utcnow
from registry.events.consumers import Consumer, Happening
from registry.json_text import dumps
from registry.matching.models import NeedRequirement
from registry.webhooks.models import Subscription

SWITCHED_OFF = "subscription.disabled"
NOTICE: Table = Notice.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class News:
    """Something that one person is to be told. `search_id` None: not of a search, but of what is theirs."""

    user_id: int
    search_id: int | None
    delivery: str
    kind: str
    record_id: int
    event_uid: str


@dataclass
class Found:
    """What there is to do: news, and what fits no more, as (search, record)."""

    news: list[News] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.news or self.gone)


def look(session: Session, happenings: Sequence[Happening]) -> Found:
    """What the searches newly find among the records that changed, and whose webhooks were switched off."""
    found = Found()
    latest: dict[str, dict[int, str]] = {}
    for each in happenings:
        if each.type == "need.closed":
            found.news += _of_closed_need(session, each)
        if each.type == SWITCHED_OFF:
            found.news += _of_webhook(session, each)
        elif each.type == "contact.asked":
            found.news += _of_contact(session, each)
        elif each.type == "assessment.assigned":
            found.news += _of_assignment(session, each)
        elif each.kind == "proposal":
            found.news += _of_proposal(session, each)
        elif each.kind in KINDS and each.type.startswith(f"{each.kind}."):
            latest.setdefault(each.kind, {})[each.record_id] = each.uid
    if latest:
        _search(session, latest, found)
    return found


def _of_webhook(session: Session, happening: Happening) -> list[News]:
    subscription = session.get(Subscription, happening.record_id)
    owner = session.get(User, subscription.user_id) if subscription else None
    if owner is None or owner.disabled_at is not None:
        return []
    return [News(owner.id or 0, None, AT_ONCE, "subscription", happening.record_id, happening.uid)]


def _of_closed_need(session: Session, happening: Happening) -> list[News]:
    """A closed need has the clauses asked again from whose gaps it came: its State is told."""
    asked = select(NeedRequirement.id).where(col(NeedRequirement.need_id) == happening.record_id).limit(1)  # type: ignore[call-overload]
    if session.scalar(asked) is None:
        return []
    of_state = (col(User.role) == "state", col(User.state) == happening.state, col(User.disabled_at).is_(None))
    ids = session.scalars(select(col(User.id)).where(*of_state).order_by(col(User.id)))
    return [
        News(user_id, None, AT_ONCE, "asked_again", happening.record_id, happening.uid) for user_id in ids if user_id
    ]


def _of_contact(session: Session, happening: Happening) -> list[News]:
    """The State's people are asked; where it has none here, the coordinators."""
    active = col(User.disabled_at).is_(None)
    for asked in (and_(col(User.role) == "state", col(User.state) == happening.state), col(User.role) == "coordinator"):
        ids = session.scalars(select(col(User.id)).where(asked, active).order_by(col(User.id))).all()
        if ids:
            return [News(id_ or 0, None, AT_ONCE, "contact", happening.record_id, happening.uid) for id_ in ids]
    return []


def _of_assignment(session: Session, happening: Happening) -> list[News]:
    """Who got a section is told, unless they took it themselves or it went on to somebody else meanwhile."""
    data = orjson.loads(happening.data)
    current = select(Assignment).where(
        col(Assignment.assessment_id) == happening.record_id, col(Assignment.section) == data["section"]
    )
    row = session.scalar(current)
    if row is None or row.user_id != data["user_id"] or row.user_id == row.assigned_by:
        return []
    return [News(row.user_id, None, AT_ONCE, "assigned", happening.record_id, happening.uid)]


def _of_proposal(session: Session, happening: Happening) -> list[News]:
    """The side that did not act is told; of a reminder who is waited for, of the question after a year the State."""
    data = orjson.loads(happening.data)
    if happening.type == "proposal.reminded":
        sides = set(data["waits_for"])
    elif happening.type == "proposal.met_asked":
        sides = {"need"}
    else:
        sides = {"need", "offer"} - {data["side"]}
    of_state = and_(col(User.role) == "state", col(User.state) == happening.state)
    of_organisation = col(User.organisation_id) == happening.organisation_id
    reached = [test for side, test in (("need", of_state), ("offer", of_organisation)) if side in sides]
    if happening.type == "proposal.flagged":
        reached.append(col(User.role) == "coordinator")
    ids = session.scalars(select(col(User.id)).where(or_(*reached), col(User.disabled_at).is_(None)).order_by(User.id))  # type: ignore[arg-type]
    return [News(user_id, None, AT_ONCE, "proposal", happening.record_id, happening.uid) for user_id in ids if user_id]


def _search(session: Session, latest: Mapping[str, Mapping[int, str]], found: Found) -> None:
    rows = session.execute(
        select(SavedSearch, User)
        .join(User, col(SavedSearch.user_id) == col(User.id))
        .where(col(SavedSearch.kind).in_(latest), col(User.disabled_at).is_(None))
        .order_by(col(SavedSearch.id))
    ).all()
    fits: dict[tuple[str, ...], set[int]] = {}
    for search, owner in rows:
        events = latest[search.kind]
        actor = actor_of_user(owner)
        # Asked once for all who see the same and search for the same.
        question = (policy.audience(actor), search.kind, search.q, dumps(search.filters))
        if question not in fits:
            fits[question] = fitting_of(session, actor, search.kind, search.q, search.filters, events.keys())
        now_fitting, known = fits[question], _known(session, search.id, events.keys())
        found.gone += [(search.id, record_id) for record_id in sorted(known - now_fitting)]
        found.news += [
            News(search.user_id, search.id, search.delivery, search.kind, record_id, events[record_id])
            for record_id in sorted(now_fitting - known)
        ]


def _known(session: Session, search_id: int, ids: Collection[int]) -> set[int]:
    rows = session.execute(select(FIT.c.record_id).where(FIT.c.search_id == search_id, FIT.c.record_id.in_(ids)))
    return set(rows.scalars())


def act(session: Session, found: Found) -> None:
    """Write notices, and the e-mails that are to go at once."""
    now = utcnow()
    for search_id, record_id in found.gone:
        session.execute(delete(FIT).where(FIT.c.search_id == search_id, FIT.c.record_id == record_id))
    fits = [{"search_id": each.search_id, "record_id": each.record_id} for each in found.news if each.search_id]
    if fits:
        _insert(session, FIT, fits)
    told = [_notice(session, each, now) for each in found.news]
    if told:
        _insert(session, NOTICE, told)


def _notice(session: Session, news: News, now: datetime) -> dict[str, Any]:
    cause = "webhook" if news.kind == "subscription" else "at_once"
    return {
        "user_id": news.user_id,
        "key": f"{news.search_id or news.kind}:{news.event_uid}",
        "search_id": news.search_id,
        "kind": news.kind,
        "record_id": news.record_id,
        "created_at": now,
        "in_digest": news.delivery in (DAILY, WEEKLY),
        "mail_id": mails.mail_at_once(session, news.user_id, cause, now) if news.delivery == AT_ONCE else None,
    }


def _insert(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


CONSUMER = Consumer(
    frozenset({*KINDS, "assessment", "proposal", "contact", "subscription"}),
    look,
    act,
    "Tell people what their saved searches find.",
)
