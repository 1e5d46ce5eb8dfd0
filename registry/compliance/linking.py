"""The crosswalk of the library: every link between clauses of standards that are here, read from either end."""

from collections.abc import Iterable, Iterator

from registry.compliance.crosswalk import INVERSE, Link, Node
from registry.compliance.editions import Edition


def links_among(editions: Iterable[Edition]) -> Iterator[Link]:
    """The links of these editions, one of each standard, whose both ends are among them."""
    by_slug = {edition.slug: edition for edition in editions}
    for edition in by_slug.values():
        for clause in edition.requirements.values():
            for link in clause.node.get("maps", ()):
                standard, _, target = str(link["to"]).partition("#")
                other = by_slug.get(standard)
                if other is not None and target in other.requirements and link["rel"] in INVERSE:
                    source = (edition.slug, clause.id)
                    yield Link(source, (standard, target), link["rel"], link.get("strength"), str(link.get("note", "")))


def related(editions: Iterable[Edition], slug: str) -> dict[str, list[Link]]:
    """Clause of one standard → its links, read from that clause, the strongest first.

    What both standards say of the same pair in the same sense stands once, in the words of this standard.
    """
    pairs: dict[tuple[str, Node, str], Link] = {}
    for link in links_among(editions):
        for own, each in ((True, link), (False, link.turned())):
            standard, clause = each.source
            key = (clause, each.target, each.relation)
            if standard == slug and (own or key not in pairs):
                pairs[key] = each
    found: dict[str, list[Link]] = {}
    for (clause, _, _), link in sorted(pairs.items(), key=lambda item: (-(item[1].strength or 0), item[0])):
        found.setdefault(clause, []).append(link)
    return found
