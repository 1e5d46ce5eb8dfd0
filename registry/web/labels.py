"""Words for codes: statuses, types, roles, reasons. Everything a page shows instead of a code stands here."""

from flask_babel import gettext

from registry.errors import N_

LABELS: dict[str, dict[str, str]] = {
    "role": {
        "state": N_("State"),
        "donor": N_("Donor"),
        "agency": N_("Agency"),
        "coordinator": N_("Coordinator"),
        "admin": N_("Administrator"),
        "anonymous": N_("Not signed in"),
        "system": N_("The registry itself"),
    },
    "assistance": {
        "funding": N_("Funding"),
        "expertise": N_("Expertise"),
        "equipment": N_("Equipment"),
        "training": N_("Training"),
    },
    "priority": {"low": N_("Low"), "medium": N_("Medium"), "high": N_("High"), "urgent": N_("Urgent")},
    "status": {
        "draft": N_("Draft"),
        "open": N_("Open"),
        "withdrawn": N_("Withdrawn"),
        "expired": N_("Expired"),
        "closed": N_("Closed"),
    },
    "visibility": {
        "public": N_("Everybody"),
        "members": N_("Signed-in members"),
        "private": N_("Only the owner and the coordinators"),
    },
    "assessment": {
        "draft": N_("Draft"),
        "submitted": N_("Submitted for review"),
        "reviewed": N_("Reviewed"),
        "published": N_("Published"),
    },
    "run": {
        "running": N_("Running"),
        "succeeded": N_("Succeeded"),
        "not_modified": N_("Nothing new"),
        "failed": N_("Failed"),
        "cancelled": N_("Cancelled"),
    },
    "trigger": {
        "schedule": N_("By schedule"),
        "notify": N_("Partner's ping"),
        "hand": N_("By hand"),
        "import": N_("File import"),
    },
    "stage": {
        "fetch": N_("Fetching"),
        "split": N_("Reading"),
        "judge": N_("Judging"),
        "apply": N_("Storing"),
        "settle": N_("Settling"),
    },
    "setting": {
        "comma": N_("comma"),
        "semicolon": N_("semicolon"),
        "tab": N_("tab"),
        "bar": N_("vertical bar"),
        ".": N_("point"),
        ",": N_("decimal comma"),
    },
    "party": {"person": N_("Person"), "entity": N_("Entity")},
    "alias": {
        "good": N_("good quality"),
        "low": N_("low quality"),
        "aka": N_("also known as"),
        "fka": N_("formerly known as"),
    },
    "delivery": {
        "waiting": N_("Waiting"),
        "delivered": N_("Taken"),
        "failed": N_("Not taken"),
        "cancelled": N_("Called off"),
    },
    "event_kind": {
        "organisation": N_("Organisations"),
        "programme": N_("Programmes"),
        "need": N_("Needs"),
        "offer": N_("Offers"),
        "listed_party": N_("Sanctions lists"),
        "match": N_("Matches"),
        "standard": N_("Standards"),
        "assessment": N_("Assessments"),
        "feed": N_("Feeds"),
        "run": N_("Sync runs"),
    },
    "outcome": {"applied": N_("In the catalogue"), "ignored": N_("Ignored"), "quarantined": N_("In quarantine")},
    "hold": {
        "open": N_("Waits for an answer"),
        "released": N_("Released: they go"),
        "refused": N_("Refused: they stay"),
        "passed": N_("Passed: they returned"),
    },
    "verdict": {"keep": N_("belongs here"), "ignore": N_("does not belong here")},
    "scope": {"relevant": N_("Only what is about small arms"), "all": N_("Everything in the feed")},
    "consumer": {
        "rematch": N_("Match what changed"),
        "rescore": N_("Score what changed"),
        "alerts": N_("Tell of what saved searches find"),
    },
    "conflict": {"open": N_("To be decided"), "decided": N_("Decided"), "gone": N_("Gone: sources agree")},
    "decision": {"keep": N_("Kept"), "take": N_("Taken over"), "both": N_("Both may stand")},
    "same_as": {"same": N_("The same"), "different": N_("Different"), "unsure": N_("Unsure")},
    "same_as_kind": {"programme": N_("Programmes"), "organisation": N_("Organisations")},
    "same_as_list": {
        "strong": N_("Likely"),
        "possible": N_("Possible"),
        "same": N_("The same"),
        "different": N_("Different"),
        "unsure": N_("Unsure"),
        "contradicted": N_("Contradicting judgements"),
    },
    "same_as_rule": {
        "identifier": N_("Both carry the same identifier"),
        "other_identifier": N_("One says that the other's identifier is its own too"),
    },
    "agreement": {
        "names.same": N_("the same words"),
        "names.close": N_("nearly the same words"),
        "names.like": N_("many words in common"),
        "names.partly": N_("some words in common"),
        "names.unlike": N_("other words, or another language"),
        "numbers.same": N_("the same number"),
        "numbers.one-sided": N_("only one names a number"),
        "numbers.differ": N_("other numbers"),
        "source.same": N_("one source brings both"),
        "source.other": N_("two sources"),
        "partners.several": N_("several in common"),
        "partners.one": N_("one in common"),
        "partners.none": N_("none in common"),
        "countries.same": N_("the same"),
        "countries.some": N_("some in common"),
        "countries.none": N_("none in common"),
        "start.same day": N_("the same day"),
        "start.month": N_("within a month"),
        "start.half-year": N_("within half a year"),
        "start.near": N_("within a year and a half"),
        "start.far": N_("further apart"),
        "end.same day": N_("the same day"),
        "end.month": N_("within a month"),
        "end.half-year": N_("within half a year"),
        "end.near": N_("within a year and a half"),
        "end.far": N_("further apart"),
        "amount.same": N_("within 1 %"),
        "amount.close": N_("within 5 %"),
        "amount.near": N_("within a fifth"),
        "amount.double": N_("up to twofold"),
        "amount.far": N_("further apart"),
        "subjects.same": N_("the same"),
        "subjects.some": N_("some in common"),
        "subjects.none": N_("none in common"),
        "acronym.same": N_("the same"),
        "acronym.other": N_("another"),
        "kind.same": N_("the same"),
        "kind.other": N_("another"),
        "state.same": N_("the same"),
        "state.other": N_("another"),
        "site.same": N_("the same"),
        "site.other": N_("another"),
        "tails.same": N_("the same behind the prefix"),
        "tails.some": N_("one the same behind the prefix"),
        "tails.none": N_("none in common"),
    },
    "condition": {
        "participates": N_("The State takes part in the instrument"),
        "reported": N_("The State has reported on it lately"),
    },
    "feature": {
        "theme_share": N_("Themes in common"),
        "window_overlap": N_("Time in common"),
        "geography": N_("Place"),
        "grant_fit": N_("Money offered for what is asked"),
        "waiting": N_("How long the State has waited"),
    },
    "act": {
        "signature": N_("Signed"),
        "ratification": N_("Ratified"),
        "accession": N_("Acceded"),
        "acceptance": N_("Accepted"),
        "approval": N_("Approved"),
        "succession": N_("Succeeded to"),
        "participation": N_("Takes part"),
        "report": N_("Report filed"),
    },
    "instrument": {
        "treaty": N_("Treaty"),
        "regional_treaty": N_("Regional treaty"),
        "political": N_("Political commitment"),
        "regional_political": N_("Regional political commitment"),
        "technical_standard": N_("Technical standard"),
        "guideline": N_("Guideline"),
    },
    "level": {"shall": N_("Required"), "should": N_("Recommended"), "may": N_("Optional")},
    "yesno": {"true": N_("Yes"), "false": N_("No"), "none": N_("Not known")},
}

