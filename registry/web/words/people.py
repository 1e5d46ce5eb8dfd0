"""Words for codes of people, needs and offers, alerts."""

from registry.errors import N_

WORDS: dict[str, dict[str, str]] = {
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
    "mail": {
        "waiting": N_("Is tried again"),
        "sent": N_("Sent"),
        "failed": N_("Given up"),
        "cancelled": N_("Called off"),
    },
    "mail_cause": {
        "at_once": N_("Saved search, at once"),
        "digest": N_("Saved searches, together"),
        "webhook": N_("Webhook switched off"),
    },
    "notice": {
        "programme": N_("Programme"),
        "need": N_("Need"),
        "offer": N_("Offer"),
        "subscription": N_("Webhook"),
    },
    "alert": {
        "in_app": N_("In the app only"),
        "at_once": N_("E-mail at once"),
        "daily": N_("E-mail once a day"),
        "weekly": N_("E-mail once a week"),
    },
    "scenario": {"waiting": N_("Waits"), "solved": N_("Solved"), "failed": N_("Failed")},
    "fairness": {"none": N_("Most value"), "country": N_("Every State"), "need": N_("Every need")},
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
}

TONES: dict[str, dict[str, str]] = {
    "priority": {"urgent": "bad", "high": "warn"},
    "status": {"open": "good", "draft": "warn", "withdrawn": "", "expired": "", "closed": "info"},
    "mail": {"waiting": "warn", "sent": "good", "failed": "bad", "cancelled": ""},
    "scenario": {"waiting": "info", "solved": "good", "failed": "bad"},
    "activity": {"1": "info", "2": "good", "3": "", "4": "", "5": "bad", "6": "warn"},
}
