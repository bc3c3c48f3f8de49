"""Durations of a segment on disk: versioned JSON, file lock, atomic replacement."""
