"""Parts of an IATI 2.03 activity element: texts, codes, money, organisations, results. Pure.

Children are written in the order the schema asks for. What a document does not say is not written.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from registry.catalogue.money import to_decimal

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Item = Mapping[str, Any]
Element = Any
"""An lxml element"""


def clean(text: Any) -> str:
    """The text without characters that XML cannot hold; numbers without a needless `.0`, flags as 1 and 0."""
    if isinstance(text, bool):
        return "1" if text else "0"
    if isinstance(text, float) and text.is_integer():
        return str(int(text))
    return _NOT_XML.sub("", str(text))


def add(parent: Element, tag: str, text: Any = None, **attributes: Any) -> Element:
    """Append an element; attributes that are None are not written, `_` in their names stands for `-`."""
    node = etree.SubElement(parent, tag)
    for name, value in attributes.items():
        if value is not None:
            node.set(name.strip("_").replace("_", "-"), clean(value))
    if text is not None:
        node.text = clean(text)
    return node


class Writer:
    """Writes the parts of one activity; knows its language, so that narratives in it need not say so."""

    def __init__(self, language: str | None) -> None:
        self.language = language

    def narratives(self, node: Element, items: Iterable[Item] | None) -> Element:
        """Add the narratives to an element."""
        for item in items or ():
            narrative = add(node, "narrative", item["text"])
            if item.get("lang") and item["lang"] != self.language:
                narrative.set(XML_LANG, item["lang"])
        return node

    def texts(self, parent: Element, tag: str, items: Iterable[Item] | None, **attributes: Any) -> None:
        """Add an element that holds narratives, where there are any."""
        if items:
            self.narratives(add(parent, tag, **attributes), items)

    def coded(self, parent: Element, tag: str, item: Item, *names: str) -> None:
        """Add an element with code, the named attributes, and narratives."""
        attributes = {name: item.get(name) for name in names}
        self.narratives(add(parent, tag, code=item.get("code"), **attributes), item.get("narratives"))

    def organisation(self, parent: Element, tag: str, org: Item | None, **attributes: Any) -> None:
        """Add an organisation."""
        if org:
            node = add(parent, tag, ref=org.get("ref"), type=org.get("type"), **attributes)
            self.narratives(node, org.get("narratives"))

    def parties(self, parent: Element, item: Item) -> None:
        """Add provider and receiver of a payment."""
        for side in ("provider", "receiver"):
            org = item.get(f"{side}_org") or {}
            self.organisation(parent, f"{side}-org", org, **{f"{side}_activity_id": org.get("activity_id")})

    def document(self, parent: Element, item: Item) -> None:
        """Add a document link."""
        node = add(parent, "document-link", url=item.get("url"), format=item.get("format"))
        self.texts(node, "title", item.get("title"))
        self.texts(node, "description", item.get("description"))
        for code in item.get("categories") or ():
            add(node, "category", code=code)
        for code in item.get("languages") or ():
            add(node, "language", code=code)
        if item.get("date"):
            add(node, "document-date", iso_date=item["date"])

    def location(self, parent: Element, item: Item) -> None:
        """Add a location."""
        node = add(parent, "location", ref=item.get("ref"))
        _code(node, "location-reach", item.get("reach"))
        for found in item.get("ids") or ():
            add(node, "location-id", vocabulary=found.get("vocabulary"), code=found.get("code"))
        self.texts(node, "name", item.get("name"))
        self.texts(node, "description", item.get("description"))
        self.texts(node, "activity-description", item.get("activity_description"))
        for unit in item.get("administrative") or ():
            add(
                node,
                "administrative",
                vocabulary=unit.get("vocabulary"),
                level=unit.get("level"),
                code=unit.get("code"),
            )
        if item.get("lat") is not None and item.get("lon") is not None:
            point = add(node, "point", srsName="http://www.opengis.net/def/crs/EPSG/0/4326")
            add(point, "pos", f"{clean(item['lat'])} {clean(item['lon'])}")
        _code(node, "exactness", item.get("exactness"))
        _code(node, "location-class", item.get("class"))
        _code(node, "feature-designation", item.get("feature"))

    def result(self, parent: Element, item: Item) -> None:
        """Add a result with its indicators."""
        node = add(parent, "result", type=item.get("type"), aggregation_status=item.get("aggregation"))
        self.texts(node, "title", item.get("title"))
        self.texts(node, "description", item.get("description"))
        for link in item.get("documents") or ():
            self.document(node, link)
        for reference in item.get("references") or ():
            add(
                node, "reference", vocabulary=reference.get("vocabulary"), code=reference.get("code"),
                vocabulary_uri=reference.get("vocabulary_uri"),
            )  # fmt: skip
        for indicator in item.get("indicators") or ():
            self._indicator(node, indicator)

    def _indicator(self, parent: Element, item: Item) -> None:
        node = add(
            parent, "indicator", measure=item.get("measure"), ascending=item.get("ascending"),
            aggregation_status=item.get("aggregation"),
        )  # fmt: skip
        self.texts(node, "title", item.get("title"))
        self.texts(node, "description", item.get("description"))
        for link in item.get("documents") or ():
            self.document(node, link)
        for reference in item.get("references") or ():
            add(
                node, "reference", vocabulary=reference.get("vocabulary"), code=reference.get("code"),
                indicator_uri=reference.get("uri"),
            )  # fmt: skip
        for baseline in item.get("baselines") or ():
            self._measured(node, "baseline", baseline, year=baseline.get("year"), iso_date=baseline.get("date"))
        for period in item.get("periods") or ():
            inner = add(node, "period")
            dates(inner, period.get("start"), period.get("end"))
            for kind in ("target", "actual"):
                for measured in period.get(f"{kind}s") or ():
                    self._measured(inner, kind, measured)

    def _measured(self, parent: Element, tag: str, item: Item, **attributes: Any) -> None:
        node = add(parent, tag, **attributes, value=item.get("value"))
        for ref in item.get("locations") or ():
            add(node, "location", ref=ref)
        for dimension in item.get("dimensions") or ():
            add(node, "dimension", name=dimension.get("name"), value=dimension.get("value"))
        # The schema of 2.03 puts the comment last in a baseline, and before the documents elsewhere.
        if tag != "baseline":
            self.texts(node, "comment", item.get("comment"))
        for link in item.get("documents") or ():
            self.document(node, link)
        if tag == "baseline":
            self.texts(node, "comment", item.get("comment"))


def _code(parent: Element, tag: str, code: Any) -> None:
    if code:
        add(parent, tag, code=code)


def dates(parent: Element, start: str | None, end: str | None) -> None:
    """Add a period's first and last day."""
    if start:
        add(parent, "period-start", iso_date=start)
    if end:
        add(parent, "period-end", iso_date=end)


def value(parent: Element, money: Item | None) -> None:
    """Add an amount of money in whole units."""
    if money:
        amount = money.get("exact") or f"{to_decimal(money['amount'], money.get('currency')):f}"
        add(parent, "value", amount, currency=money.get("currency"), value_date=money.get("value_date"))
