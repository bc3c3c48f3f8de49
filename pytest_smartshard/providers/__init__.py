"""CI systems as data: where each says index, total, run id and attempt, and what it can be told."""
