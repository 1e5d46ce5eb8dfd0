"""Records that are the same: candidates with reasons, people's judgements, clusters that count once.

`profiles comparison blocking model rules` are pure. See docs/same-as.md.
"""
