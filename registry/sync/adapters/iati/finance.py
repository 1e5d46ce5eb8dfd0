"""Budgets, planned disbursements, transactions; and the forms that drafts before 1.01 had for them."""

from collections.abc import Callable
from typing import Any

from registry.sync.adapters.iati import classifiers
from registry.sync.adapters.iati.codes import BUDGET, CONTRIBUTION_STATUS, TRANSACTION, translate
from registry.sync.adapters.iati.organisations import organisation
from registry.sync.adapters.iati.values import ElementFault, Node, Reading, code_of

Item = dict[str, Any]


def budget(reading: Reading, node: Node) -> None:
    """`budget`, and `budget-planned` of the drafts."""
    item = _typed(node, BUDGET)
    if status := (node.get("status") or "").strip():
        item["status"] = status
    if _period(reading, node, item):
        reading.document.setdefault("budgets", []).append(item)


def planned_disbursement(reading: Reading, node: Node) -> None:
    """`planned-disbursement`"""
    item = _typed(node, BUDGET)
    if not _period(reading, node, item):
        return
    for child in node:
        if child.tag == "provider-org":
            _PROVIDER(reading, child, item)
        elif child.tag == "receiver-org":
            _RECEIVER(reading, child, item)
    reading.document.setdefault("planned_disbursements", []).append({k: v for k, v in item.items() if v})


def _typed(node: Node, table: dict[str, str]) -> Item:
    kind = translate(table, node.get("type"))
    return {"type": kind} if kind else {}


def _period(reading: Reading, node: Node, item: Item) -> bool:
    """Read days and amount; False where the amount is no number: the element is kept aside."""
    value = None
    for child in node:
        if child.tag == "period-start":
            if day := reading.day(child):
                item["period_start"] = day
        elif child.tag == "period-end":
            if day := reading.day(child):
                item["period_end"] = day
        elif child.tag == "value":
            value = child
    try:
        money = reading.money(value)
    except ElementFault as fault:
        reading.unreadable(node, str(fault))
        return False
    if money:
        item["value"] = money
    return True


def capital_spend(reading: Reading, node: Node) -> None:
    """`capital-spend`: a percentage"""
    percentage = reading.percentage(node)
    if percentage is not None:
        reading.document["capital_spend"] = percentage


def transaction(reading: Reading, node: Node) -> None:
    """`transaction`; one without a value stays: that something was done is known, how much is not.

    One whose amount is no number is kept aside.
    """
    item: Item = {}
    if (ref := node.get("ref")) and (ref := ref.strip()):
        item["ref"] = ref
    if kind := node.get("type"):  # a draft's `flow` and `type`
        item["type"] = translate(TRANSACTION, kind)
    humanitarian = node.get("humanitarian")
    if humanitarian is not None and (flag := reading.flag(humanitarian)) is not None:
        item["humanitarian"] = flag
    parts = _PARTS
    try:
        for child in node:
            part = parts.get(child.tag)
            if part is not None:
                part(reading, child, item)
    except ElementFault as fault:
        reading.unreadable(node, str(fault))
        return
    if item:
        reading.document.setdefault("transactions", []).append(item)


Part = Callable[[Reading, Node, Item], None]


def _value(reading: Reading, node: Node, item: Item) -> None:
    if money := reading.money(node):
        item["value"] = money


def _date(reading: Reading, node: Node, item: Item) -> None:
    if day := reading.day(node):
        item["date"] = day


def _description(reading: Reading, node: Node, item: Item) -> None:
    if texts := reading.narratives(node):
        item["description"] = item["description"] + texts if "description" in item else texts


def _code(name: str, table: dict[str, str] | None = None) -> Part:
    def part(_reading: Reading, node: Node, item: Item) -> None:
        if code := translate(table or {}, code_of(node)):
            item[name] = code

    return part


def _party(name: str, activity_id: str | None = None) -> Part:
    def part(reading: Reading, node: Node, item: Item) -> None:
        if not (found := organisation(reading, node, activity_id)):
            return
        if name in item:  # the standard knows one: whoever gives several is not cut down to the last
            reading.warn(node, "the payment names more than one such organisation: the first one counts")
            item.setdefault(f"further_{name}s", []).append(found)
        else:
            item[name] = found

    return part


def _listed(name: str, read: Callable[[Reading, Node], Item | None]) -> Part:
    def part(reading: Reading, node: Node, item: Item) -> None:
        if entry := read(reading, node):
            if name in item:
                item[name].append(entry)
            else:
                item[name] = [entry]

    return part


_PROVIDER = _party("provider_org", "provider-activity-id")
_RECEIVER = _party("receiver_org", "receiver-activity-id")
_PARTS: dict[Any, Part] = {
    "value": _value,
    "transaction-type": _code("type", TRANSACTION),
    "transaction-date": _date,
    "milestone-date": _date,
    "description": _description,
    "provider-org": _PROVIDER,
    "receiver-org": _RECEIVER,
    "disbursement-channel": _code("disbursement_channel"),
    "sector": _listed("sectors", classifiers.sector),
    "recipient-country": _listed("countries", classifiers.country),
    "recipient-region": _listed("regions", classifiers.region),
    "flow-type": _code("flow_type"),
    "finance-type": _code("finance_type"),
    "aid-type": _listed("aid_types", classifiers.aid_type),
    "tied-status": _code("tied_status"),
}
_CONTRIBUTION: dict[Any, Part] = {
    "value": _value,
    "status": _code("type"),
    "milestone-date": _date,
    "donor-org": _party("provider_org"),
    "description": _description,
}


def incoming_contribution(reading: Reading, node: Node) -> None:
    """`incoming-contribution` of the drafts: what a donor pledged, committed or paid in."""
    item: Item = {}
    if ref := (node.get("ref") or "").strip():
        item["ref"] = ref
    for child in node:
        part = _CONTRIBUTION.get(child.tag)
        if part is None:
            continue
        try:
            part(reading, child, item)
        except ElementFault as fault:
            reading.unreadable(node, str(fault))
            return
    if "type" in item:
        kind = CONTRIBUTION_STATUS.get(item.pop("type"))
        item |= {"type": kind} if kind else {}
    if item:
        reading.document.setdefault("transactions", []).append(item)
