"""The library of standards: which there are, and one edition whole, with what nobody has checked yet marked so."""

from collections import Counter
from collections.abc import Iterable, Mapping

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.accounts import policy
from registry.compliance import linking, listing
from registry.compliance.crosswalk import Link
from registry.compliance.editions import Edition, text_in
from registry.http import actor, session
from registry.web.i18n import language

pages = Blueprint("standards", __name__)


@pages.get("/standards")
def index() -> ResponseReturnValue:
    """All standards, current editions."""
    items = listing.list_standards(session())
    return render_template(
        "standards/index.html",
        standards=items,
        may_load=policy.can(actor(), "standard.load"),
        text=_text,
        data_url="/api/v1/standards",
    )


@pages.get("/standards/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One edition: the current one unless `version` names another."""
    version = request.args.get("version") or None
    standard = listing.describe_standard(session(), slug, version)
    versions: list[str] = next(
        (item["versions"] for item in listing.list_standards(session()) if item["standard"] == slug), []
    )
    current = {edition.slug: edition for edition in listing.current_editions(session())}
    links = linking.related(current.values(), slug)
    assessed, _more = listing.list_assessments(session(), actor(), {"standard": slug}, sort="state", limit=200)
    return render_template(
        "standards/show.html",
        standard=standard,
        versions=versions,
        assessments=assessed,
        scale=sorted(standard["scale"].values(), key=lambda step: (step["value"] is None, step["value"] or 0)),
        may_assess=policy.can(actor(), "assessment.create") and standard["current"],
        related=links,
        linked_standards=_linked_standards(links.values(), current),
        others=current,
        text=_text,
        data_url=f"/api/v1/standards/{slug}" + (f"?version={version}" if version else ""),
    )


def _text(value: object) -> str:
    """A text of the library in the reader's language."""
    return text_in(value, language()) if isinstance(value, str | dict) and value else ""


def _linked_standards(links: Iterable[list[Link]], current: Mapping[str, Edition]) -> list[tuple[Edition, int]]:
    """The other standards this one is linked with, and by how many links; those with most come first."""
    counts = Counter(link.target[0] for each in links for link in each)
    return [(current[slug], count) for slug, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
