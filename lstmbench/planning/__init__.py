"""From suites and options to the list of rows to measure."""
