"""Bodies whose gate is the service: the API's description shows the form, and the data passes on as it came.

A service that loads through its slice's schema takes the same data from pages, API and imports; loading it here as well
would hand it dates instead of text.
"""

from typing import Any

from marshmallow import Schema, ValidationError

from registry.errors import N_


class Described(Schema):
    """Mixin, first among the bases: described with its fields, loaded as the plain object that was sent."""

    def load(self, data: Any, **_: Any) -> Any:
        """The data as it came. Raises ValidationError where it is not an object."""
        if not isinstance(data, dict):
            raise ValidationError(N_("This must be an object with named fields."))
        return data


class EmptyForm(Schema):
    """Nothing needs to be said."""
