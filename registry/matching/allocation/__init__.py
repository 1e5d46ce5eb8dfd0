"""Sharing what is offered among what is needed: one round, from eligible pairs to grants, with reasons. Pure.

It is a transportation problem with two complications (smallest grants, a need that is met enough or not at all).
Runs in a process of its own (`process.py`): arrays and solvers stay out of the pages' memory.
"""
