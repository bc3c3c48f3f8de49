"""Looking at a checkout: its CI files, its configuration, its tests, its history."""
