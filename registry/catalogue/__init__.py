"""Who does what where: organisations, programmes in IATI's model, States, codelists, themes, money and search."""
