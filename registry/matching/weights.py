"""The versioned weights of the score, read from data/weights-<version>.yaml and checked on loading."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from registry.errors import ConfigurationError
from registry.matching.score import FEATURES, REACHES, Weights

FOLDER = Path(__file__).parent / "data"


def _share() -> fields.Float:
    return fields.Float(required=True, validate=validate.Range(0, 1))


def _months() -> fields.Float:
    return fields.Float(required=True, validate=validate.Range(0, 1200, min_inclusive=False))


_FEATURES_SCHEMA = Schema.from_dict({name: _share() for name in FEATURES})
_REACH_SCHEMA = Schema.from_dict({name: _share() for name in REACHES})


class WeightsFile(Schema):
    """The form of a weights file."""

    version = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{1,9}\Z"))
    dated = fields.Raw(required=True)
    weights = fields.Nested(_FEATURES_SCHEMA, required=True)
    geography = fields.Nested(_REACH_SCHEMA, required=True)
    waiting_months = _months()
    min_overlap_months = _months()
    neutral = _share()

    @validates_schema
    def check_sum(self, data: dict[str, Any], **_: Any) -> None:
        if abs(sum(data["weights"].values()) - 1) > 1e-9:
            raise ValidationError("The weights must sum to 1.", "weights")
        if any(round(weight, 6) != weight for weight in data["weights"].values()):
            # Points are rounded to six decimals: finer weights could add up to more than 1.
            raise ValidationError("A weight has at most six decimals.", "weights")


def read(path: Path) -> Weights:
    """The weights of a file. Raises ConfigurationError naming the file where its form does not fit."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        data = WeightsFile().load(document)
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path.name} does not fit: {error}") from None
    if path.name != f"weights-{data['version']}.yaml":
        raise ConfigurationError(f"{path.name} says that it is version {data['version']}.")
    del data["dated"]
    return Weights(**data)


@cache
def current() -> Weights:
    """The weights in force: of the highest version there is."""
    names = (re.fullmatch(r"weights-(\d+)\.yaml", path.name) for path in FOLDER.iterdir())
    versions = [int(name[1]) for name in names if name]
    if not versions:
        raise ConfigurationError("There is no weights file.")
    return read(FOLDER / f"weights-{max(versions)}.yaml")
