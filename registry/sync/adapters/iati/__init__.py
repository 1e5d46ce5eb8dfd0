"""IATI activity files: 1.01 to 1.05, 2.01 to 2.03, the drafts before them, and what publishers make of all of these."""

from collections.abc import Iterator
from pathlib import Path

from registry.errors import N_
from registry.sync.adapters.contract import Adapter, Piece, Record, Tick
from registry.sync.adapters.iati.activity import build
from registry.sync.adapters.iati.splitting import split
from registry.sync.adapters.iati.verifying import verify_activities


class Activities:
    """Reads files of IATI activities; there is nothing to set."""

    def verify(self, path: Path, tick: Tick) -> None:
        """See verifying.py."""
        verify_activities(path, tick)

    def split(self, path: Path, rows: int, tick: Tick) -> Iterator[list[Piece]]:
        """See splitting.py."""
        return split(path, rows, tick)

    def read(self, piece: Piece) -> Record:
        """See activity.py."""
        return build(piece.raw.parse(), piece.remote_id, piece.derived, piece.line or 1)

    def fragment(self, piece: Piece) -> str:
        """The element, as it stands in the file."""
        return str(piece.raw.content(16_000).decode("utf-8", "replace")[:4000])


ADAPTER = Adapter("iati", "3", N_("IATI activities (XML 1.01–2.03)"), lambda _config: Activities())
