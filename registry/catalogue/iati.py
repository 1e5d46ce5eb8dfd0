"""Programme documents as an IATI 2.03 activities file, written piece by piece. The counterpart of the `iati` adapter.

A document that a 2.03 file was read into is written such that reading it gives the same document again.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from lxml import etree

from registry.catalogue.iati_parts import XML_LANG, Element, Item, Writer, add, clean, dates, value

CHUNK = 1 << 16


def iati_chunks(documents: Iterable[Mapping[str, Any]], generated_at: datetime) -> Iterator[bytes]:
    """The file in pieces of some 64 kB."""
    buffer = io.BytesIO()
    with etree.xmlfile(buffer, encoding="utf-8") as file:
        file.write_declaration()
        attributes = {"version": "2.03", "generated-datetime": generated_at.isoformat(timespec="seconds")}
        with file.element("iati-activities", attributes):
            for document in documents:
                file.write(activity(document), pretty_print=True)
                file.flush()
                if buffer.tell() > CHUNK:
                    yield buffer.getvalue()
                    buffer.seek(0)
                    buffer.truncate()
    yield buffer.getvalue()


def activity(document: Mapping[str, Any]) -> Element:
    """The `iati-activity` element of a document."""
    language = document.get("language")
    writer = Writer(language)
    node = etree.Element("iati-activity")
    if language:
        node.set(XML_LANG, language)
    for name, attribute in (
        ("last_updated", "last-updated-datetime"), ("currency", "default-currency"), ("hierarchy", "hierarchy"),
        ("humanitarian", "humanitarian"), ("linked_data_uri", "linked-data-uri"),
        ("budget_not_provided", "budget-not-provided"),
    ):  # fmt: skip
        if document.get(name) is not None:
            node.set(attribute, clean(document[name]))
    # A derived identifier is written too: the registry goes on to know the programme by it.
    add(node, "iati-identifier", document.get("iati_identifier", ""))
    reporting = document.get("reporting_org") or {}
    writer.organisation(node, "reporting-org", reporting, secondary_reporter=reporting.get("secondary_reporter"))
    writer.texts(node, "title", document.get("title"))
    for item in document.get("descriptions") or ():
        writer.texts(node, "description", item.get("narratives"), type=item.get("type"))
    for org in document.get("participating_orgs") or ():
        writer.organisation(
            node, "participating-org", org, role=org.get("role"), activity_id=org.get("activity_id"),
            crs_channel_code=org.get("crs_channel_code"),
        )  # fmt: skip
    for item in document.get("other_identifiers") or ():
        identifier = add(node, "other-identifier", ref=item.get("ref"), type=item.get("type"))
        writer.organisation(identifier, "owner-org", item.get("owner_org"))
    _coded(node, "activity-status", document.get("status"))
    for item in document.get("dates") or ():
        writer.narratives(
            add(node, "activity-date", type=item.get("type"), iso_date=item.get("date")), item.get("narratives")
        )
    for item in document.get("contacts") or ():
        _contact(writer, node, item)
    _coded(node, "activity-scope", document.get("scope"))
    _places(writer, node, document)
    for item in document.get("locations") or ():
        writer.location(node, item)
    _classify(writer, node, document)
    _finance(writer, node, document)
    for item in document.get("documents") or ():
        writer.document(node, item)
    for item in document.get("related_activities") or ():
        add(node, "related-activity", ref=item.get("ref"), type=item.get("type"))
    _others(node, document, "legacy-data")
    if conditions := document.get("conditions"):
        inner = add(node, "conditions", attached=conditions.get("attached"))
        for item in conditions.get("items") or ():
            writer.narratives(add(inner, "condition", type=item.get("type")), item.get("narratives"))
    for item in document.get("results") or ():
        writer.result(node, item)
    _others(node, document, "crs-add", "fss")
    return node


def _others(parent: Element, document: Mapping[str, Any], *names: str) -> None:
    """Elements that were kept as they came, where they are what they are said to be."""
    kept = document.get("other_elements") or ()
    for name in names:
        for item in kept:
            element = _parsed(item.get("xml") or "") if item.get("element") == name else None
            if element is not None and element.tag == name:
                parent.append(element)


def _parsed(xml: str) -> Element | None:
    try:
        return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))
    except (etree.XMLSyntaxError, ValueError):
        return None


def _coded(parent: Element, tag: str, code: Any) -> None:
    if code:
        add(parent, tag, code=code)


def _contact(writer: Writer, parent: Element, item: Item) -> None:
    node = add(parent, "contact-info", type=item.get("type"))
    writer.texts(node, "organisation", item.get("organisation"))
    writer.texts(node, "department", item.get("department"))
    writer.texts(node, "person-name", item.get("person"))
    writer.texts(node, "job-title", item.get("job_title"))
    for name in ("telephone", "email", "website"):
        if item.get(name):
            add(node, name, item[name])
    writer.texts(node, "mailing-address", item.get("address"))


def _places(writer: Writer, node: Element, item: Item) -> None:
    for country in item.get("countries") or ():
        writer.coded(node, "recipient-country", country, "percentage")
    for region in item.get("regions") or ():
        writer.coded(node, "recipient-region", region, "vocabulary", "vocabulary_uri", "percentage")


def _classify(writer: Writer, node: Element, document: Mapping[str, Any]) -> None:
    for item in document.get("sectors") or ():
        writer.coded(node, "sector", item, "vocabulary", "vocabulary_uri", "percentage")
    for item in document.get("tags") or ():
        writer.coded(node, "tag", item, "vocabulary", "vocabulary_uri")
    _others(node, document, "country-budget-items")
    for item in document.get("humanitarian_scopes") or ():
        writer.coded(node, "humanitarian-scope", item, "type", "vocabulary", "vocabulary_uri")
    for item in document.get("policy_markers") or ():
        writer.coded(node, "policy-marker", item, "vocabulary", "vocabulary_uri", "significance")
    _coded(node, "collaboration-type", document.get("collaboration_type"))
    _coded(node, "default-flow-type", document.get("default_flow_type"))
    _coded(node, "default-finance-type", document.get("default_finance_type"))
    for item in document.get("default_aid_types") or ():
        add(node, "default-aid-type", code=item.get("code"), vocabulary=item.get("vocabulary"))
    _coded(node, "default-tied-status", document.get("default_tied_status"))


def _finance(writer: Writer, node: Element, document: Mapping[str, Any]) -> None:
    for item in document.get("budgets") or ():
        budget = add(node, "budget", type=item.get("type"), status=item.get("status"))
        dates(budget, item.get("period_start"), item.get("period_end"))
        value(budget, item.get("value"))
    for item in document.get("planned_disbursements") or ():
        planned = add(node, "planned-disbursement", type=item.get("type"))
        dates(planned, item.get("period_start"), item.get("period_end"))
        value(planned, item.get("value"))
        writer.parties(planned, item)
    if document.get("capital_spend") is not None:
        add(node, "capital-spend", percentage=document["capital_spend"])
    for item in document.get("transactions") or ():
        _transaction(writer, node, item)


def _transaction(writer: Writer, parent: Element, item: Item) -> None:
    node = add(parent, "transaction", ref=item.get("ref"), humanitarian=item.get("humanitarian"))
    _coded(node, "transaction-type", item.get("type"))
    if item.get("date"):
        add(node, "transaction-date", iso_date=item["date"])
    value(node, item.get("value"))
    writer.texts(node, "description", item.get("description"))
    writer.parties(node, item)
    _coded(node, "disbursement-channel", item.get("disbursement_channel"))
    for sector in item.get("sectors") or ():
        writer.coded(node, "sector", sector, "vocabulary", "vocabulary_uri", "percentage")
    _places(writer, node, item)
    _coded(node, "flow-type", item.get("flow_type"))
    _coded(node, "finance-type", item.get("finance_type"))
    for aid_type in item.get("aid_types") or ():
        add(node, "aid-type", code=aid_type.get("code"), vocabulary=aid_type.get("vocabulary"))
    _coded(node, "tied-status", item.get("tied_status"))
