"""`make evaluate`, second part: does screening find the ways to write a listed name, and leave partners alone?

Needs the Consolidated List, activity files and the public test sets in the folder CASA_REAL_DATA.
"""

import csv
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lxml import etree

from benchmarks.name_variants import LATIN_LIST, RULES, Document
from registry.catalogue.folding import fold
from registry.matching.screening.index import Index, names_of
from registry.settings import Settings
from registry.sync.adapters.unsc import ConsolidatedList

SEED = 2026
MOST = int(os.environ.get("MOST", "120"))
"""Variants of one kind, for each half"""
THRESHOLDS = (0.70, 0.74, 0.78, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.94)
ORGANISATIONS = ("reporting-org", "participating-org", "provider-org", "receiver-org")
Variant = tuple[str, str, int]
"""(kind, the name as it is written elsewhere, number of the party)"""


def documents(path: Path) -> list[Document]:
    """The parties of the list, each as the adapter reads it."""
    reader = ConsolidatedList()
    return [reader.read(piece).document for batch in reader.split(path, 100, lambda _n: None) for piece in batch]


def variants(parties: list[Document], seed: int, chosen: Callable[[int], bool]) -> list[Variant]:
    """Up to MOST variants of each kind, from the parties chosen."""
    found: list[Variant] = []
    for kind, rule in RULES.items():
        chance = random.Random(f"{seed}:{kind}")  # noqa: S311  (an experiment)
        made = [(kind, text, i) for i, party in enumerate(parties) if (text := rule(chance, party)) and chosen(i)]
        found += sorted(chance.sample(made, min(MOST, len(made))), key=lambda item: item[2])
    return found


def latin_only(party: Document) -> Document:
    """A party without its names in other letters."""
    aliases = [alias for alias in party.get("aliases", ()) if alias["name"].isascii()]
    return {key: value for key, value in party.items() if key != "original_name"} | {"aliases": aliases}


def index_of(parties: list[Document]) -> Index:
    """As `screening.index.current` makes it of the table."""
    return Index([name for i, party in enumerate(parties) for name in names_of(i, party["kind"], party)])


def partner_names(folder: Path) -> list[str]:
    """Names of organisations in activity files, their codelists, and 3W and FTS tables, each once."""
    found: dict[str, str] = {}
    for name in _partner_names(folder):
        name = " ".join(name.split())
        if len(name) > 1 and not name.isdecimal():
            found.setdefault(fold(name), name)
    return list(found.values())


