"""Allocation rounds: a coordinator freezes what is needed and offered on a day, and compares ways to share it.

A round proposes and binds nobody. What is frozen stays as it was, so that an answer can be checked later.
"""
