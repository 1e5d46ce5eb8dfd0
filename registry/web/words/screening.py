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
    "regime_scope": {
        "territory": N_("The whole State"),
        "part": N_("A part of it"),
        "actors": N_("Certain actors"),
    },
    "monitor": {
        "panel_of_experts": N_("Panel of experts"),
        "group_of_experts": N_("Group of experts"),
        "monitoring_group": N_("Monitoring group"),
        "monitoring_team": N_("Monitoring team"),
    },
    "exemption_goods": {
        "all": N_("All arms and related materiel"),
        "non_lethal": N_("Non-lethal military equipment"),
        "lethal": N_("Lethal arms"),
        "small_arms": N_("Small arms and light weapons"),
        "protective_clothing": N_("Protective clothing"),
        "assistance": N_("Technical assistance and training"),
        "annex_a": N_("Weapons named in an annex of the resolution"),
    },
    "exemption_recipient": {
        "any": N_("any recipient"),
        "government": N_("the Government"),
        "security_forces": N_("United Nations, authorised missions and security forces of the Government"),
        "regional": N_("member states of the federation, licensed security companies"),
        "un": N_("United Nations and peace operations"),
        "personnel": N_("United Nations, media, humanitarian and development personnel"),
    },
    "exemption_kind": {
        "standing": N_("Standing exemption: no request is needed"),
        "notification": N_("Advance notification to the committee"),
        "approval": N_("Advance approval by the committee"),
        "finding": N_("Finding that nothing covered is supplied"),
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
