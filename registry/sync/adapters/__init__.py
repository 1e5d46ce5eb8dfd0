"""One room each: how a partner's format becomes documents. docs/adapters.md shows how to add one."""

from registry.sync.adapters import fts, iati, peer, tables, unsc
from registry.sync.adapters.contract import Adapter

ADAPTERS: dict[str, Adapter] = {
    adapter.name: adapter
    for adapter in (iati.ADAPTER, tables.CSV, tables.XLSX, fts.ADAPTER, unsc.ADAPTER, peer.ADAPTER)
}
