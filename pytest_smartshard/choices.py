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

TIMEOUTS = ("off", "warn", "on")
"""Whether tests have limits from history: not at all, as a warning, or so that they are stopped."""

REPORT_FORMATS = ("text", "markdown", "json")
"""Forms of a report."""

RERUNS = ("all", "unfinished", "failed")
"""What of a run is run again as its rest."""

DOCTOR_FORMATS = ("text", "json")
"""Forms in which `smartshard doctor` says what it found."""
