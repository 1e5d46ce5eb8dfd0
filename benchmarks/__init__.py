"""Figures: ours, the limit's in the same run on the same machine, and the ratio. Never part of the tests."""
