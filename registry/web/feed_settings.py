"""What a feed's format needs to know, as a form shows it: inputs made from the adapter's own schema. No queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from marshmallow import fields, validate

from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import Adapter
from registry.web.conflicts import flat
from registry.web.labels import label


@dataclass(frozen=True, slots=True)
class Setting:
    """One input. `name`: dotted path, as errors name it; `options`: (value, words) where only some will do."""

    name: str
    label: str
    hint: str
    options: list[tuple[str, str]] | None


@dataclass(frozen=True, slots=True)
class Group:
    """Settings under one heading; those of the format itself have none."""

    title: str
    hint: str
    settings: list[Setting]


def groups_of(adapter: Adapter) -> list[Group]:
    """The settings of a format, nested ones in groups of their own behind the others."""
    own, groups = [], []
    for name, field in adapter.config().fields.items():
        words, hint = _words(name, field)
        if isinstance(field, fields.Nested):
            inner = [_setting(f"config.{name}.{key}", key, part) for key, part in field.schema.fields.items()]
            groups.append(Group(words, hint, inner))
        else:
            own.append(_setting(f"config.{name}", name, field))
    return ([Group("", "", own)] if own else []) + groups


def _words(name: str, field: fields.Field) -> tuple[str, str]:
    said, hint = field.metadata.get("label"), field.metadata.get("description")
    return gettext(said) if said else name, gettext(hint) if hint else ""


def _setting(path: str, name: str, field: fields.Field) -> Setting:
    options = None
    for validator in field.validators:
        if isinstance(validator, validate.OneOf):
            options = [(str(choice), label("setting", str(choice))) for choice in validator.choices]
    return Setting(path, *_words(name, field), options)


def label_of(path: str) -> str:
    """The words for a setting by its dotted path (`config.columns.title`), whichever format it is of."""
    for adapter in ADAPTERS.values():
        for group in groups_of(adapter):
            for setting in group.settings:
                if setting.name == path:
                    return f"{group.title}: {setting.label}" if group.title else setting.label
    return path


def said_settings(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(words, value) of what is set."""
    for path, value in flat({"config": config}):
        if value:
            yield label_of(path), value


def filled(config: Any) -> Any:
    """What was typed, without the inputs that were left empty."""
    if isinstance(config, Mapping):
        inner = {name: filled(value) for name, value in config.items()}
        return {name: value for name, value in inner.items() if value not in ("", {})}
    return config.strip() if isinstance(config, str) else config
