"""Free fonts for the six languages, found in this machine's folders. Nothing is fetched, nothing is shipped."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from registry.errors import N_, NotAcceptable

LATIN, ARABIC, CHINESE = "latin", "arabic", "chinese"
"""Scripts; Latin stands for Cyrillic and Greek too"""
KNOWN: dict[str, tuple[tuple[str, str], ...]] = {
    LATIN: (
        ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
        ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
        ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ),
    ARABIC: (
        ("NotoSansArabic-Regular.ttf", "NotoSansArabic-Bold.ttf"),
        ("NotoNaskhArabic-Regular.ttf", "NotoNaskhArabic-Bold.ttf"),
        ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ),
    CHINESE: (
        ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
        ("wqy-zenhei.ttc", "wqy-zenhei.ttc"),
        ("wqy-microhei.ttc", "wqy-microhei.ttc"),
        ("DroidSansFallbackFull.ttf", "DroidSansFallbackFull.ttf"),
    ),
}
"""Script → (regular, bold), the first that is there is taken"""
PACKAGES = {LATIN: "fonts-noto-core", ARABIC: "fonts-noto-core", CHINESE: "fonts-wqy-zenhei"}
"""What brings one of them, on Debian and its kin"""
MISSING = N_("No font for %(script)s text is here: install %(package)s, or name a folder in CASA_FONT_FOLDERS.")
_RANGES = {
    ARABIC: ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)),
    CHINESE: ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF)),
}


@dataclass(frozen=True, slots=True)
class FontFiles:
    """The files of one script's font."""

    regular: Path
    bold: Path


def scripts_of(texts: Iterable[str]) -> list[str]:
    """The scripts that these texts need, Latin first."""
    seen = {ord(character) for text in texts for character in text}
    needed = [
        script
        for script, ranges in _RANGES.items()
        if any(low <= code <= high for code in seen if code > 0x5FF for low, high in ranges)
    ]
    return [LATIN, *needed]


def find(folders: Iterable[Path], scripts: Iterable[str]) -> dict[str, FontFiles]:
    """Script → its font's files. Raises NotAcceptable naming the script and what to install."""
    there = dict(_files(folders))
    found = {}
    for script in scripts:
        pair = next((pair for pair in KNOWN[script] if pair[0] in there), None)
        if pair is None:
            raise NotAcceptable(MISSING, script=script, package=PACKAGES[script])
        found[script] = FontFiles(there[pair[0]], there.get(pair[1], there[pair[0]]))
    return found


def _files(folders: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    names = {name for pairs in KNOWN.values() for pair in pairs for name in pair}
    for folder in reversed([folder for folder in folders if folder.is_dir()]):
        for path in sorted(folder.rglob("*")):
            if path.name in names:
                yield path.name, path
