"""What a request brings, through the one gate: JSON bodies and the address's parameters as schemas' data."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from flask import request
from marshmallow import Schema, fields
from werkzeug.datastructures import MultiDict

from registry.api.problems import InvalidParameters, Problem
from registry.errors import N_, InvalidInput
from registry.schemas import load


class Gate:
    """Stands where flask-smorest expects webargs' parser, so that the API loads exactly as pages and imports do."""

    DEFAULT_VALIDATION_STATUS = 422

    def use_args(self, schema: Schema | type[Schema], *, location: str = "json") -> Callable[[Any], Any]:
        """Hand the view the loaded data behind `self`. Unknown fields and parameters are errors that name them."""
        instance = schema() if isinstance(schema, type) else schema

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def loading(*args: Any, **kwargs: Any) -> Any:
                if location == "json":
                    return view(*args, load(instance, json_body()), **kwargs)
                try:
                    data = load(instance, parameters(instance, request.args))
                except InvalidInput as error:
                    raise InvalidParameters(error.fields) from None
                return view(*args, data, **kwargs)

            return loading

        return decorate


def json_body() -> Any:
    """The body's JSON value; no body is an empty object. 415 for another form than JSON, 400 for broken JSON."""
    body = request.get_data()
    if not body:
        return {}
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise Problem("unsupported-media-type", N_("Send the body as application/json."))
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = N_("The body is not JSON: line %(line)s, column %(column)s.")
        raise Problem("bad-request", message, line=error.lineno, column=error.colno) from None


def parameters(schema: Schema, given: MultiDict[str, str]) -> dict[str, Any]:
    """The address's parameters: lists where the schema has them (`?theme=a&theme=b`), else one value per name."""
    several = {field.data_key or name for name, field in schema.fields.items() if isinstance(field, fields.List)}
    found: dict[str, Any] = {}
    for name, values in given.lists():
        if name in several:
            found[name] = values
        elif len(values) > 1:
            raise InvalidInput({name: [N_("This parameter is given more than once.")]})
        else:
            found[name] = values[0]
    return found
