"""What shards leave in other tools' formats, made one."""
