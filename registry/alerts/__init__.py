"""Saved searches and what they find: who is told of which records, in the app and by e-mail.

Reads the lists of the slices below with the reader's own eyes, so that nobody is told of what the lists would not show.
"""
