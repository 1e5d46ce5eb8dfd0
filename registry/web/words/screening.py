"""Words for codes of embargoes and screening."""

from registry.errors import N_

WORDS: dict[str, dict[str, str]] = {
    "measure": {
        "arms": N_("arms, ammunition and related materiel"),
        "technical_assistance": N_("technical assistance"),
        "training": N_("training"),
        "financing": N_("financing"),
        "brokering": N_("brokering"),
    },
    "screening": {
        "open": N_("To be decided"),
        "same": N_("The same"),
        "different": N_("Different"),
        "unsure": N_("Unsure"),
        "gone": N_("No longer alike"),
    },
}
TONES: dict[str, dict[str, str]] = {
    "screening": {"open": "warn", "same": "bad", "different": "good", "unsure": "warn", "gone": ""},
}
