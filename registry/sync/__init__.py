"""Keeping the catalogue current from partners' own feeds: fetch → split → judge → apply → settle."""
