"""Screening of partners' names against the listed parties: how alike they are, and what people decided."""
