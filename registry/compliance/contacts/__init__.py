"""Points of contact of States: whom to ask about which instrument. Little is kept, and deleting leaves nothing."""
