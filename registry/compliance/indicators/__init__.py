"""Indicators: what is measured of a State over time, against a baseline and a dated target."""
