"""What a file or link must be to be taken as evidence. Pure: bytes and texts only.

Refused is what a reader's machine would run: by its first bytes, by its name, by its type, and inside a ZIP by name.
"""

import hashlib
import io
import mimetypes
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from registry.errors import N_, InvalidInput

MAGIC = (
    b"MZ",  # Windows
    b"\x7fELF",  # Linux
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",  # macOS
    b"\xca\xfe\xba\xbe",  # Java class, macOS for several processors
    b"#!",  # scripts
    b"dex\n", b"\x00asm",  # Android, WebAssembly
    b"L\x00\x00\x00\x01\x14\x02\x00",  # Windows shortcut
    b"!<arch>\n", b"\xed\xab\xee\xdb", b"MSCF",  # packages that install
)  # fmt: skip
ENDINGS = frozenset(
    {
        "apk", "app", "bat", "bin", "cmd", "com", "cpl", "dll", "dmg", "docm", "elf", "exe", "gadget", "hta", "htm",
        "html", "jar", "js", "jse", "lnk", "mjs", "msi", "msp", "pif", "pptm", "ps1", "psm1", "py", "reg", "scr", "sh",
        "svg", "swf", "vb", "vbe", "vbs", "wasm", "ws", "wsf", "xhtml", "xlam", "xlsm",
    }
)  # fmt: skip
"""Ends of names of what runs, holds macros, or runs in a browser."""
TYPES = frozenset(
    {
        "application/java-archive", "application/javascript", "application/vnd.android.package-archive",
        "application/vnd.microsoft.portable-executable", "application/wasm", "application/x-dosexec",
        "application/x-executable", "application/x-msdos-program", "application/x-msdownload", "application/x-msi",
        "application/x-mach-binary", "application/x-sh", "application/x-sharedlib", "application/xhtml+xml",
        "image/svg+xml", "text/html", "text/javascript",
    }
)  # fmt: skip
EXECUTABLE = N_("Programs, scripts, web pages and documents with macros are not taken: send a PDF, picture or table.")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,59}/[a-z0-9][a-z0-9.+-]{0,58}")


@dataclass(frozen=True, slots=True)
class File:
    """A file that is taken."""

    name: str
    media_type: str
    sha256: str
    content: bytes


def judge_file(name: str, declared_type: str, content: bytes, most: int, declared_hash: str = "") -> File:
    """The file as it is kept. Raises InvalidInput naming `file` or `sha256`. `most`: bytes."""
    name = plain_name(name)
    if not content:
        raise InvalidInput({"file": [N_("This file is empty.")]})
    if len(content) > most:
        raise InvalidInput({"file": [f"A file may have at most {megabytes(most)} MB: send a smaller one, or a link."]})
    media_type = mimetypes.guess_type(name)[0] or declared_type.partition(";")[0].strip().lower()
    if is_executable(name, {media_type, declared_type.partition(";")[0].strip().lower()}, content):
        raise InvalidInput({"file": [EXECUTABLE]})
    digest = hashlib.sha256(content).hexdigest()
    if declared_hash and declared_hash.lower() != digest:
        raise InvalidInput({"sha256": [N_("This is not the hash of the file that arrived: send it again.")]})
    return File(name, media_type if _TYPE.fullmatch(media_type) else "application/octet-stream", digest, content)


def is_executable(name: str, types: set[str], content: bytes) -> bool:
    """Whether a reader's machine or browser would run it."""
    if content.lstrip()[:9].lower().startswith((b"<!doctype", b"<html", b"<svg", b"<script")):
        return True
    if content.startswith(MAGIC) or _ending(name) in ENDINGS or types & TYPES:
        return True
    return content.startswith(b"PK") and _holds_executables(content)


def _holds_executables(content: bytes) -> bool:
    # Names alone are read: nothing is unpacked. What cannot be read is kept as any other bytes.
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return any(_ending(name) in ENDINGS or name.lower().endswith("vbaproject.bin") for name in names)


def _ending(name: str) -> str:
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def plain_name(name: str) -> str:
    """A file's name without folders and without what would break a header or a page; never empty."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*').strip(" .")
    if len(kept) > 150:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[:130]}{dot}{ending[:19]}" if dot else kept[:150]
    return kept or "file"


def judge_link(text: str) -> str:
    """The address as it is kept. Raises InvalidInput naming `url`: http or https, a host, no name or password."""
    wrong = InvalidInput({"url": [N_("Write an address that begins with https:// or http://, without a password.")]})
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise wrong
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        raise wrong
    return text


def is_expired(expires_on: date | None, today: date) -> bool:
    """Whether its last day is over."""
    return expires_on is not None and expires_on < today


def size_text(count: int) -> str:
    """Bytes for people: `999 B`, `120 kB`, `1.5 MB`."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 999_500 else f"{megabytes(count)} MB"


def megabytes(count: int) -> str:
    """10000000 → `10`, 1500000 → `1.5`."""
    return f"{count / 1_000_000:.1f}".removesuffix(".0")
