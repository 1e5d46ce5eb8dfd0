"""A State's people at work on one assessment: what they say to one another, and who answers which section."""
