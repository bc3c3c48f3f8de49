"""CI files: what each system's YAML says, in words that all of them share."""
