"""Split a pytest suite over CI jobs by measured cost, so that all shards end together."""

__version__ = "0.1.0"
