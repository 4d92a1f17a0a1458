"""Statistics that assume little: order statistics, signed ranks, steps in a series."""
