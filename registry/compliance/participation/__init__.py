"""Which State takes part in which instrument: entered with a source, confirmed, taken back."""
