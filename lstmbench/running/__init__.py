"""A run: processes that verify and measure, the loop over rows, the journal, the session."""
