"""A report's content as text in one language: sections, questions, tables, words; all outputs are made of it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registry.compliance.words import ACTS, CONTACT_ROLES, EXTENT_WORDS, UNITS
from registry.errors import N_
from registry.matching.words import ASSISTANCE
from registry.reporting.content import Content, Entry, Item, shown_items
from registry.reporting.voice import Voice

NOTHING, NIL = N_("Nothing is said here."), N_("There is nothing to report.")
TITLES: dict[str, tuple[str, ...]] = {
    "answers": (N_("Paragraph"), N_("Question"), N_("Answer"), N_("Reason and evidence"), N_("From")),
    "programmes": (N_("Programme"), N_("Organisation"), N_("Begin and end"), N_("Money"), N_("From")),
    "needs": (N_("Need"), N_("Kind"), N_("Asked"), N_("From and until"), N_("Partner"), N_("From")),
    "indicators": (N_("Indicator"), N_("Value"), N_("Period"), N_("Baseline and target"), N_("From")),
    "participation": (N_("Instrument"), N_("Act"), N_("Day"), N_("From")),
    "contacts": (N_("Office"), N_("Answers for"), N_("Last confirmed"), N_("From")),
}
WIDTHS: dict[str, tuple[int, ...]] = {
    "answers": (12, 38, 15, 23, 12), "programmes": (34, 20, 16, 18, 12), "needs": (28, 13, 15, 16, 16, 12),
    "indicators": (36, 15, 18, 19, 12), "participation": (32, 20, 18, 30),
    "contacts": (42, 24, 18, 16),
}  # fmt: skip
"""Of the columns, in hundredths"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; `origin` says which record it was drawn from."""

    cells: tuple[str, ...]
    origin: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Titles, widths in hundredths, rows."""

    titles: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[Row, ...]
    numbers: frozenset[int] = frozenset()
    """Places of the columns that hold plain numbers"""


@dataclass(frozen=True, slots=True)
class Part:
    """One entry: its question, what is pre-filled and what the State wrote, as tables and words."""

    id: str
    question: str
    tables: tuple[Table, ...]
    words: tuple[str, ...]
    """Paragraphs of the State's own"""
    notes: tuple[str, ...]
    """What the registry says besides: that nothing is said, how many more there are"""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its entries."""

    id: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """The whole report in one language."""

    language: str
    is_rtl: bool
    title: str
    lines: tuple[str, ...]
    """State, period, status"""
    sections: tuple[Section, ...]
    footer: str


def printed(content: Content, voice: Voice, status: str) -> Printed:
    """The report in the voice's language; `status`: what has become of it, already in words."""
    template, period = content["template"], content["period"]
    covered = voice.say(
        N_("Period: %(start)s to %(end)s"), start=voice.day(period["start"]), end=voice.day(period["end"])
    )
    footer = voice.say(
        N_("Template %(id)s, version %(version)s: the registry's own headings and questions, not the official form."),
        id=template["id"], version=template["version"],
    )  # fmt: skip
    return Printed(
        voice.language,
        voice.is_rtl,
        voice.text(template["title"]),
        (voice.text(content["state"]), covered, *([status] if status else [])),
        tuple(
            Section(
                section["id"], voice.text(section["title"]), tuple(_part(entry, voice) for entry in section["entries"])
            )
            for section in content["sections"]
        ),
        footer,
    )


def _part(entry: Entry, voice: Voice) -> Part:
    items, own = shown_items(entry), entry["own"] or {"text": "", "rows": [], "none": False}
    tables = [_table(entry["from"], items, voice)] if items else []
    if own["rows"]:
        tables.append(_own_table(entry, voice))
    words = tuple(line for line in _own_text(entry, own["text"], voice).splitlines() if line.strip())
    notes = [voice.say(NIL)] if own["none"] else []
    if entry["more"] and items:
        notes.append(voice.say(N_("%(number)s more are in the registry."), number=voice.number(entry["more"])))
    if not (tables or words or notes):
        notes.append(voice.say(NOTHING))
    return Part(entry["id"], voice.text(entry["question"]), tuple(tables), words, tuple(notes))


def _own_text(entry: Entry, text: str, voice: Voice) -> str:
    if text and entry["from"] == "number":
        return voice.number(float(text))
    return voice.day(text) if text and entry["from"] == "day" else str(text)