def _partner_names(folder: Path) -> Iterator[str]:
    for path in sorted((folder / "iati" / "files").glob("*.xml")):
        tree = etree.parse(path, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
        for node in tree.iter(*ORGANISATIONS):
            yield from (text for text in [node.text, *(n.text for n in node.iterfind("narrative"))] if text)
    for name in ("OrganisationIdentifier", "IATIOrganisationIdentifier", "CRSChannelCode"):
        items = json.loads((folder / "iati" / "codelists" / f"{name}.json").read_bytes()).get("items", {})
        for item in items.values():
            yield from (item[key] for key in ("name", "name_fr") if item.get(key))
    for path in sorted((folder / "fts").glob("*.json")):
        for flow in json.loads(path.read_bytes())["data"]["flows"]:
            sides = flow["sourceObjects"] + flow["destinationObjects"]
            yield from (side["name"] for side in sides if side["type"] == "Organization")
    for path in sorted((folder / "hxl").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for key in ("Partner Full Name", "srcOrganization", "destOrganization"):
                    yield row.get(key) or ""


def scores(full: Index, latin: Index, made: Iterable[Variant]) -> list[tuple[str, float]]:
    """(kind, likeness of the variant to its party: 0 where there is none)."""
    return [
        (kind, max((f.score for f in (latin if kind in LATIN_LIST else full).search([text], 0.0) if f.party_id == party),
                   default=0.0))
        for kind, text, party in made
    ]  # fmt: skip


def recall(measured: Iterable[tuple[str, float]], threshold: float) -> dict[str, tuple[int, int]]:
    """Kind → (variants whose party was found, all)."""
    found: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for kind, score in measured:
        whole[kind] += 1
        found[kind] += score >= threshold
    return {kind: (found[kind], whole[kind]) for kind in RULES if whole[kind]}


def bench(path: Path, threshold: float, verbose: bool = False) -> dict[str, tuple[int, int, int]]:
    """Kind of name → (rightly alike, wrongly alike, wrongly not alike) of the pairs of name_bench."""
    found: dict[str, list[int]] = {}
    for row in _rows(path):
        kind = "person" if row["schema"] == "Person" else "entity"
        index = Index(names_of(0, kind, {"name": row["name2"]}))
        said, true = bool(index.search([row["name1"]], threshold)), row["is_match"] == "true"
        if said != true and verbose:
            print("   ", "wrongly alike:" if said else "missed:", row["name1"], "|", row["name2"], "|", row["notes"])
        cell = found.setdefault("persons" if kind == "person" else "organisations", [0, 0, 0])
        cell[0] += said and true
        cell[1] += said and not true
        cell[2] += true and not said
    return {kind: (cell[0], cell[1], cell[2]) for kind, cell in found.items()}


def f1(right: int, wrong: int, missed: int) -> float:
    """2 · precision · recall / (precision + recall)."""
    return 2 * right / (2 * right + wrong + missed) if right else 0.0


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _share(found: int, whole: int) -> str:
    return f"{found / whole if whole else 0:.3f}  ({found}/{whole})"


def main(threshold: float | None = None, verbose: bool = False) -> None:
    """Print all figures."""
    threshold = Settings().screening_threshold if threshold is None else threshold
    folder = Path(os.environ.get("CASA_REAL_DATA", ""))
    if not os.environ.get("CASA_REAL_DATA") or not (folder / "unsc" / "UN_consolidated.xml").exists():
        print("Screening: not measured. CASA_REAL_DATA names no folder with the Consolidated List.")
        return
    parties = documents(folder / "unsc" / "UN_consolidated.xml")
    full, latin = index_of(parties), index_of([latin_only(party) for party in parties])
    coin = random.Random(SEED)  # noqa: S311  (an experiment)
    held_out = [coin.random() < 0.5 for _ in parties]
    print(f"Screening: {len(parties)} parties, {len(full.names)} names; threshold {threshold}; seed {SEED}\n")
    parts = {
        "tuned on": variants(parties, SEED, lambda i: not held_out[i]),
        "held out": variants(parties, SEED, lambda i: held_out[i]),
    }
    measured = {part: scores(full, latin, made) for part, made in parts.items()}
    tables = {part: recall(some, threshold) for part, some in measured.items()}
    print(f"{'variant':18}" + "".join(f"{part:>24}" for part in tables))
    for kind in RULES:
        print(f"{kind:18}" + "".join(f"{_share(*table.get(kind, (0, 0))):>24}" for table in tables.values()))
    print(
        f"{'together':18}" + "".join(f"{_share(*map(sum, zip(*t.values(), strict=True))):>24}" for t in tables.values())
    )
    for (kind, text, party), (_, score) in zip(parts["tuned on"], measured["tuned on"], strict=True):
        if verbose and score < threshold:
            print("    missed:", kind, "|", text, "|", parties[party]["name"])
    partners = partner_names(folder)
    began = time.perf_counter()
    nearest = [(name, found[0]) for name in partners if (found := full.search([name], 0.5))]
    hits = [(name, item) for name, item in nearest if item.score >= threshold]
    took = (time.perf_counter() - began) / len(partners) * 1000
    print(
        f"\npartners held: {len(hits)} of {len(partners)} real names ({1000 * len(hits) / len(partners):.1f} in 1,000); {took:.1f} ms a name"
    )
    for name, item in hits[:40]:
        print(f"    {item.score:.2f}  {name}  ~  {item.listed}")
    sets = folder / "screening"
    listed = [row["full_name"] for row in _rows(sets / "yente_positives_un_untreated.csv")]
    others = [row["full_name"] for row in _rows(sets / "yente_negatives_global.csv")]
    for what, names in (("UN-listed persons found", listed), ("made-up persons taken for one", others)):
        taken = [(name, found[0]) for name in names if (found := full.search([name], threshold))]
        print(f"{what}: {_share(len(taken), len(names))}")
        if verbose:
            for name, item in taken[:40] if names is others else ():
                print(f"    {item.score:.2f}  {name}  ~  {item.listed}")
    cells = bench(sets / "name_bench_cases.csv", threshold, verbose)
    cells["together"] = tuple(map(sum, zip(*cells.values(), strict=True)))  # type: ignore[assignment]
    print("name_bench F1: " + ", ".join(f"{kind} {f1(*cell):.3f}" for kind, cell in cells.items()))
    print(f"\n{'threshold':>10}{'recall, held out':>18}{'partners held of 1,000':>24}")
    for other in THRESHOLDS:
        right, whole = map(sum, zip(*recall(measured["held out"], other).values(), strict=True))
        held = sum(item.score >= other for _, item in nearest)
        print(f"{other:>10.2f}{right / whole:>18.3f}{1000 * held / len(partners):>24.1f}")


if __name__ == "__main__":
    main(verbose="--verbose" in sys.argv)
