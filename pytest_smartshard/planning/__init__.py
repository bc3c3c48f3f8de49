"""Pure: units, prediction, packers and the lower bound. No I/O, clock, environment or randomness."""
