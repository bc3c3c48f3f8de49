"""The one option table, its resolution with provenance, and the checks across options."""
