"""Pure: joining what shards measured into one history."""
