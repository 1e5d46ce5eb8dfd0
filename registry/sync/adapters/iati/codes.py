"""Codes of IATI 1.0x, and of the drafts before it, → those of 2.03. Facts of the codelists; pure.

Old and new codes of one list never mean different things under the same sign, so they are told apart by themselves:
files without a version, or with a wrong one, are read all the same.
"""

from collections.abc import Mapping

ACTIVITY_DATE = {
    "start-planned": "1", "start-actual": "2", "end-planned": "3", "end-actual": "4",
    # Drafts before 1.01 did not say whether a date was planned.
    "start": "1", "end": "3", "completion": "3",
}  # fmt: skip
ROLE = {
    "funding": "1", "accountable": "2", "extending": "3", "implementing": "4", "un-ocha-implementing-partner": "4",
}  # fmt: skip
TRANSACTION = {
    "if": "1", "c": "2", "d": "3", "e": "4", "ir": "5", "lr": "6", "r": "7", "qp": "8", "qs": "9", "cg": "10",
    "incoming funds": "1", "commitment": "2", "disbursement": "3", "expenditure": "4", "interest repayment": "5",
    "loan repayment": "6", "reimbursement": "7",
}  # fmt: skip
CONTRIBUTION_STATUS = {"20": "13", "30": "11", "40": "1"}
"""Of an `incoming-contribution`: pledge, commitment, paid → incoming pledge, incoming commitment, incoming funds."""
SECTOR_VOCABULARY = {
    "dac": "1", "oecd dac": "1", "dac-3": "2", "cofog": "3", "nace": "4", "ntee": "5", "adt": "6", "wb": "99",
    "ro": "99", "ro2": "98", "iso": "99", "iasc": "99", "cluster": "99",
}  # fmt: skip
MARKER_VOCABULARY = {"dac": "1", "oecd dac crs": "1", "ro": "99"}
REGION_VOCABULARY = {"dac": "1", "un": "2", "ro": "99"}
BUDGET = {"original": "1", "revised": "2", "annual": "1"}
DESCRIPTION = {
    "general": "1", "objectives": "2", "target groups": "3", "other": "4", "summary": "1", "activities": "4",
    "outputs": "4",
}  # fmt: skip
RELATED = {"parent": "1", "child": "2", "sibling": "3", "multifunded": "4", "cofunded": "4"}
GAZETTEER = {"geo": "G1", "osm": "G2"}
STATUS = {
    "pipeline/identification": "1", "pipeline": "1", "implementation": "2", "completion": "3", "finalisation": "3",
    "post-completion": "4", "closed": "4", "cancelled": "5", "suspended": "6",
}  # fmt: skip


def translate(table: Mapping[str, str], code: str | None) -> str | None:
    """The code of 2.03; one that is not in the table stays as given, an empty one is none."""
    if not code or code.isdigit():
        return code or None
    code = code.strip()
    return table.get(code.lower(), code) or None
