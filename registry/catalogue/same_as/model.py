"""The Fellegi–Sunter model: what each level of agreement is worth, in bits that add up to a pair's score.

Read from data/model-<version>.yaml and checked on loading; what was counted in the registry's own records (an Estimate)
takes the place of the file's guesses at chance agreement.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.catalogue.same_as.comparison import COMPARISONS, Profile
from registry.errors import ConfigurationError

FOLDER = Path(__file__).parent / "data"
PRIOR = "prior"
"""Name of the part that says how rare it is that two records are the same."""
DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Part:
    """What one field speaks for (above 0) or against the pair, in bits."""

    field: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Score:
    """`bits` is the sum of the parts'; 0 is as likely as not, each bit doubles the odds."""

    bits: float
    parts: tuple[Part, ...]

    @property
    def probability(self) -> float:
        """0 to 1, as far as the model holds."""
        return 1 / (1 + 2.0 ** -max(-500.0, min(500.0, self.bits)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was counted in pairs picked at random. `levels`: field → level → in how many of them."""

    records: int
    levels: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Model:
    """How pairs of one kind are scored."""

    kind: str
    version: str
    share: float
    records: int
    possible: float
    strong: float
    pseudo_pairs: int
    alike_only: frozenset[str]
    levels: Mapping[str, Mapping[str, tuple[float, float]]]
    """field → level → (m, u), the strongest agreement first"""
    parts: Mapping[str, Mapping[str, Part]] = field(init=False)
    """field → level → what it speaks"""
    prior: Part = field(init=False)

    def __post_init__(self) -> None:
        parts: dict[str, dict[str, Part]] = {}
        for name, levels in self.levels.items():
            most = math.inf
            for level, (m, u) in levels.items():
                # A weaker agreement never speaks louder, however seldom chance brought it.
                most = min(most, round(math.log2(m / u), DECIMALS))
                parts.setdefault(name, {})[level] = Part(name, level, most)
        chance = min(0.5, 2 * self.share / max(1, self.records))
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "prior", Part(PRIOR, "", round(math.log2(chance / (1 - chance)), DECIMALS)))

    def with_estimate(self, estimate: Estimate) -> "Model":
        """The same with what was counted in the place of guesses, which weigh in as `pseudo_pairs` pairs."""
        levels: dict[str, dict[str, tuple[float, float]]] = {}
        for name, known in self.levels.items():
            counted = {} if name in self.alike_only else estimate.levels.get(name, {})
            total = sum(counted.values()) + self.pseudo_pairs
            levels[name] = {
                level: (m, (counted.get(level, 0) + u * self.pseudo_pairs) / total) for level, (m, u) in known.items()
            }
        return replace(self, records=estimate.records, levels=levels)

    def score(self, first: Profile, second: Profile) -> Score:
        """What speaks for and against two profiles being of the same thing; the order of the two does not matter."""
        parts = [self.prior]
        for name, compare in COMPARISONS[self.kind].items():
            level = compare(first, second)
            if level is not None:
                parts.append(self.parts[name][level])
        return Score(round(math.fsum(part.bits for part in parts), DECIMALS), tuple(parts))

    def band(self, bits: float) -> str | None:
        """`strong`, `possible`, or None where the pair is not worth a person's time."""
        return "strong" if bits >= self.strong else "possible" if bits >= self.possible else None


class _Level(fields.Field[tuple[float, float]]):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[float, float]:
        if not isinstance(value, list) or len(value) != 2 or not all(isinstance(x, float) and 0 < x < 1 for x in value):
            raise ValidationError("Give [m, u], both between 0 and 1.")
        return value[0], value[1]


class KindForm(Schema):
    """One kind's part of a model file."""

    share = fields.Float(required=True, validate=validate.Range(0, 1, min_inclusive=False))
    records = fields.Integer(required=True, validate=validate.Range(1))
    possible = fields.Float(required=True)
    strong = fields.Float(required=True)
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=_Level()),
        required=True,
        data_key="fields",
    )

    @validates_schema
    def check_sums(self, data: dict[str, Any], **_: Any) -> None:
        """The levels of a field are all there is: m and u each sum to 1."""
        for name, levels in data.get("fields_", {}).items():
            for which in (0, 1):
                if abs(math.fsum(pair[which] for pair in levels.values()) - 1) > 1e-9:
                    raise ValidationError(f"{name}: {'mu'[which]} must sum to 1.", "fields")
        if data.get("strong", 0) < data.get("possible", 0):
            raise ValidationError("strong lies above possible.", "strong")


class ModelFile(Schema):
    """The form of a model file."""

    version = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{1,9}\Z"))
    dated = fields.Raw(required=True)
    pseudo_pairs = fields.Integer(required=True, validate=validate.Range(1))
    alike_only = fields.List(fields.String(), required=True)
    programme = fields.Nested(KindForm, required=True)
    organisation = fields.Nested(KindForm, required=True)


def read(path: Path) -> dict[str, Model]:
    """Kind → model of a file. Raises ConfigurationError naming the file where its form does not fit."""
    try:
        data = ModelFile().load(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path.name} does not fit: {error}") from None
    if path.name != f"model-{data['version']}.yaml":
        raise ConfigurationError(f"{path.name} says that it is version {data['version']}.")
    found = {}
    for kind in COMPARISONS:
        given = data[kind]
        if given["fields_"].keys() != COMPARISONS[kind].keys():
            raise ConfigurationError(f"{path.name}: the fields of {kind} are {', '.join(COMPARISONS[kind])}.")
        found[kind] = Model(
            kind, data["version"], given["share"], given["records"], given["possible"], given["strong"],
            data["pseudo_pairs"], frozenset(data["alike_only"]), given["fields_"],
        )  # fmt: skip
    return found


@cache
def current() -> dict[str, Model]:
    """The models in force: of the highest version there is."""
    names = (re.fullmatch(r"model-(\d+)\.yaml", path.name) for path in FOLDER.iterdir())
    versions = [int(name[1]) for name in names if name]
    if not versions:
        raise ConfigurationError("There is no model file.")
    return read(FOLDER / f"model-{max(versions)}.yaml")
