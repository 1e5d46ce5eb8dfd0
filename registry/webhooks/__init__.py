"""Webhooks: who wants to be told of which events at which address, and what became of each message."""
