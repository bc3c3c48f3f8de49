"""Exit codes of the command line."""

OK = 0
"""Everything asked for was done, and nothing is missing."""

FINDINGS = 1
"""What was looked at has something wrong with it, or what was compared differs."""

MISSING = 3
"""What was there was done, but not all was there: a store could not be read, or a run is not proved."""

BROKEN = 5
"""The command itself failed, which is a defect of this package. Python's own 1 would pass for a verdict."""

USAGE = 4
"""Nothing was done: the arguments, a path or a format are wrong."""
