"""What happened: event types, the outbox, the sequencer and the change feed."""
