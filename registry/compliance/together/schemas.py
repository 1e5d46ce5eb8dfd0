"""The gate for comments and assignments."""

from registry.compliance.schemas import Form, Trimmed
from registry.schemas import RecordId


class CommentForm(Form):
    """Something said about a clause."""

    clause = Trimmed(60, required=True)
    text = Trimmed(5000, required=True)


class AssignmentForm(Form):
    """Who answers a section: somebody of the same State; null: nobody in particular."""

    section = Trimmed(60, required=True)
    user_id = RecordId(required=True, allow_none=True)
