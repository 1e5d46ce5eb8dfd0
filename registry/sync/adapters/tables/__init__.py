"""Tables, each row a programme: CSV in any custom, XLSX workbooks. What columns hold is declared or found out."""

from registry.errors import N_
from registry.sync.adapters.contract import Adapter
from registry.sync.adapters.tables.config import CsvConfig, XlsxConfig
from registry.sync.adapters.tables.reading import CsvTable, XlsxTable

CSV = Adapter("csv", "1", N_("Table (CSV, HXL hashtags understood)"), CsvTable, CsvConfig)
XLSX = Adapter("xlsx", "1", N_("Table (XLSX workbook, HXL hashtags understood)"), XlsxTable, XlsxConfig)
