"""How long a call takes: clocks, sampling, and the records of what was sampled."""
