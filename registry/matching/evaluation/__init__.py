"""How well the ranking agrees with what was really funded, beside simple ways of ranking."""
