"""Backups: the whole database in one file that either engine takes back. Knows tables, and no slice's meaning."""
