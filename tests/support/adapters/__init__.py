"""What each adapter is tried with: the same kinds of documents for all, written here."""

from tests.support.adapters.kinds import Samples
from tests.support.adapters.of_fts import FTS
from tests.support.adapters.of_iati import IATI
from tests.support.adapters.of_peer import PEER
from tests.support.adapters.of_tables import CSV, XLSX
from tests.support.adapters.of_unsc import UNSC

SAMPLES: dict[str, Samples] = {"iati": IATI, "csv": CSV, "xlsx": XLSX, "fts": FTS, "unsc": UNSC, "peer": PEER}
