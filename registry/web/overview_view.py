"""Reads what the home page shows: counts, unmet needs by theme, and what waits for the reader."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext
from sqlalchemy import ColumnElement, exists, func, select
from sqlmodel import Session

from registry.accounts import policy
from registry.accounts.actor import Actor
from registry.alerts import mails
from registry.catalogue.conflicts.listing import conflict_counts
from registry.catalogue.reference import themes
from registry.catalogue.same_as.models import KINDS
from registry.catalogue.same_as.queue import pair_counts
from registry.compliance.models import Assessment
from registry.db import utcnow
from registry.events import dead_letters
from registry.matching.matches import matches_of_need, matches_of_offer
from registry.matching.models import Match, Need, NeedTheme, Offer, OfferTheme
from registry.sync import holds, jobs, listing
from registry.web import proposal_words
from registry.web.labels import label

N: Any = Need
O: Any = Offer  # noqa: E741
M: Any = Match
NT: Any = NeedTheme
OT: Any = OfferTheme
A: Any = Assessment

SOON = timedelta(days=60)
MOST = 12


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """Open needs and offers of one theme, as far as the reader may see them."""

    theme: str
    needs: int
    unmatched: int
    """Of these needs: without any offer that fits."""
    offers: int
    """Offers for this theme, those for all themes included."""


def by_theme(session: Session, actor: Actor) -> list[ThemeRow]:
    """Themes with open needs, those with most unmatched ones first."""
    open_needs = (N.status == "open", policy.visible(actor, Need))
    matched = exists().where(M.need_id == N.id, policy.visible(actor, Match))
    needs = _counts(session, select(NT.theme, func.count()).join(Need, N.id == NT.need_id).where(*open_needs))
    unmatched = _counts(
        session, select(NT.theme, func.count()).join(Need, N.id == NT.need_id).where(*open_needs, ~matched)
    )
    open_offers = (O.status == "open", policy.visible(actor, Offer))
    offers = _counts(session, select(OT.theme, func.count()).join(Offer, O.id == OT.offer_id).where(*open_offers), OT)
    of_all = session.execute(
        select(func.count()).select_from(Offer).where(*open_offers, ~exists().where(OT.offer_id == O.id))
    ).scalar_one()
    rows = [
        ThemeRow(theme, needs[theme], unmatched.get(theme, 0), offers.get(theme, 0) + of_all)
        for theme in themes()
        if needs.get(theme)
    ]
    return sorted(rows, key=lambda row: (-row.unmatched, -row.needs))


def _counts(session: Session, statement: Any, table: Any = NT) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(statement.group_by(table.theme))}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for the reader."""

    words: str
    url: str
    note: str = ""


def tasks(session: Session, actor: Actor, now: datetime, lapse_days: int) -> list[Task]:
    """What waits for the reader in this role, the most pressing first: proposals to answer before all else."""
    if actor.role == "state":
        return [*_proposals(session, actor, lapse_days), *_assessments(session, actor), *_needs(session, actor)]
    if actor.role in ("donor", "agency"):
        return [
            *_proposals(session, actor, lapse_days),
            *_offers(session, actor, now),
            *_conflicts(session, actor),
        ]
    if actor.role in ("coordinator", "admin"):
        ours = [*_dead_letters(session), *_set_aside(session), *_given_up(session)]
        return [*_feeds(session, actor), *ours, *_conflicts(session, actor), *_pairs(session, actor)]
    return []


def _proposals(session: Session, actor: Actor, lapse_days: int) -> list[Task]:
    return [
        Task(sentence, url_for("web.proposals.show", proposal_id=number))
        for number, sentence in proposal_words.waiting(session, actor, lapse_days)[:MOST]
    ]


def _assessments(session: Session, actor: Actor) -> list[Task]:
    found = []
    rows = session.scalars(
        select(Assessment).where(A.state == actor.state, A.status != "published").order_by(A.id).limit(MOST)
    )
    for each in rows:
        url = url_for("web.assessments.show", assessment_id=each.id)
        name = each.standard.upper()
        if each.status == "submitted" and each.submitted_by != actor.user_id:
            found.append(Task(gettext("Review the assessment of %(standard)s", standard=name), url))
        elif each.status == "reviewed":
            found.append(Task(gettext("Publish the assessment of %(standard)s", standard=name), url))
        elif each.status == "draft":
            found.append(Task(gettext("Go on with the assessment of %(standard)s", standard=name), url))
    return found


def _needs(session: Session, actor: Actor) -> list[Task]:
    return [
        *_entries(session, Need, N.state == actor.state, "draft", gettext("Draft need: complete and open it")),
        *_entries(session, Need, N.state == actor.state, "expired", gettext("Expired need: renew it, or leave it")),
    ]


