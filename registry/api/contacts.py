"""/api/v1/contacts: points of contact of States; published ones for everybody, a State's own for its people."""

from typing import Any

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from registry.api.answers import history_response
from registry.api.etags import expected_version, item_response, versioned
from registry.api.forms import Described
from registry.api.lists import ListArgs, list_response, page_of
from registry.api.openapi import Blueprint
from registry.api.uploads import BODY, ImportArgs, ImportDocument, import_body
from registry.catalogue import history
from registry.catalogue.schemas import HistorySchema
from registry.compliance.contacts import rules, service
from registry.compliance.contacts.importing import import_rows
from registry.compliance.contacts.models import ROLES, Contact
from registry.compliance.contacts.schemas import ContactForm, ContactPatch
from registry.compliance.schemas import StateCode
from registry.db import utcnow
from registry.http import actor, session

blp = Blueprint("contacts", __name__, description="Points of contact of States, by instrument.")


class ContactListArgs(ListArgs):
    """Filters of the list."""

    class Meta:
        exclude = ("q", "sort")

    state = StateCode(load_default=None, metadata={"description": "any code or name of a State"})
    instrument = fields.String(load_default=None, validate=validate.Length(max=60))
    role = fields.String(load_default=None, validate=validate.OneOf(ROLES))
    stale = fields.Boolean(load_default=False, metadata={"description": "only those not confirmed for over a year"})


class ContactBody(Described, ContactForm):
    """A point of contact."""


class ContactPatchBody(Described, ContactPatch):
    """What is to be changed."""


class ContactDocument(Schema):
    """A point of contact: an office, not a person."""

    id = fields.Integer()
    state = fields.String()
    office = fields.String()
    role = fields.String(validate=validate.OneOf(ROLES))
    email = fields.String()
    phone = fields.String()
    languages = fields.List(fields.String())
    instruments = fields.List(fields.String())
    published = fields.Boolean()
    source = fields.String()
    confirmed_on = fields.Date(metadata={"description": "when somebody last said that it is right"})
    stale = fields.Boolean(metadata={"description": "not confirmed for over a year"})
    version = fields.Integer()
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


@blp.route("")
class Contacts(MethodView):
    @blp.arguments(ContactListArgs, location="query")
    @blp.response(200, page_of(ContactDocument))
    def get(self, args: dict[str, Any]) -> Response:
        """List the points of contact that you may see, by State."""
        today = utcnow().date()
        filters = {**args, "stale_before": today - rules.YEAR if args["stale"] else None}
        found, following = service.list_contacts(session(), actor(), filters, args["cursor"], args["limit"])
        return list_response([service.describe(each, today) for each in found], following, None)

    @blp.arguments(ContactBody)
    @blp.response(201, ContactDocument)
    def post(self, data: dict[str, Any]) -> Response:
        """Enter a point of contact. The same office and role of a State is there once: again is a conflict."""
        contact = service.enter(session(), actor(), data)
        return _answered(contact, status=201, location=f"{blp.url_prefix}/{contact.id}")


@blp.route("/import")
class ContactImport(MethodView):
    @blp.doc(**BODY)
    @blp.arguments(ImportArgs, location="query")
    @blp.response(200, ImportDocument)
    def post(self, args: dict[str, Any]) -> Response:
        """Enter many from a table; the columns are the fields' names."""
        return import_body(import_rows, args["dry_run"])


@blp.route("/<int:contact_id>")
class ContactItem(MethodView):
    @blp.response(200, ContactDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, contact_id: int) -> Response:
        """Read a point of contact."""
        return _answered(service.get_contact(session(), actor(), contact_id))

    @blp.arguments(ContactPatchBody)
    @blp.response(200, ContactDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def patch(self, data: dict[str, Any], contact_id: int) -> Response:
        """Change a point of contact."""
        return _answered(service.change(session(), actor(), contact_id, data, expected_version()))

    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, contact_id: int) -> Response:
        """Delete a point of contact, with its history."""
        service.remove(session(), actor(), contact_id, expected_version())
        return Response(status=204)


@blp.route("/<int:contact_id>/confirm")
class StillRight(MethodView):
    @versioned
    @blp.response(200, ContactDocument)
    @blp.alt_response(404, "NOT_FOUND")
    def post(self, contact_id: int) -> Response:
        """Say that it is still right today."""
        return _answered(service.confirm(session(), actor(), contact_id, expected_version()))


@blp.route("/<int:contact_id>/history")
class ContactHistory(MethodView):
    @blp.response(200, HistorySchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, contact_id: int) -> Response:
        """What changed when, newest first; of addresses only that they changed."""
        service.get_contact(session(), actor(), contact_id)
        return history_response(history.versions(session(), "contact", contact_id))


def _answered(contact: Contact, **how: Any) -> Response:
    return item_response(service.describe(contact, utcnow().date()), contact.version, **how)
