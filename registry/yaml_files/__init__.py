"""YAML files that people write by hand (standards, embargo regimes): read strictly, refused with line and reason."""
