"""Where the demonstration plays: real States, so that maps, regions and languages can be tried; nothing said of them is fact."""

import csv
from dataclasses import dataclass
from pathlib import Path

_STATES = Path(__file__).parents[1] / "registry/catalogue/data/states.csv"
_TABLE = """
KEN Nairobi -1.29 36.82 en USD | GHA Accra 5.60 -0.19 en USD | SEN Dakar 14.70 -17.45 fr XOF | MLI Bamako 12.65 -8.00 fr XOF
NER Niamey 13.51 2.11 fr XOF | BFA Ouagadougou 12.37 -1.53 fr XOF | NGA Abuja 9.07 7.49 en USD | SLE Freetown 8.48 -13.23 en USD
LBR Monrovia 6.30 -10.80 en USD | CIV Abidjan 5.35 -4.02 fr XOF | GIN Conakry 9.54 -13.68 fr USD | TGO Lomé 6.17 1.23 fr XOF
BEN Cotonou 6.37 2.43 fr XOF | CMR Yaoundé 3.87 11.52 fr XAF | COD Kinshasa -4.32 15.31 fr USD | COG Brazzaville -4.27 15.27 fr XAF
CAF Bangui 4.37 18.56 fr XAF | TCD N’Djamena 12.11 15.04 fr XAF | ETH Addis_Ababa 9.03 38.74 en USD | UGA Kampala 0.32 32.58 en USD
TZA Dodoma -6.17 35.74 en USD | RWA Kigali -1.95 30.06 en USD | BDI Bujumbura -3.38 29.36 fr USD | MOZ Maputo -25.97 32.58 en USD
MWI Lilongwe -13.97 33.79 en USD | ZMB Lusaka -15.42 28.28 en USD | SOM Mogadishu 2.04 45.34 ar USD | SSD Juba 4.86 31.57 en USD
HTI Port-au-Prince 18.54 -72.34 fr USD | JAM Kingston 17.97 -76.79 en USD | HND Tegucigalpa 14.07 -87.19 es USD
SLV San_Salvador 13.69 -89.22 es USD | GTM Guatemala_City 14.63 -90.51 es USD | COL Bogotá 4.71 -74.07 es USD | PER Lima -12.05 -77.04 es USD
NPL Kathmandu 27.72 85.32 en USD | PHL Manila 14.60 120.98 en USD | TLS Dili -8.56 125.57 en USD | FJI Suva -18.14 178.44 en USD
MDA Chișinău 47.01 28.86 en EUR | JOR Amman 31.95 35.93 ar USD | KGZ Bishkek 42.87 74.59 ru USD
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A State of the demonstration: its capital, the language its needs are written in, the currency it plans in."""

    alpha3: str
    alpha2: str
    names: dict[str, str]
    capital: str
    latitude: float
    longitude: float
    language: str
    currency: str


def _read() -> dict[str, Place]:
    with _STATES.open(encoding="utf-8", newline="") as file:
        names = {row["alpha3"]: row for row in csv.DictReader(line for line in file if not line.startswith("#"))}
    found = {}
    for entry in _TABLE.replace("|", "\n").split("\n"):
        if not entry.strip():
            continue
        code, capital, latitude, longitude, language, currency = entry.split()
        found[code] = Place(
            code, names[code]["alpha2"], names[code], capital.replace("_", " "), float(latitude), float(longitude),
            language, currency,
        )  # fmt: skip
    return found


PLACES = _read()
"""Alpha-3 → place, in the order in which States are drawn."""
STATES = list(PLACES)
REGIONS = ("011", "014", "017", "018", "202", "029", "013", "005", "419", "034", "035", "142", "054", "143")
"""M49 regions that offers name."""
