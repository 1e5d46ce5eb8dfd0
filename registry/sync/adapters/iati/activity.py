"""One `iati-activity` element → a programme document (docs/programme-document.md). One pass, one lookup per child."""

from collections.abc import Callable
from typing import Any

from registry.sync.adapters.contract import Record, RecordFault, check_programme
from registry.sync.adapters.iati import classifiers, documents, finance, organisations, places, results
from registry.sync.adapters.iati.codes import ACTIVITY_DATE, DESCRIPTION, STATUS, translate
from registry.sync.adapters.iati.parsing import Parsed
from registry.sync.adapters.iati.values import (
    Node,
    Reading,
    code_of,
    day_in,
    instant_of,
    is_impossible_day,
    text_of,
    xml_of,
)

Handler = Callable[[Reading, Node], None]
Item = dict[str, Any]


def build(parsed: Parsed, identifier: str, derived: bool, line: int) -> Record:
    """The document of an activity that begins on this line.

    Raises RecordFault where it cannot be used: see docs/sync.md for the codes.
    """
    activity = parsed.activity
    reading = Reading(activity, lambda node: line + parsed.lines_before(node))
    document = reading.document
    document["iati_identifier"] = identifier
    if derived:
        document["derived_identifier"] = True
    if reading.language:
        document["language"] = reading.language
    if reading.currency:
        document["currency"] = reading.currency
    hierarchy = reading.integer(activity, activity.get("hierarchy"), "hierarchy")
    if hierarchy is not None:
        document["hierarchy"] = hierarchy
    if updated := instant_of(activity.get("last-updated-datetime")):
        document["last_updated"] = updated
    humanitarian = reading.flag(activity.get("humanitarian"))
    if humanitarian is not None:
        document["humanitarian"] = humanitarian
    for attribute, name in (("linked-data-uri", "linked_data_uri"), ("budget-not-provided", "budget_not_provided")):
        if value := (activity.get(attribute) or "").strip():
            document[name] = value
    handlers = HANDLERS
    for child in activity:
        handler = handlers.get(child.tag)
        if handler is not None:
            handler(reading, child)
    check_programme(document)
    if reading.rounded:
        reading.warn(
            activity,
            f"{reading.rounded} amounts have more decimals than their currency: kept as given, rounded in sums",
        )
    title = document["title"][0]["text"] if "title" in document else ""
    return Record(document, " ".join(title.split())[:300], reading.warnings)


def _title(reading: Reading, node: Node) -> None:
    if texts := reading.narratives(node):
        reading.document["title"] = reading.document.get("title", []) + texts


def _description(reading: Reading, node: Node) -> None:
    texts = reading.narratives(node)
    if not texts:
        return
    listed = reading.document.setdefault("descriptions", [])
    kind = translate(DESCRIPTION, node.get("type"))
    if not any(child.tag == "narrative" for child in node):
        # 1.0x repeats the element for each language: one description in several languages.
        for item in listed:
            if item.get("type") == kind and all(n.get("lang") != texts[0].get("lang") for n in item["narratives"]):
                item["narratives"] += texts
                return
    listed.append({"type": kind, "narratives": texts} if kind else {"narratives": texts})


def _date(reading: Reading, node: Node) -> None:
    given, text = node.get("iso-date"), (node.text or "").strip()
    if is_impossible_day(given) or (not given and is_impossible_day(text)):
        raise RecordFault("date", f"line {reading.line_of(node)}: the activity date “{(given or text)[:40]}” is no day")
    day = reading.day(node)
    if day is None:
        return
    item: Item = {"date": day}
    if kind := translate(ACTIVITY_DATE, node.get("type")):
        item = {"type": kind, "date": day}
    if not (text and day_in(text) == day) and (texts := reading.narratives(node)):
        item["narratives"] = texts
    reading.document.setdefault("dates", []).append(item)


def _other(reading: Reading, node: Node) -> None:
    """An element of the standard that nothing here is done with: kept, and written out again."""
    if xml := xml_of(node):
        reading.document.setdefault("other_elements", []).append({"element": node.tag, "xml": xml})
    else:
        reading.warn(node, "the element is too long to be kept")


def _listed(name: str, read: Callable[[Reading, Node], Item | None]) -> Handler:
    def handle(reading: Reading, node: Node) -> None:
        item = read(reading, node)
        if item:
            reading.document.setdefault(name, []).append(item)

    return handle


def _coded(name: str, table: dict[str, str] | None = None) -> Handler:
    def handle(reading: Reading, node: Node) -> None:
        code = translate(table or {}, code_of(node) or text_of(node)[:40])
        if code and name not in reading.document:
            reading.document[name] = code

    return handle


HANDLERS: dict[Any, Handler] = {
    "reporting-org": organisations.reporting,
    "title": _title,
    "description": _description,
    "participating-org": organisations.participating,
    "other-identifier": _listed("other_identifiers", documents.other_identifier),
    "activity-status": _coded("status", STATUS),
    "activity-date": _date,
    "contact-info": _listed("contacts", documents.contact),
    "activity-scope": _coded("scope"),
    "recipient-country": _listed("countries", classifiers.country),
    "recipient-region": _listed("regions", classifiers.region),
    "location": places.location,
    "sector": _listed("sectors", classifiers.sector),
    "tag": _listed("tags", classifiers.tag),
    "policy-marker": _listed("policy_markers", classifiers.policy_marker),
    "humanitarian-scope": _listed("humanitarian_scopes", classifiers.humanitarian_scope),
    "collaboration-type": _coded("collaboration_type"),
    "default-flow-type": _coded("default_flow_type"),
    "default-finance-type": _coded("default_finance_type"),
    "default-aid-type": _listed("default_aid_types", classifiers.aid_type),
    "default-tied-status": _coded("default_tied_status"),
    "budget": finance.budget,
    "planned-disbursement": finance.planned_disbursement,
    "capital-spend": finance.capital_spend,
    "transaction": finance.transaction,
    "document-link": _listed("documents", documents.document_link),
    "related-activity": _listed("related_activities", documents.related_activity),
    "conditions": documents.conditions,
    "result": results.result,
    "country-budget-items": _other,
    "legacy-data": _other,
    "crs-add": _other,
    "fss": _other,
    # 1.0x
    "activity-website": _listed("documents", documents.activity_website),
    # Drafts before 1.01
    "identifier": _listed("other_identifiers", documents.draft_identifier),
    "flow-type": _coded("default_flow_type"),
    "finance-type": _coded("default_finance_type"),
    "budget-planned": finance.budget,
    "incoming-contribution": finance.incoming_contribution,
    "target-location": places.target_location,
}
"""Child element → what reads it. Elements of other namespaces, comments and what is not in the form are not read."""
