"""Reports that States owe or are invited to send: which, by when, and what became of them."""