TONES: dict[str, dict[str, str]] = {
    "status": {"open": "good", "draft": "warn", "withdrawn": "", "expired": "", "closed": "info"},
    "assessment": {"draft": "warn", "submitted": "info", "reviewed": "info", "published": "good"},
    "run": {"running": "info", "succeeded": "good", "not_modified": "", "failed": "bad", "cancelled": "warn"},
    "delivery": {"waiting": "info", "delivered": "good", "failed": "bad", "cancelled": ""},
    "hold": {"open": "bad", "released": "info", "refused": "warn", "passed": ""},
    "priority": {"urgent": "bad", "high": "warn"},
    "conflict": {"open": "warn", "decided": "good", "gone": ""},
    "decision": {"keep": "good", "take": "info", "both": ""},
    "same_as": {"same": "good", "different": "bad", "unsure": "warn"},
    "activity": {"1": "info", "2": "good", "3": "", "4": "", "5": "bad", "6": "warn"},
}
"""Kind → code → tone of the tag it is shown as (`good`, `warn`, `bad`, `info`; none: plain)."""


def label(kind: str, code: object) -> str:
    """The word for a code in the reader's language; the code itself where there is none."""
    key = {True: "true", False: "false", None: "none"}.get(code, code) if kind == "yesno" else code  # type: ignore[call-overload]
    text = LABELS[kind].get(str(key))
    return gettext(text) if text else str(code)


def tone(kind: str, code: object) -> str:
    """The tone in which a code is shown."""
    return TONES.get(kind, {}).get(str(code), "")
