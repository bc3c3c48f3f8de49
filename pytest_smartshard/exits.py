"""Exit codes of the command line."""

OK = 0
"""Everything asked for was done, and nothing is missing."""

MISSING = 3
"""What was there was done, but shards are missing, did not finish, or followed different plans."""

USAGE = 4
"""Nothing was done: the arguments, a path or a format are wrong."""
