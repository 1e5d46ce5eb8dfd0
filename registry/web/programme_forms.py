"""The short form that corrects a programme: title, description, status, themes, and who may see it."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from registry.catalogue.models import Programme
from registry.errors import N_
from registry.web.forms import nested

WORDS = {
    "title": N_("Title"),
    "description": N_("Description"),
    "status": N_("Status"),
    "themes": N_("Themes"),
    "visibility": N_("Who may see it"),
}
_FIELD_OF = {"title": "title", "descriptions": "description", "status": "status"}
"""Field of the document → field of this form"""


def words_of(path: str) -> str:
    """The words for a field."""
    return gettext(WORDS[path]) if path in WORDS else path


def values_of(programme: Programme, document: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a programme."""
    return {
        "title": programme.title,
        "description": _first_text(document),
        "status": document.get("status") or "",
        "themes": programme.themes.split(),
        "visibility": programme.visibility,
    }


def _first_text(document: Mapping[str, Any]) -> str:
    descriptions = document.get("descriptions") or [{}]
    narratives = descriptions[0].get("narratives") or [{}]
    return str(narratives[0].get("text") or "")


def read(typed: MultiDict[str, str]) -> dict[str, Any]:
    """What was typed."""
    data = nested(typed, lists=("themes",))
    texts = {name: str(data.get(name) or "").replace("\r\n", "\n").strip() for name in WORDS if name != "themes"}
    return {**texts, "themes": data["themes"]}


def patch_of(data: Mapping[str, Any], before: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Only what differs from `before`, in the shape of ProgrammePatchSchema; other languages of a text stay."""
    changed: dict[str, Any] = {}
    if data["title"] != before["title"]:
        changed["title"] = _with_text(document.get("title"), before["title"], data["title"])
    if data["description"] != before["description"]:
        changed["descriptions"] = _described(document.get("descriptions"), data["description"])
    if data["status"] != before["status"]:
        changed["status"] = data["status"] or None
    patch: dict[str, Any] = {"document": changed} if changed else {}
    for name in ("themes", "visibility"):
        if data[name] != before[name] and (name == "themes" or data[name]):
            patch[name] = data[name]
    return patch


def _with_text(narratives: Any, before: str, text: str) -> list[dict[str, Any]]:
    listed = [dict(item) for item in narratives or ()]
    for item in listed:
        if " ".join(str(item.get("text") or "").split()) == before:
            item["text"] = text
            return listed
    return [{"text": text}, *listed]


def _described(descriptions: Any, text: str) -> list[dict[str, Any]] | None:
    listed = [dict(item) for item in descriptions or ()]
    if not listed:
        return [{"type": "1", "narratives": [{"text": text}]}] if text else None
    if not text:
        return listed[1:] or None
    narratives = [dict(item) for item in listed[0].get("narratives") or [{}]]
    narratives[0]["text"] = text
    listed[0]["narratives"] = narratives
    return listed


def errors_of(fields: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """A schema's paths (`document.title.0.text`) as this form's fields."""
    found: dict[str, list[str]] = {}
    for path, messages in fields.items():
        first, _, rest = path.partition(".")
        name = _FIELD_OF.get(rest.partition(".")[0], first) if first == "document" else first
        found.setdefault(name, []).extend(messages)
    return found
