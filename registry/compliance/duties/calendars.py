"""Due days as a calendar file (RFC 5545): the same bytes for the same content. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LINE = 75
"""Octets of a line, its break not counted"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole day. `uid` stays the same for ever, `stamp` is when its content last changed."""

    uid: str
    on: date
    title: str
    text: str = ""
    url: str = ""
    stamp: date = date(2000, 1, 1)


def ics(name: str, entries: Iterable[Entry]) -> bytes:
    """The calendar, in the order of days, then of uids."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//CASA Registry//Reports due//EN", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_escaped(name)}")
    for entry in sorted(entries, key=lambda each: (each.on, each.uid)):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.uid}",
            f"DTSTAMP:{entry.stamp:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{entry.on:%Y%m%d}",
            f"DTEND;VALUE=DATE:{entry.on + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(entry.title)}",
            *([f"DESCRIPTION:{_escaped(entry.text)}"] if entry.text else []),
            *([f"URL:{entry.url}"] if entry.url else []),
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """Broken where a character ends; what follows begins with a space."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        encoded = character.encode()
        if len(piece) + len(encoded) > (LINE if not pieces else LINE - 1):
            pieces.append(piece)
            piece = b""
        piece += encoded
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
