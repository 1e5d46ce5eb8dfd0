"""IATI activity files: 1.01 to 1.05, 2.01 to 2.03, the drafts before them, and what publishers make of all of these."""

from lxml import etree

from registry.sync.adapters.contract import Adapter, Piece, Record
from registry.sync.adapters.iati.activity import build
from registry.sync.adapters.iati.splitting import split
from registry.sync.adapters.iati.verifying import verify


def _read(piece: Piece) -> Record:
    return build(piece.raw, piece.remote_id, piece.derived)


def _fragment(piece: Piece) -> str:
    return etree.tostring(piece.raw, encoding="unicode", with_tail=False)[:4000]


ADAPTER = Adapter("iati", "1", "IATI activities (XML 1.01–2.03)", verify, split, _read, _fragment)
