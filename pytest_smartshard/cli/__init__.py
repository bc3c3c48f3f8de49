"""The command line: `smartshard …`, one file a subcommand, without pytest."""
