"""Whatever breaks at the source, in every format: never a wrongful archive, the run ends with its reason, and heals.

`make experiments EXPERIMENTS=faults` tries the same on PostgreSQL too.
"""

import pytest

from registry.db import Database
from registry.settings import Settings
from registry.sync.adapters import ADAPTERS
from tests.support.fault_matrix import FAULTS, SHRINKING, SLOW, broken, shrunk, source
from tests.support.fault_server import FaultServer

adapters = pytest.mark.parametrize("adapter", ADAPTERS)


@adapters
def test_a_source_that_breaks_loses_nothing_here(
    sqlite_database: Database, settings: Settings, server: FaultServer, adapter: str
) -> None:
    feed = source(sqlite_database, settings, server, adapter)
    wrong = {name: broken(feed, name) for name in FAULTS if name not in SLOW}
    assert not {name: found for name, found in wrong.items() if found}


@pytest.mark.parametrize("fault", sorted(SLOW))
def test_a_source_that_drips_is_cut_off(
    sqlite_database: Database, settings: Settings, server: FaultServer, fault: str
) -> None:
    assert broken(source(sqlite_database, settings, server, "csv"), fault) == []


@adapters
def test_a_feed_that_shrinks_loses_only_what_is_plausible_and_gets_it_back(
    sqlite_database: Database, settings: Settings, server: FaultServer, adapter: str
) -> None:
    feed = source(sqlite_database, settings, server, adapter, seconds=60)
    wrong = {left: shrunk(feed, left) for left in SHRINKING}
    assert not {left: found for left, found in wrong.items() if found}
