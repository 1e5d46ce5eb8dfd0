"""One activity's bytes → its elements. The standard library's tree: its elements cost a third of lxml's to look at.

A DOCTYPE, and so any entity, cannot stand inside an activity, and the file as a whole was found to have none.
"""

import xml.etree.ElementTree as ElementTree  # noqa: S405  (see above)

from lxml import etree

from registry.sync.adapters.contract import RecordFault
from registry.sync.adapters.iati.scanning import Context
from registry.sync.adapters.iati.values import XML_LANG, Node

MAX_DEPTH = 40


class Parsed:
    """An activity as an element that has inherited its language, and where in the file its parts stand."""

    def __init__(self, content: bytes, context: Context) -> None:
        """Raises RecordFault beyond the limits."""
        self._whole, self._depth = b"".join((context.opening, content, context.closing)), context.depth
        try:
            tree: Node = ElementTree.fromstring(self._whole)  # noqa: S314
        except ElementTree.ParseError as error:
            raise RecordFault("oversize", f"the activity cannot be read by itself: {error}") from None
        self.activity = _inside(tree, context)
        if _is_too_deep(self.activity):
            raise RecordFault("oversize", f"the activity's elements are nested more than {MAX_DEPTH} deep")

    def lines_before(self, element: Node) -> int:
        """Lines between the beginning of the activity and one of its elements. Seldom asked: it is parsed once more."""
        place = next(at for at, one in enumerate(self.activity.iter()) if one is element)
        node: Node = etree.fromstring(self._whole, etree.XMLParser(resolve_entities=False, no_network=True))
        for _ in range(self._depth):
            node = node[0]
        for at, one in enumerate(node.iter(etree.Element)):
            if at == place:
                return int(one.sourceline or 1) - int(node.sourceline or 1)
        return 0


def beginning(content: bytes, context: Context) -> Node:
    """As much of an activity as can be parsed, of one that is too large or too deep."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    return _inside(etree.fromstring(context.opening + content, parser), context)


def _inside(tree: Node, context: Context) -> Node:
    """The activity below what surrounds it."""
    parent = None
    for _ in range(context.depth):
        parent, tree = tree, tree[0]
    if parent is not None and (language := parent.get(XML_LANG)) is not None and tree.get(XML_LANG) is None:
        tree.set(XML_LANG, language)
    _strip_namespace(tree)
    return tree


def _strip_namespace(node: Node) -> None:
    """Some exporters put the whole standard into a namespace of their own: it is the standard all the same."""
    if not node.tag.startswith("{"):
        return
    prefix = node.tag[: node.tag.index("}") + 1]
    for element in node.iter():
        if isinstance(element.tag, str) and element.tag.startswith(prefix):
            element.tag = element.tag[len(prefix) :]


def _is_too_deep(node: Node) -> bool:
    level = [node]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
