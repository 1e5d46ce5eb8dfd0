"""Words for codes of standards, assessments, indicators, participation."""

from registry.compliance.words import ACTS, CONTACT_ROLES, EXTENT_WORDS, UNITS
from registry.errors import N_

WORDS: dict[str, dict[str, str]] = {
    "assessment": {
        "draft": N_("Draft"),
        "submitted": N_("Submitted for review"),
        "reviewed": N_("Reviewed"),
        "published": N_("Published"),
    },
    "progress": {
        "achieved": N_("Target reached"),
        "on_track": N_("On track"),
        "off_track": N_("Off track"),
        "missed": N_("Target missed"),
        "no_target": N_("No target set"),
        "no_data": N_("Nothing observed yet"),
        "not_applicable": N_("Not applicable"),
    },
    "report": {
        "submitted": N_("Filed in time"),
        "late": N_("Filed late"),
        "missing": N_("None known"),
        "due": N_("To come"),
        "sent": N_("Sent"),
        "not_noted": N_("No report noted here"),
        "invited": N_("Invited"),
    },
    "national_report": {
        "draft": N_("Draft"),
        "submitted": N_("Submitted"),
        "published": N_("Published"),
    },
    "remark": {
        "missing": N_("Missing"),
        "contradiction": N_("Contradiction"),
        "old": N_("To be confirmed"),
        "vague": N_("Vague"),
    },
    "evidence_visibility": {"state_only": N_("Your State only"), "public": N_("Everybody, once published")},
    "extent": EXTENT_WORDS,
    "practice_warning": {
        "full-not-practised": N_("The answer says it is fully in place, but it is not fully done in practice."),
        "none-but-practised": N_("The answer says nothing is in place, but it is done in practice."),
        "not-applicable-but-there": N_("The answer says it does not apply, but law or practice know it."),
    },
    "unit": UNITS,
    "direction": {"up": N_("higher is better"), "down": N_("lower is better")},
    "dimension": {
        "sex": N_("Sex"),
        "age": N_("Age"),
        "disability": N_("Disability"),
        "location": N_("Place"),
        "weapon_type": N_("Type of weapon"),
        "authority": N_("Authority"),
    },
    "group": {"female": N_("female"), "male": N_("male"), "unknown": N_("unknown"), "other": N_("other")},
    "quality": {"final": N_("Final"), "provisional": N_("Provisional"), "estimate": N_("Estimate")},
    "act": ACTS,
    "contact_role": CONTACT_ROLES,
    "instrument": {
        "treaty": N_("Treaty"),
        "regional_treaty": N_("Regional treaty"),
        "political": N_("Political commitment"),
        "regional_political": N_("Regional political commitment"),
        "technical_standard": N_("Technical standard"),
        "guideline": N_("Guideline"),
    },
    "level": {"shall": N_("Required"), "should": N_("Recommended"), "may": N_("Optional")},
    "relation": {
        "equal": N_("asks the same as"),
        "superset_of": N_("asks more than"),
        "subset_of": N_("asks less than"),
        "intersects": N_("has something in common with"),
    },
    "yesno": {"true": N_("Yes"), "false": N_("No"), "none": N_("Not known")},
}

TONES: dict[str, dict[str, str]] = {
    "report": {
        "submitted": "good",
        "late": "good",
        "missing": "warn",
        "due": "info",
        "sent": "good",
        "not_noted": "",
        "invited": "info",
    },
    "national_report": {"draft": "warn", "submitted": "info", "published": "good"},
    "remark": {"missing": "bad", "contradiction": "bad", "old": "warn", "vague": "warn"},
    "assessment": {"draft": "warn", "submitted": "info", "reviewed": "info", "published": "good"},
    "progress": {"achieved": "good", "on_track": "good", "off_track": "warn", "missed": "bad"},
}
