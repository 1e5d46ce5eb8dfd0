"""What a report still lacks, where it stays vague, is out of date or contradicts itself; which period is due. Pure.

A check is advice: no report is refused for one. Kinds: `missing`, `vague`, `old`, `contradiction`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.errors import N_
from registry.reporting.content import Content, Entry, Item, entries_of, is_filled, shown_items

KINDS = ("missing", "contradiction", "old", "vague")
_CURRENCY = r"(?:[$€£¥₽]|\b[A-Z]{3}\b|(?i:dollar|euro|franc|pound|rouble|yuan))"
_MONEY = re.compile(rf"{_CURRENCY}\s?\d|\d[\d\s.,]*(?i:thousand|million|m|k)?\s?{_CURRENCY}")
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Check:
    """One remark: at which entry of which section, in words with named `values`."""

    kind: str
    code: str
    section: str
    entry: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)


def period_before(day: date, years: int) -> tuple[date, date]:
    """The calendar years before the one in which a report is due."""
    return date(day.year - years, 1, 1), date(day.year - 1, 12, 31)


def checks(content: Content, today: date) -> list[Check]:
    """Everything to be said of a report, in the order of its entries."""
    listed = list(entries_of(content))
    answered = {
        item["clause"]: item["fulfilment"]
        for _, entry in listed
        if entry["from"] == "answers"
        for item in entry["items"]
    }
    needs = [entry for _, entry in listed if entry["from"] == "needs"]
    helped = {clause for entry in needs for item in entry["items"] for clause in item["closes"]} if needs else None
    found = [
        Check(kind, code, section, entry["id"], text, values)
        for section, entry in listed
        for kind, code, text, values in _said(entry, content, today, answered, helped)
    ]
    # Said once of an assessment, however many entries draw from it
    first = {check.values["id"]: check for check in reversed(found) if check.code == "not_reviewed"}
    return [check for check in found if check.code != "not_reviewed" or check is first[check.values["id"]]]


Said = tuple[str, str, str, dict[str, Any]]


def _said(
    entry: Entry, content: Content, today: date, answered: Mapping[str, Any], helped: set[str] | None
) -> Iterator[Said]:
    own = entry["own"] or {"text": "", "rows": []}
    if entry["changed_since"]:
        text = N_("What stood here pre-filled has changed since your words took its place.")
        yield "old", "replaced_changed", text, {}
    if not is_filled(entry):
        if entry["required"]:
            yield "missing", "unanswered", N_("Nothing is said here yet."), {}
        return
    items = shown_items(entry)
    if entry["from"] == "answers" and items:
        yield from _answers(entry, items, own["text"], helped)
    elif entry["from"] == "programmes":
        for item in items:
            yield from _programme(item)
    elif entry["from"] == "needs":
        for item in items:
            yield from _need(item, today, answered)
        yield from _words_of_help(own["text"])
    elif entry["from"] == "contacts":
        for item in items:
            if item["stale"]:
                values = {"office": item["office"], "on": item["confirmed_on"]}
                yield "old", "contact_not_confirmed", N_("%(office)s was last confirmed on %(on)s."), values
    elif entry["from"] == "indicators":
        for item in items:
            if not item["inside"]:
                values = {"start": item["start"], "end": item["end"]}
                yield "old", "other_period", N_("This figure is of %(start)s to %(end)s, outside the period."), values
    elif entry["from"] == "table":
        yield from _rows(entry, own["rows"], content["period"])


def _answers(entry: Entry, given: list[Item], text_of_own: str, helped: set[str] | None) -> Iterator[Said]:
    total = len(entry["items"])
    if len(given) < total and not text_of_own and entry["required"]:
        values = {"open": total - len(given), "all": total}
        yield (
            "missing",
            "part_unanswered",
            N_("%(open)s of the %(all)s questions behind this are not answered."),
            values,
        )
    for item in given:
        origin = item["origin"]
        if item["older"]:
            values = {"ref": item["ref"], "on": origin["on"], "id": origin["latest"]}
            text = N_("%(ref)s was answered on %(on)s, before assessment %(id)s was begun: see whether it still holds.")
            yield "old", "older_answer", text, values
    if disagreeing := [item for item in given if item["disagrees"]]:
        text = N_("What is said of law or practice does not go with the answer: %(refs)s.")
        yield "contradiction", "practice_disagrees", text, {"refs": _refs(disagreeing)}
    for number in sorted({item["origin"]["id"] for item in given if not item["origin"]["reviewed"]}):
        text = N_("Assessment %(id)s, which this is drawn from, was reviewed by nobody yet.")
        yield "old", "not_reviewed", text, {"id": number}
    bare = [item for item in given if item["fulfilment"] == "1" and not item["evidence"]]
    if bare and not text_of_own:
        text = N_("Said to be in place without saying where that can be seen: %(refs)s.")
        yield "vague", "no_evidence", text, {"refs": _refs(bare)}
    wanting = [
        item
        for item in given
        if item["fulfilment"] not in (None, "1") and item["helpable"] and helped is not None
        and item["clause"] not in helped
    ]  # fmt: skip
    if wanting:
        text = N_("Not in place, and no open need asks for help with it: %(refs)s.")
        yield "vague", "gap_without_need", text, {"refs": _refs(wanting)}


def _refs(items: list[Item]) -> str:
    return ", ".join(dict.fromkeys(item["ref"] for item in items))


def _programme(item: Item) -> Iterator[Said]:
    title = {"title": item["title"]}
    if not any(item[name] for name in ("budget_usd", "commitment_usd", "disbursement_usd")):
        yield "contradiction", "programme_without_money", N_("The programme “%(title)s” shows no money."), title
    if not item["start_date"]:
        yield "vague", "programme_without_date", N_("The programme “%(title)s” has no beginning."), title


def _need(item: Item, today: date, answered: Mapping[str, Any]) -> Iterator[Said]:
    title = {"title": item["title"]}
    if not item["asked"] and not item["quantities"]:
        yield "vague", "need_without_amount", N_("The need “%(title)s” names no amount."), title
    if not item["partner_wished"]:
        yield "vague", "need_without_partner", N_("The need “%(title)s” names no partner."), title
    if not item["window_end"]:
        yield "vague", "need_without_date", N_("The need “%(title)s” does not say until when."), title
    elif item["window_end"] < today.isoformat():
        values = {**title, "on": item["window_end"]}
        yield (
            "contradiction",
            "need_over",
            N_("The need “%(title)s” asks for help until %(on)s, which is past."),
            values,
        )
    for clause in item["closes"]:
        if answered.get(clause) == "1":
            text = N_("The need “%(title)s” asks for help with what is answered as in place (%(clause)s).")
            yield "contradiction", "need_of_what_is_in_place", text, {**title, "clause": clause}


def _words_of_help(text: str) -> Iterator[Said]:
    if text and not _MONEY.search(text):
        yield "vague", "words_without_amount", N_("Your words on the help needed name no amount of money."), {}
    if text and not _YEAR.search(text):
        yield "vague", "words_without_date", N_("Your words on the help needed name no year."), {}


def _rows(entry: Entry, rows: list[dict[str, str]], period: Mapping[str, str]) -> Iterator[Said]:
    for number, row in enumerate(rows, start=1):
        missing = [
            column["id"] for column in entry["columns"] if column["kind"] == "number" and not row.get(column["id"])
        ]
        if missing:
            yield "vague", "row_without_number", N_("Row %(row)s leaves a number out."), {"row": number}
        year = row.get("year", "")
        if year and not period["start"][:4] <= year <= period["end"][:4]:
            values = {"row": number, "year": year}
            text = N_("Row %(row)s is of %(year)s, outside the period.")
            yield "contradiction", "row_of_other_year", text, values


Say = Callable[[str], str]


def words(check: Check, say: Say = str) -> str:
    """A check in words; `say` translates."""
    return say(check.text) % check.values
