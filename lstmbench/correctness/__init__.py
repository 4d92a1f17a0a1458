"""Whether a result is right: against the float64 oracle, rounded as its precision rounds."""
