"""Figures of allocation rounds: value, time and memory of generated instances, beside the exact linear answer and greed."""

import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import orjson

SIZES = {"S": (200, 60), "M": (2_000, 500), "L": (20_000, 2_000)}
AIM_SECONDS, AIM_MB = 30, 500
THEMES = [f"theme{n:02d}" for n in range(20)]
TYPES = ["funding", "expertise", "equipment", "training"]
COUNTRIES = [f"{region}{number:02d}" for region in "ABCDEFGH" for number in range(18)]
Line = Callable[[str, str, str, float, str], None]

CHILD = """
import resource, sys, time, orjson
from dataclasses import replace
import numpy as np
from registry.matching.allocation import instance
from registry.matching.allocation.allocating import allocate
from registry.matching.allocation.figures import value_of
from registry.matching.allocation.flow import solve
problem = instance.read(orjson.loads(sys.stdin.buffer.read()))
if sys.argv[1] == "minimum":
    problem = replace(problem, viable=np.zeros(problem.needs))
start = time.perf_counter(); bound = value_of(problem, solve(problem)); flow = time.perf_counter() - start
start = time.perf_counter(); found = allocate(problem); took = time.perf_counter() - start
print(orjson.dumps({"pairs": problem.pairs, "took": took, "flow": flow, "bound": bound, **{
    name: found.figures[name] for name in ("value", "greedy", "share_of_possible")},
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}).decode())
"""


def generate(needs: int, offers: int, seed: int = 7) -> dict[str, Any]:
    """An instance of our own making: money for 60 % of what is asked; some 2.5 % of the pairs are eligible."""
    chance = random.Random(seed)  # noqa: S311  (made-up figures)
    shares = [1 / (rank + 1) ** 0.6 for rank in range(len(THEMES))]
    crowd = [chance.lognormvariate(0, 1) for _ in COUNTRIES]

    def themes(weights: list[float]) -> list[str]:
        return sorted(set(chance.choices(THEMES, shares, k=chance.choices(range(1, len(weights) + 1), weights)[0])))

    asked = []
    for number in range(needs):
        start = chance.randrange(60)
        asked.append({
            "id": f"N{number:05d}", "country": chance.choices(COUNTRIES, crowd)[0], "themes": themes([5, 3.5, 1.5]),
            "type": chance.choices(TYPES, [45, 20, 15, 20])[0],
            "budget_k": int(min(5000, max(10, chance.lognormvariate(5, 0.9)))),
            "min_viable_share": chance.choices([0.0, 0.3, 0.5], [5, 3, 2])[0],
            "priority": chance.choices([1, 2, 3], [50, 35, 15])[0], "start_m": start,
            "end_m": start + chance.randrange(12, 30), "waiting_m": chance.randrange(48),
        })  # fmt: skip
    sizes = [chance.lognormvariate(0, 1.1) for _ in range(offers)]
    unit = 0.6 * sum(need["budget_k"] for need in asked) / sum(sizes)
    given = []
    for number, size in enumerate(sizes):
        start, budget = chance.randrange(60), max(20, int(size * unit))
        least = min(chance.choices([5, 10, 25, 50], [30, 30, 25, 15])[0], budget)
        scope = chance.choices(["world", "region", "list"], [40, 35, 25])[0]
        regions = chance.sample("ABCDEFGH", chance.randrange(1, 3))
        countries = {
            "world": [], "region": [c for c in COUNTRIES if c[0] in regions],
            "list": sorted(set(chance.choices(COUNTRIES, crowd, k=chance.randrange(3, 13)))),
        }[scope]  # fmt: skip
        given.append({
            "id": f"O{number:04d}", "budget_k": budget, "min_grant_k": least,
            "max_grant_k": min(budget, max(least, chance.choice([100, 250, 500, 1000, budget]))),
            "themes": themes([25, 35, 25, 10, 5]), "types": sorted(chance.sample(TYPES, chance.choice([1, 1, 2, 3]))),
            "start_m": start, "end_m": start + chance.randrange(12, 37), "scope": scope, "countries": countries,
            "conditions": {"required_tag": None if chance.random() < 0.7 else chance.randrange(4)},
        })  # fmt: skip
    tags = {country: [tag for tag in range(4) if chance.random() < 0.6] for country in COUNTRIES}
    return {"needs": asked, "offers": given, "country_tags": tags, "embargoes": []}


def bench_allocation(line: Line) -> None:
    """Each size with smallest grants alone, then with viable shares too. Limit: the linear bound, and its one flow."""
    for size, (needs, offers) in SIZES.items():
        instance = orjson.dumps(generate(needs, offers))
        for rules, aim in (("minimum", 0.998), ("viable", 0.990)):
            command = [sys.executable, "-c", CHILD, rules]
            done = subprocess.run(command, input=instance, capture_output=True, check=True)
            found = orjson.loads(done.stdout)
            name = f"allocation {size}, {'smallest grants' if rules == 'minimum' else 'and viable shares'}"
            share, greedy = found["value"] / found["bound"], found["greedy"] / found["bound"]
            possible = (
                "" if found["share_of_possible"] is None else f", {found['share_of_possible']:.4f} of what rules allow"
            )
            line(
                f"{name}: value", f"{share:.4f}", "1", 1 / share,
                f"≥ {aim} of the bound{possible}; by hand {greedy:.3f}; {found['pairs']:,} pairs",
            )  # fmt: skip
            line(
                f"{name}: time", f"{found['took']:.1f} s", f"{found['flow']:.2f} s", found["took"] / found["flow"],
                f"≤ {AIM_SECONDS} s, {found['mb']} MB of ≤ {AIM_MB}; limit: one flow",
            )  # fmt: skip
