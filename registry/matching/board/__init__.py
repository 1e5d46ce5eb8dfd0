"""What the coordinator looks at: needs that no offer fits, offers that nothing came of, why, and for how long."""
