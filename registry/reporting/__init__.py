"""National reports of a State for one reporting instrument, filled in from what the registry knows of it."""
