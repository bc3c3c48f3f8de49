"""Packing policies: one file each behind one protocol, in one table."""
