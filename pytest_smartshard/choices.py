"""Names that users choose from. The rooms that implement them hold their tables to these names.

PYTEST_DONT_REWRITE, see :mod:`pytest_smartshard.plugin`.
"""

SCOPES = ("test", "class", "file")
"""What is never divided between shards."""

PACKERS = ("lpt", "round-robin", "hash", "chunks")
"""Ways to place tests."""

PRUNING = ("on", "off")
"""Whether a shard leaves out the files of other shards before they are imported."""

ORDERS = ("collected", "failed-first", "slow-first")
"""In which order a shard runs its tests."""

REPORT_FORMATS = ("text", "markdown", "json")
"""Forms of a report."""

RERUNS = ("all", "unfinished", "failed")
"""What of a run is run again as its rest."""

ORDERS = ("collected", "failed-first", "slow-first")
"""Orders of a shard's tests."""

DOCTOR_FORMATS = ("text", "json")
"""Forms in which `smartshard doctor` says what it found."""
