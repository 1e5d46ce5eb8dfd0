"""Reports that States owe: which, by when, and what became of them."""
