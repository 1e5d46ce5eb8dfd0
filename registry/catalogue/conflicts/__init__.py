"""Conflicts: where sources of one programme disagree, or a feed changed beneath a person's edit. See docs/same-as.md.

`disagreement` is pure; `finding` compares what is said, `deciding` takes a person's word, which is remembered.
"""
