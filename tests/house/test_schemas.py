"""The gate takes no field that it does not know: in every schema, and in everything nested in one."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from marshmallow import RAISE, Schema, fields

import registry

READS_MORE = {
    "registry.sync.adapters.peer.lines.HeadSchema": "a registry of a later version says more of itself in its head",
    **{
        f"registry.matching.allocation.instance.{name}": "an instance of others' making says more than is needed here"
        for name in ("_Open", "NeedIn", "ConditionsIn", "OfferIn", "EmbargoIn", "InstanceIn")
    },
}
"""Schemas that pass over what they do not know, with the reason"""
OPEN = {
    "registry.sync.schemas.FeedForm.config": "checked by the rules of the feed's format",
    "registry.sync.schemas.FeedPatch.config": "checked by the rules of the feed's format",
    "registry.matching.weights.WeightsFile.dated": "a note in a file of the product; nothing reads it",
    "registry.catalogue.same_as.model.ModelFile.dated": "a note in a file of the product; nothing reads it",
    "registry.matching.allocation.instance.InstanceIn.country_tags": "checked when the instance is read",
    "registry.matching.allocation.instance.ConditionsIn.required_tag": "checked when the instance is read",
}
"""Fields of what comes in that take any object, with the reason. What the API answers is described elsewhere."""
ANSWERS = ("registry.api.",)
SHOWN = ("registry.catalogue.schemas.SaidSchema.value", "registry.catalogue.schemas.VersionSchema.changes")


def schemas() -> dict[str, type[Schema]]:
    """Every schema of the registry by its full name."""
    for module in pkgutil.walk_packages(registry.__path__, "registry."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[Schema]) -> Iterator[type[Schema]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    found = {f"{each.__module__}.{each.__qualname__}": each for each in below(Schema)}
    return {name: each for name, each in found.items() if name.startswith("registry.")}


def within(field: Any) -> Iterator[Any]:
    """The field and those inside it."""
    yield field
    if isinstance(field, fields.List):
        yield from within(field.inner)
    elif isinstance(field, fields.Mapping) and field.value_field is not None:
        yield from within(field.value_field)


def test_what_no_schema_knows_is_an_error_nested_too() -> None:
    lax, open_ = set(), set()
    for name, schema in schemas().items():
        if schema.opts.unknown != RAISE:
            lax.add(name)
        for field_name, declared in schema._declared_fields.items():
            for field in within(declared):
                if isinstance(field, fields.Nested) and field.unknown not in (None, RAISE):
                    lax.add(f"{name}.{field_name}")
                bare = isinstance(field, fields.Mapping) and field.value_field is None
                if (type(field) is fields.Raw or bare) and not name.startswith(ANSWERS):
                    open_.add(f"{name}.{field_name}")
    assert lax == set(READS_MORE)
    assert open_ - set(SHOWN) == set(OPEN)


def test_a_name_that_is_not_the_schemas_is_refused_whatever_its_value() -> None:
    """A step before the check could take it out unseen: each is asked with values that count as nothing."""
    took = []
    for name, schema in schemas().items():
        if name in READS_MORE or name.startswith(ANSWERS):
            continue
        try:
            made = schema()
        except TypeError:
            continue  # one that is made with arguments of its own
        nothing: tuple[Any, ...] = (None, "", " ", {})
        for value in nothing:
            if "no_such_field" not in made.validate({"no_such_field": value}, partial=True):
                took.append((name, value))
    assert took == []
