"""What an e-mail says: put together when it is sent, of what the person may see at that moment, in their language.

Texts of records stand in the body only, escaped in the HTML part; nothing that people wrote can begin a header line.
"""

import gettext
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlmodel import Session

from registry.accounts.models import User
from registry.accounts.users import actor_of_user
from registry.alerts.models import Mail
from registry.alerts.notices import NOTICE, shown, with_titles
from registry.alerts.unsubscribing import token_of
from registry.settings import Settings

MOST_SHOWN = 50
"""Of one search; how many more there are is said."""
PATHS = {
    "programme": "programmes",
    "need": "needs",
    "offer": "offers",
    "asked_again": "needs",
    "contact": "contacts",
    "assigned": "assessments",
    "subscription": "webhooks",
    "proposal": "proposals",
}
TRANSLATIONS = Path(__file__).parents[1] / "translations"
Words = gettext.NullTranslations


class _Whole(EmailPolicy):
    """As usual, but an address of the web is never broken over lines: programs read it as it stands."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}" if name == "List-Unsubscribe" else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode() if name == "List-Unsubscribe" else super().fold_binary(name, value)


class NoAddress(Exception):
    """The account's e-mail address is none that a header can carry."""


@dataclass(frozen=True)
class Section:
    """What one search found (no `search`: records of one's own), as (title, address) each. `kind`: of the records."""

    search: str | None
    lines: Sequence[tuple[str, str]]
    kind: str


def compose(session: Session, settings: Settings, mail: Mail, user: User, now: datetime) -> EmailMessage | None:
    """The message; None where nothing is left to tell. Raises NoAddress."""
    base = f"{settings.public_url.rstrip('/')}/{user.language}"
    sections = _sections(session, mail, user, base)
    if not sections:
        return None
    words = gettext.translation("messages", TRANSLATIONS, [user.language], fallback=True)
    unsubscribe = f"{base}/unsubscribe/{token_of(settings, user)}"
    message = EmailMessage(policy=_Whole(linesep="\r\n"))
    try:
        message["From"] = Address("CASA Registry", addr_spec=settings.mail_from)
        message["To"] = Address(one_line(user.name), addr_spec=user.email)
    except (ValueError, IndexError, MessageError):
        raise NoAddress(user.email) from None
    message["Subject"] = one_line(_subject(words, sections))
    message["Date"] = now
    message["Message-ID"] = f"<{mail.uid}@{urlsplit(settings.public_url).hostname or 'casa'}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_plain(words, sections, base, unsubscribe))
    message.add_alternative(_html(words, sections, base, unsubscribe, user.language), subtype="html")
    return message


def one_line(text: str) -> str:
    """Text for a header: one line of printable characters, of a sensible length."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _sections(session: Session, mail: Mail, user: User, base: str) -> list[Section]:
    columns = [NOTICE.c[name] for name in ("id", "kind", "record_id", "search_id")]
    mine = (NOTICE.c.mail_id == mail.id, shown(actor_of_user(user), user.id or 0))
    rows = session.execute(select(*columns).where(*mine).order_by(NOTICE.c.search_id, NOTICE.c.id))
    found: dict[tuple[int | None, str], list[dict[str, Any]]] = {}
    for row in with_titles(session, [dict(row._mapping) for row in rows]):
        found.setdefault((row["search_id"], row["kind"]), []).append(row)
    return [
        Section(
            each[0]["search"],
            [(_text(r["title"]), f"{base}/{PATHS[r['kind']]}/{r['record_id']}") for r in each],
            each[0]["kind"],
        )
        for each in found.values()
    ]


def _text(title: str) -> str:
    return one_line(title) or "…"


def _subject(words: Words, sections: Sequence[Section]) -> str:
    count = sum(len(section.lines) for section in sections)
    if all(section.kind == "proposal" for section in sections):
        text = words.ngettext("News of a proposal", "News of %(num)s proposals", count)
    elif sections[0].kind == "subscription":
        text = words.ngettext("Your webhook was switched off", "%(num)s webhooks of yours were switched off", count)
    elif all(section.kind == "contact" for section in sections):
        text = words.ngettext(
            "Is this point of contact still right?", "Are %(num)s points of contact still right?", count
        )
    elif all(section.kind == "assigned" for section in sections):
        text = words.gettext("A section of an assessment was given to you")
    elif len(sections) == 1 and sections[0].search is not None:
        text = words.ngettext("One new find: %(name)s", "%(num)s new finds: %(name)s", count)
    elif all(section.kind == "asked_again" for section in sections):
        text = words.gettext("A need is closed: is its gap?")
    elif any(section.search is None for section in sections):
        text = words.gettext("%(num)s new finds and news of what is yours")
    else:
        text = words.gettext("%(num)s new finds for your saved searches")
    return text % {"num": count, "name": sections[0].search}


def _title(words: Words, section: Section) -> str:
    if section.kind == "proposal":
        return words.gettext("Something happened with these proposals, or they wait for your answer:")
    if section.kind == "asked_again":
        return words.gettext("These needs are closed; the clauses they came from are asked again:")
    if section.kind == "contact":
        return words.gettext("Are these points of contact still right? Confirm, change or delete them:")
    if section.kind == "assigned":
        return words.gettext("Colleagues gave you sections of these assessments to answer:")
    if section.kind == "subscription":
        return words.gettext("Switched off because of how the receiver answered:")
    return words.gettext("Saved search “%(name)s”:") % {"name": one_line(section.search or "")}


def _more(words: Words, section: Section) -> str:
    left = len(section.lines) - MOST_SHOWN
    return words.ngettext("and one more", "and %(num)s more", left) % {"num": left} if left > 0 else ""


def _plain(words: Words, sections: Sequence[Section], base: str, unsubscribe: str) -> str:
    lines = []
    for section in sections:
        lines += [_title(words, section), ""]
        for title, url in section.lines[:MOST_SHOWN]:
            lines += [f"* {title}", f"  {url}"]
        lines += [more, ""] if (more := _more(words, section)) else [""]
    lines += ["-- ", words.gettext("All notices:") + f" {base}/notices"]
    lines += [words.gettext("Change what you are told of:") + f" {base}/saved-searches"]
    lines += [words.gettext("No more e-mail:") + f" {unsubscribe}", ""]
    return "\n".join(lines)


def _html(words: Words, sections: Sequence[Section], base: str, unsubscribe: str, language: str) -> str:
    parts = [f'<!doctype html><html lang="{escape(language)}"><body dir="auto">']
    for section in sections:
        parts.append(f"<p><strong>{escape(_title(words, section))}</strong></p><ul>")
        for title, url in section.lines[:MOST_SHOWN]:
            parts.append(f'<li dir="auto"><a href="{escape(url)}">{escape(title)}</a></li>')
        more = _more(words, section)
        parts.append(f"</ul><p>{escape(more)}</p>" if more else "</ul>")
    links = (
        (f"{base}/notices", words.gettext("All notices")),
        (f"{base}/saved-searches", words.gettext("Change what you are told of")),
        (unsubscribe, words.gettext("No more e-mail")),
    )
    linked = " · ".join(f'<a href="{escape(url)}">{escape(text)}</a>' for url, text in links)
    return "".join(parts) + f"<hr><p><small>{linked}</small></p></body></html>\n"
