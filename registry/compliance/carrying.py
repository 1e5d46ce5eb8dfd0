"""Which answers a new assessment may begin with: those of an earlier one whose clauses still ask the same. Pure."""

from registry.compliance.editions import Edition

STANDS = frozenset({"renamed", "reworded"})
"""Kinds of change after which an answer still holds; after all others the clause is asked again."""


def carried_ids(old: Edition, new: Edition) -> dict[str, str]:
    """Clause id in the old edition → in the new one, for clauses whose answer still stands.

    The same id asks the same (ids are permanent), unless the new edition's migration from the old version says
    otherwise: by the kind of change, or by its own word in `carry`.
    """
    found = {clause: clause for clause in old.requirements if clause in new.requirements}
    for step in new.document.get("migrations", []):
        if step["from"] != old.version or old.sha256 == new.sha256:
            continue
        for change in step["changes"]:
            stands = change.get("carry", "carry" if change["kind"] in STANDS else "suggest") == "carry"
            for clause in change["old"]:
                if not stands:
                    found.pop(clause, None)
                elif change["kind"] == "renamed" and clause in old.requirements:
                    found[clause] = change["new"][0]
    return found
