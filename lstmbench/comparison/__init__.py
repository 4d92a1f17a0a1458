"""Two result files side by side: what differs, as a page and on a terminal."""
