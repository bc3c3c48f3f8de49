"""Exit codes of the command line."""

OK = 0
"""Everything asked for was done, and nothing is missing."""

FINDINGS = 1
"""What was looked at has something wrong with it, or what was compared differs."""

MISSING = 3
"""What was there was done, but shards are missing, did not finish, or followed different plans, or a store could
not be read."""

USAGE = 4
"""Nothing was done: the arguments, a path or a format are wrong."""
