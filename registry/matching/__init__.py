"""Needs of States, offers of donors, and what brings them together: eligibility, score, explanation."""
