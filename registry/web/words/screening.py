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
}
TONES: dict[str, dict[str, str]] = {}
