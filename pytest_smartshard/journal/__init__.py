"""What one shard writes as it runs, and how it is read again."""
