"""Law and practice beside an answer: where they contradict its value. Pure; a warning never changes a score."""

from fractions import Fraction

FULL_NOT_PRACTISED = "full-not-practised"
NONE_BUT_PRACTISED = "none-but-practised"
NOT_APPLICABLE_BUT_THERE = "not-applicable-but-there"
WARNINGS = (FULL_NOT_PRACTISED, NONE_BUT_PRACTISED, NOT_APPLICABLE_BUT_THERE)


def contradictions(fulfilment: Fraction | None, in_law: str, in_practice: str) -> list[str]:
    """Codes of WARNINGS. `fulfilment`: what the scale gives the value, None where it does not count.

    A law that nobody applies yet goes with *not in place*, and a practice without a law may be all a clause asks.
    """
    if fulfilment is None:
        return [NOT_APPLICABLE_BUT_THERE] if {in_law, in_practice} & {"yes", "partly"} else []
    if fulfilment == 1 and in_practice in ("no", "partly"):
        return [FULL_NOT_PRACTISED]
    if fulfilment == 0 and in_practice == "yes":
        return [NONE_BUT_PRACTISED]
    return []
