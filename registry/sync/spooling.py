"""The document of a run on disk, kept until the run ends: a run that was killed is taken over where it stood.

`Run.document` says which it is. Another host has not the file: it fetches anew, and goes on where it is the same one.
"""

import hashlib
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from registry.outbound.client import Fetched, Validators
from registry.settings import Settings
from registry.sync.models import Run

BLOCK = 1 << 20
LEFT_BEHIND = 24 * 3600
"""Seconds after which a document without a run is taken to be forgotten"""


def folder_of(settings: Settings, run_id: int) -> Path:
    """Where a run keeps its document, empty: what a process left there that was killed is of no use."""
    folder = settings.data_dir / "spool" / f"run-{run_id}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def drop(settings: Settings, run_id: int) -> None:
    """Remove what a run kept."""
    shutil.rmtree(settings.data_dir / "spool" / f"run-{run_id}", ignore_errors=True)


def drop_others(settings: Settings, alive: Iterable[int], now: datetime) -> None:
    """Remove what ended runs left behind, but nothing fresh: a run may have begun since `alive` was read."""
    keep = {f"run-{run_id}" for run_id in alive}
    folder = settings.data_dir / "spool"
    for entry in folder.iterdir() if folder.is_dir() else ():
        try:
            is_old = now.timestamp() - entry.stat().st_mtime > LEFT_BEHIND
        except FileNotFoundError:
            continue  # its run ended just now
        if is_old and entry.name not in keep:
            shutil.rmtree(entry, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Hex, of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def noted(fetched: Fetched, key: str) -> dict[str, Any]:
    """What a run keeps of a fetched document (key: rules.reading_key)."""
    return {
        "key": key, "sha256": fetched.sha256, "status": fetched.status, "bytes": fetched.bytes, "url": fetched.url,
        "complete": fetched.complete, "etag": fetched.validators.etag,
        "last_modified": fetched.validators.last_modified,
    }  # fmt: skip


def found_again(settings: Settings, run: Run) -> Fetched | None:
    """The document that a run had fetched before it was killed, if it is still there and whole."""
    note = run.document
    path = settings.data_dir / "spool" / f"run-{run.id}" / "document"
    if "status" not in note or not path.is_file() or sha256_of(path) != note["sha256"]:
        return None
    validators = Validators(note["etag"], note["last_modified"])
    return Fetched(note["status"], validators, path, note["bytes"], note["sha256"], note["complete"], note["url"])


def is_same(run: Run, sha256: str, key: str) -> bool:
    """Whether what a run had begun to apply is this document, read as it would be now."""
    return run.document.get("sha256") == sha256 and run.document.get("key") == key
