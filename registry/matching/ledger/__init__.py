"""From a match to what was delivered: proposals, the consent of both sides, commitments, what was paid and received."""
