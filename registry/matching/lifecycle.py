"""The life of a need or offer: draft → open → withdrawn | expired | closed; the first two may be renewed. Pure.

What opening asks for is what makes a record matchable; each thing that is missing is named at its field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from registry.errors import N_, Conflict


@dataclass(frozen=True, slots=True)
class Transition:
    """From which statuses an action leads where; `past` names its event: `need.<past>`."""

    sources: frozenset[str]
    target: str
    past: str


TRANSITIONS = {
    "open": Transition(frozenset({"draft"}), "open", "opened"),
    "withdraw": Transition(frozenset({"open"}), "withdrawn", "withdrawn"),
    "close": Transition(frozenset({"open"}), "closed", "closed"),
    "renew": Transition(frozenset({"withdrawn", "expired"}), "open", "renewed"),
    "expire": Transition(frozenset({"open"}), "expired", "expired"),
}
EDITABLE = frozenset({"draft", "open", "withdrawn", "expired"})


def transition(action: str, status: str) -> Transition:
    """What the action does to a record of this status. Raises Conflict, naming the status, where it may not."""
    found = TRANSITIONS[action]
    if status not in found.sources:
        raise Conflict(
            N_("This cannot be done now: the status is “%(status)s”, and it must be %(allowed)s."),
            status=status,
            allowed=" / ".join(sorted(found.sources)),
        )
    return found


def require_editable(status: str) -> None:
    """Raise Conflict for a closed record: what it said when it was closed stays."""
    if status not in EDITABLE:
        raise Conflict(N_("A closed record is not changed any more: its status is “%(status)s”."), status=status)


Missing = dict[str, list[str]]


def missing_to_open_need(form: Mapping[str, Any], today: date) -> Missing:
    """Field → what a need lacks to be matched."""
    missing: Missing = {}
    if not form["themes"]:
        missing["themes"] = [N_("Choose at least one theme.")]
    if not form["lines"]:
        missing["lines"] = [N_("Add at least one line that says what type of assistance is needed.")]
    for name in ("window_start", "window_end"):
        if not form[name]:
            missing[name] = [N_("Say when the assistance is needed.")]
    if form["window_end"] and form["window_end"] <= today.isoformat():
        missing["window_end"] = [N_("The window has passed already.")]
    return missing


def missing_to_open_offer(form: Mapping[str, Any], now: datetime) -> Missing:
    """Field → what an offer lacks to be matched."""
    missing: Missing = {}
    if not form["types"]:
        missing["types"] = [N_("Choose at least one type of assistance.")]
    if form["window_end"] and form["window_end"] <= now.date().isoformat():
        missing["window_end"] = [N_("The window has passed already.")]
    if form["expires_at"] and datetime.fromisoformat(form["expires_at"]) <= now:
        missing["expires_at"] = [N_("This moment has passed already.")]
    return missing


def a_year_later(moment: datetime) -> datetime:
    """The same moment twelve months on; 29 February gives the 28th."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)
