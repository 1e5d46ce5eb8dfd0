"""What this registry is: who follows it, or asks whom it follows, knows it by this."""

from typing import Any

from flask.views import MethodView
from marshmallow import Schema, fields

from registry import __version__
from registry.api.openapi import Blueprint
from registry.catalogue import identity
from registry.http import registry_app, session

blp = Blueprint("registry", __name__, description="What this registry is.")


class RegistrySchema(Schema):
    """The registry itself."""

    id = fields.String(required=True, metadata={"description": "made once, kept for good, in restored backups too"})
    epoch = fields.String(required=True, metadata={"description": "another after each restored backup"})
    generation = fields.Integer(required=True, metadata={"description": "grows with each epoch"})
    public_url = fields.String(required=True)
    version = fields.String(required=True, metadata={"description": "of the software"})


@blp.route("")
class Registry(MethodView):
    @blp.response(200, RegistrySchema)
    def get(self) -> dict[str, Any]:
        """Say who this is."""
        reading = session()
        return {
            "id": identity.registry_id(reading),
            "epoch": identity.epoch(reading),
            "generation": identity.generation(reading),
            "public_url": registry_app().settings.public_url,
            "version": __version__,
        }
