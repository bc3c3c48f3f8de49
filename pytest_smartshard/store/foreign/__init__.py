"""Durations that other tools left: one file a format, behind one protocol."""
