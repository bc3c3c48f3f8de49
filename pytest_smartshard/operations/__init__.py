"""What both faces do: make a plan, take a run into the store, report a run; a file each."""
