"""HTTP to partners, guarded: the only way this registry opens a connection to an address that somebody typed."""