def _offers(session: Session, actor: Actor, now: datetime) -> list[Task]:
    own = O.organisation_id == actor.organisation_id
    expiring = session.scalars(
        select(Offer).where(own, O.status == "open", O.expires_at < now + SOON).order_by(O.expires_at).limit(MOST)
    )
    return [
        *(
            Task(
                offer.title, url_for("web.offers.edit", offer_id=offer.id), gettext("Expires soon: give it a new date")
            )
            for offer in expiring
        ),
        *_entries(session, Offer, own, "draft", gettext("Draft offer: complete and open it")),
        *_entries(session, Offer, own, "expired", gettext("Expired offer: renew it, or leave it")),
    ]


def _entries(session: Session, model: Any, own: ColumnElement[bool], status: str, note: str) -> list[Task]:
    endpoint, name = ("web.needs.show", "need_id") if model is Need else ("web.offers.show", "offer_id")
    rows = session.scalars(select(model).where(own, model.status == status).order_by(model.id.desc()).limit(MOST))
    return [Task(row.title, url_for(endpoint, **{name: row.id}), note) for row in rows]


def _feeds(session: Session, actor: Actor) -> list[Task]:
    found, feeds = [], listing.feed_rows(session, actor)
    names = {feed["id"]: feed["name"] for feed in feeds}
    for hold, left in holds.standing(session, actor):
        if hold.status == "open":
            note = ngettext(
                "%(num)s record went missing: is it gone?", "%(num)s records went missing: are they gone?", left
            )
            found.append(Task(names[hold.feed_id], url_for("web.holds.show", hold_id=hold.id), note))
    for feed in feeds:
        run = feed["last_run"]
        if run is not None and run["status"] == "failed":
            url = url_for("web.feeds.run", run_id=run["id"])
            found.append(Task(feed["name"], url, gettext("The last run failed: see why")))
        if count := listing.record_counts(session, feed["id"]).get("quarantined"):
            url = url_for("web.feeds.records", feed_id=feed["id"], outcome="quarantined")
            note = ngettext("%(num)s record in quarantine", "%(num)s records in quarantine", count)
            found.append(Task(feed["name"], url, note))
    return found[:MOST]


def _dead_letters(session: Session) -> list[Task]:
    count = dead_letters.count(session)
    note = ngettext("%(num)s event is set aside: see why", "%(num)s events are set aside: see why", count)
    return [Task(gettext("Event consumers"), url_for("web.consumers.index"), note)] if count else []


def _given_up(session: Session) -> list[Task]:
    count = mails.count_given_up(session)
    note = ngettext("%(num)s e-mail was given up: see why", "%(num)s e-mails were given up: see why", count)
    return [Task(gettext("E-mails that fail"), url_for("web.mails.index"), note)] if count else []


def _set_aside(session: Session) -> list[Task]:
    count = jobs.standing(session, utcnow()).counts[jobs.SET_ASIDE]
    note = ngettext("%(num)s job is set aside: see why", "%(num)s jobs are set aside: see why", count)
    url = url_for("web.jobs.index", state=jobs.SET_ASIDE)
    return [Task(gettext("Work in the background"), url, note)] if count else []


def _conflicts(session: Session, actor: Actor) -> list[Task]:
    count = conflict_counts(session, actor)["open"]
    note = ngettext("%(num)s field waits for a decision", "%(num)s fields wait for a decision", count)
    return [Task(gettext("Sources disagree"), url_for("web.conflicts.index"), note)] if count else []


def _pairs(session: Session, actor: Actor) -> list[Task]:
    found = []
    for kind in KINDS:
        if count := pair_counts(session, actor, kind)["strong"]:
            words = gettext("Likely the same: %(kind)s", kind=label("same_as_kind", kind))
            note = ngettext("%(num)s pair waits for a judgement", "%(num)s pairs wait for a judgement", count)
            found.append(Task(words, url_for("web.same_as.index", kind=kind, list="strong"), note))
    return found


def best_pairs(session: Session, actor: Actor, top: int) -> list[dict[str, Any]]:
    """The best pairs of the reader's own open needs or offers; none for who owns neither."""
    read: Callable[[Session, Actor, int], list[dict[str, Any]]] = matches_of_need
    if actor.role == "state":
        own, key = select(N.id).where(N.state == actor.state, N.status == "open"), M.need_id
    elif actor.organisation_id is not None:
        own = select(O.id).where(O.organisation_id == actor.organisation_id, O.status == "open")
        key, read = M.offer_id, matches_of_offer
    else:
        return []
    best = session.execute(select(M.id, key).where(key.in_(own)).order_by(-M.score, M.id).limit(top * 4)).all()
    wanted = {row[0] for row in best}
    found = [pair for record_id in dict.fromkeys(row[1] for row in best) for pair in read(session, actor, record_id)]
    return sorted((pair for pair in found if pair["id"] in wanted), key=lambda pair: -pair["score"])[:top]
