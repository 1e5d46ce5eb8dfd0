"""Gap and need joined at the door: compliance and matching do not know each other."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.compliance.models import Assessment
from registry.http import actor, session
from registry.matching.requirements import needs_by_clause


def linked_needs(assessment: Assessment, clauses: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Clause → needs of that State that the reader may see."""
    return needs_by_clause(session(), actor(), assessment.state, assessment.standard, clauses)