def _own_table(entry: Entry, voice: Voice) -> Table:
    columns = entry["columns"]
    rows = tuple(Row(tuple(row.get(column["id"], "") for column in columns)) for row in entry["own"]["rows"])
    titles, widths = tuple(voice.text(column["title"]) for column in columns), (100 // len(columns),) * len(columns)
    return Table(titles, widths, rows, frozenset(n for n, column in enumerate(columns) if column["kind"] == "number"))


def _table(kind: str, items: list[Item], voice: Voice) -> Table:
    rows = tuple(Row((*_CELLS[kind](item, voice), _origin(item["origin"], voice)), item["origin"]) for item in items)
    return Table(tuple(voice.say(title) for title in TITLES[kind]), WIDTHS[kind], rows)


def _origin(origin: Mapping[str, object], voice: Voice) -> str:
    words = {
        "assessment": N_("Assessment %(id)s"),
        "programme": N_("Programme %(id)s"),
        "need": N_("Need %(id)s"),
        "indicator": N_("Series %(id)s"),
        "contact": N_("Point of contact %(id)s"),
    }
    kind = str(origin["kind"])
    return voice.say(words[kind], **origin) if kind in words else str(origin["source"])


def _answer(item: Item, voice: Voice) -> tuple[str, ...]:
    why = "\n".join(text for text in (item["reason"], item["evidence"]) if text)
    extents = (("in_law", N_("In law: %(said)s")), ("in_practice", N_("In practice: %(said)s")))
    said = [voice.say(text, said=voice.say(EXTENT_WORDS[item[name]])) for name, text in extents if item.get(name)]
    ref = f"{voice.text(item['instrument'])}, {item['ref']}"
    return ref, voice.text(item["question"]), "\n".join([voice.text(item["label"]), *said]), why


def _programme(item: Item, voice: Voice) -> tuple[str, ...]:
    kinds = (
        ("budget_usd", N_("Budget: %(money)s")),
        ("commitment_usd", N_("Committed: %(money)s")),
        ("disbursement_usd", N_("Spent: %(money)s")),
    )
    money = [voice.say(text, money=voice.money(item[name], "USD")) for name, text in kinds if item[name] is not None]
    return item["title"], item["organisation"], _span(item["start_date"], item["end_date"], voice), "\n".join(money)


def _need(item: Item, voice: Voice) -> tuple[str, ...]:
    kinds = ", ".join(voice.say(ASSISTANCE[kind]) for kind in item["types"])
    asked = [voice.money(money["amount"], money["currency"]) for money in item["asked"]]
    asked += [f"{voice.number(line['quantity'])} {line['unit'] or ''}".strip() for line in item["quantities"]]
    span = _span(item["window_start"], item["window_end"], voice)
    return item["title"], kinds, "\n".join(asked), span, item["partner_wished"] or ""


def _indicator(item: Item, voice: Voice) -> tuple[str, ...]:
    unit = voice.say(UNITS[item["unit"]])
    points = (("baseline", N_("Baseline: %(value)s, %(on)s")), ("target", N_("Target: %(value)s, %(on)s")))
    anchors = [
        voice.say(text, value=voice.number(item[name]["value"]), on=voice.day(item[name]["on"]))
        for name, text in points
        if item[name]
    ]
    span = _span(item["start"], item["end"], voice)
    return voice.text(item["title"]), f"{voice.number(item['value'])} ({unit})", span, "\n".join(anchors)


def _act(item: Item, voice: Voice) -> tuple[str, ...]:
    act = voice.say(ACTS[item["act"]]) if item["act"] in ACTS else item["act"]
    return voice.text(item["name"]), act, voice.day(item["on"])


def _contact(item: Item, voice: Voice) -> tuple[str, ...]:
    return item["office"], voice.say(CONTACT_ROLES[item["role"]]), voice.day(item["confirmed_on"])


def _span(start: str | None, end: str | None, voice: Voice) -> str:
    return f"{voice.day(start) or '…'} – {voice.day(end) or '…'}" if start or end else ""


_CELLS: dict[str, Callable[[Item, Voice], tuple[str, ...]]] = {
    "answers": _answer, "programmes": _programme, "needs": _need, "indicators": _indicator, "participation": _act,
    "contacts": _contact,
}  # fmt: skip
