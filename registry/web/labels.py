"""Words for codes: statuses, types, roles, reasons. Everything a page shows instead of a code stands here."""

from flask_babel import gettext

from registry.web.words import people, running, screening, standards

LABELS: dict[str, dict[str, str]] = {**people.WORDS, **standards.WORDS, **running.WORDS, **screening.WORDS}
TONES: dict[str, dict[str, str]] = {**people.TONES, **standards.TONES, **running.TONES, **screening.TONES}
"""Kind → code → tone of the tag it is shown as (`good`, `warn`, `bad`, `info`; none: plain)."""


def label(kind: str, code: object) -> str:
    """The word for a code in the reader's language; the code itself where there is none."""
    key = {True: "true", False: "false", None: "none"}.get(code, code) if kind == "yesno" else code  # type: ignore[call-overload]
    text = LABELS[kind].get(str(key))
    return gettext(text) if text else str(code)


def tone(kind: str, code: object) -> str:
    """The tone in which a code is shown."""
    return TONES.get(kind, {}).get(str(code), "")
