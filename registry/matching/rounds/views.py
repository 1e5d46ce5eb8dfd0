"""A scenario as people look at it: who gives what to whom, what each State and theme gets, who stays without."""

from collections import Counter
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from registry.catalogue.models import Organisation
from registry.catalogue.reference import areas
from registry.matching.allocation.reasons import REASONS
from registry.matching.forms import NEED, NEED_THEME, OFFER
from registry.matching.rounds.freezing import LEFT_OUT
from registry.matching.rounds.models import Round, Scenario
from registry.matching.rounds.service import result_of

_ORGANISATION = Organisation.__table__  # type: ignore[attr-defined]


def view(session: Session, round_: Round, scenario: Scenario) -> dict[str, Any]:
    """grants (largest first), states, regions and themes with asked, given and share, unmet and unspent with reasons.

    Amounts in whole US dollars. A need of several themes counts in each with an equal part.
    """
    frozen = orjson.loads(round_.inputs or '{"problem": {"needs": [], "offers": []}, "left_out": {}}')
    found = result_of(scenario)
    needs, offers = _needs(session), _offers(session)
    grants = [
        {**_line(grant["need"], needs), **offers.get(int(grant["offer"]), {}), "offer_id": int(grant["offer"]),
         "amount": grant["amount"], "worth": grant["value"]}
        for grant in found["grants"]
    ]  # fmt: skip
    asked = {line[0]: line[2] for line in frozen["problem"]["needs"]}
    given: Counter[str] = Counter()
    for grant in found["grants"]:
        given[grant["need"]] += grant["amount"]
    return {
        "grants": sorted(grants, key=lambda grant: (-grant["amount"], grant["need_id"], grant["offer_id"])),
        "states": _shares(asked, given, lambda line: _states(line, needs)),
        "regions": _shares(asked, given, lambda line: _regions(line, needs)),
        "themes": _shares(asked, given, lambda line: needs.get(_need_id(line), {}).get("themes", ())),
        "unmet": [
            {**_line(item["id"], needs), "missing": item["missing"], "reason": item["reason"],
             "message": REASONS[item["reason"]]}
            for item in found["unmet"]
        ],
        "unspent": [
            {**offers.get(int(item["id"]), {}), "offer_id": int(item["id"]), "left": item["left"],
             "reason": item["reason"], "message": REASONS[item["reason"]]}
            for item in found["unspent"]
        ],
        "left_out": [
            {"kind": kind.removesuffix("s"), "id": int(number), "reason": reason, "message": LEFT_OUT[reason]}
            for kind, listed in frozen["left_out"].items() for number, reason in listed.items()
        ],
    }  # fmt: skip


def _need_id(line: str) -> int:
    return int(line.partition(":")[0])


def _line(line: str, needs: dict[int, dict[str, Any]]) -> dict[str, Any]:
    need = needs.get(_need_id(line), {})
    return {
        "need_id": _need_id(line), "type": line.partition(":")[2], "need_title": need.get("title"),
        "need_language": need.get("language"), "state": need.get("state"),
    }  # fmt: skip


def _states(line: str, needs: dict[int, dict[str, Any]]) -> tuple[str, ...]:
    state = needs.get(_need_id(line), {}).get("state")
    return (state,) if state else ()


def _regions(line: str, needs: dict[int, dict[str, Any]]) -> tuple[str, ...]:
    return tuple(region for state in _states(line, needs) if (region := areas()[state].region))


def _shares(asked: dict[str, int], given: Counter[str], groups_of: Any) -> list[dict[str, Any]]:
    """By group, what is asked and given; the least covered first."""
    sums: dict[str, list[float]] = {}
    for line, amount in asked.items():
        groups = groups_of(line)
        for group in groups:
            row = sums.setdefault(group, [0.0, 0.0])
            row[0] += amount / len(groups)
            row[1] += given[line] / len(groups)
    rows = [
        {"code": code, "asked": round(all_), "given": round(got), "share": round(got / all_, 6)}
        for code, (all_, got) in sums.items()
    ]
    return sorted(rows, key=lambda row: (row["share"], row["code"]))


def _needs(session: Session) -> dict[int, dict[str, Any]]:
    columns = (NEED.c.id, NEED.c.title, NEED.c.language, NEED.c.state)
    found = {row.id: {"title": row.title, "language": row.language, "state": row.state, "themes": ()}
             for row in session.execute(select(*columns))}  # fmt: skip
    for need_id, theme in session.execute(
        select(NEED_THEME.c.need_id, NEED_THEME.c.theme).order_by(NEED_THEME.c.theme)
    ):
        found[need_id]["themes"] += (theme,)
    return found


def _offers(session: Session) -> dict[int, dict[str, Any]]:
    statement = select(OFFER.c.id, OFFER.c.title, OFFER.c.language, OFFER.c.organisation_id, _ORGANISATION.c.name).join(
        _ORGANISATION, _ORGANISATION.c.id == OFFER.c.organisation_id
    )
    return {
        row.id: {"offer_title": row.title, "offer_language": row.language, "organisation_id": row.organisation_id,
                 "organisation_name": row.name}
        for row in session.execute(statement)
    }  # fmt: skip
